/** The strip below a stock chart: everything at once, with a window that is dragged and two handles that resize it. */
import { element } from './dom';
import { type Extent, joined, valueExtent } from './extent';
import { opaqueColor } from './draft';
import { fillArea, strokeLine } from './lines';
import type { Mark } from './marks';
import { FONT, type Theme, withAlpha } from './palette';
import { type Scale, pixelsOf, toPixel, toValue } from './scale';
import { type Span, within } from './zoom';

export interface OverviewView {
  readonly marks: readonly Mark[];
  readonly whole: Span;
  readonly shown: Span;
  readonly log: boolean;
  readonly ticks: readonly { readonly value: number; readonly text: string }[];
  /** Left edge and width of the plot above. */
  readonly left: number;
  readonly width: number;
  readonly height: number;
  readonly ratio: number;
  readonly theme: Theme;
  /** A value of x in words. */
  readonly say: (x: number) => string;
}

const LABELS = 16;
/** The window is never narrower than this, in pixels, while a handle is dragged. */
const NARROWEST = 4;

type Part = 'window' | 'from' | 'to';

export class Overview {
  readonly element = element('div', 'cx-overview');
  readonly canvas = element('canvas', '');
  readonly #window = element('div', 'cx-window');
  readonly #handles = { from: element('div', 'cx-handle'), to: element('div', 'cx-handle') };
  #view: OverviewView | null = null;

  /** `change` is called while the person drags, with settled at the end. */
  constructor(private readonly change: (span: Span, settled: boolean) => void) {
    this.element.append(this.canvas, this.#window, this.#handles.from, this.#handles.to);
    this.canvas.setAttribute('aria-hidden', 'true');
    for (const side of ['from', 'to'] as const) {
      const handle = this.#handles[side];
      handle.tabIndex = 0;
      handle.setAttribute('role', 'slider');
      handle.setAttribute('aria-label', side === 'from' ? 'Start of what is shown' : 'End of what is shown');
      handle.addEventListener('keydown', (event) => this.#key(event, side));
      this.#drag(handle, side);
    }
    this.#drag(this.#window, 'window');
    this.canvas.addEventListener('pointerdown', (event) => this.#jump(event));
  }

  show(view: OverviewView): void {
    const before = this.#view;
    this.#view = view;
    this.element.style.height = `${view.height + LABELS}px`;
    // While the window over it moves, the strip stays as it is.
    if (before === null || !samePicture(before, view)) this.#paint(view);
    this.#frame(view);
  }

  #scale(view: OverviewView): Scale {
    return { min: view.whole[0], max: view.whole[1], log: view.log, start: 0, end: view.width };
  }

  #paint(view: OverviewView): void {
    const { canvas } = this;
    canvas.width = Math.round(view.width * view.ratio);
    canvas.height = Math.round((view.height + LABELS) * view.ratio);
    canvas.style.left = `${view.left}px`;
    canvas.style.width = `${view.width}px`;
    canvas.style.height = `${view.height + LABELS}px`;
    const pen = canvas.getContext('2d');
    if (pen === null) return;
    pen.scale(view.ratio, view.ratio);
    const scale = this.#scale(view);
    pen.font = `11px ${FONT}`;
    pen.textBaseline = 'top';
    pen.textAlign = 'center';
    for (const { value, text } of view.ticks) {
      const x = Math.round(toPixel(scale, value)) + 0.5;
      const half = pen.measureText(text).width / 2;
      pen.strokeStyle = view.theme.grid;
      pen.beginPath();
      pen.moveTo(x, 0);
      pen.lineTo(x, view.height);
      pen.stroke();
      pen.fillStyle = view.theme.muted;
      if (x - half >= 0 && x + half <= view.width) pen.fillText(text, x, view.height + 3);
    }
    for (const mark of view.marks) this.#line(pen, mark, view, scale);
    pen.strokeStyle = view.theme.line;
    pen.beginPath();
    pen.moveTo(0, view.height - 0.5);
    pen.lineTo(view.width, view.height - 0.5);
    pen.stroke();
  }

  /** Every series across the full height of the strip: its shape is what counts here. */
  #line(pen: CanvasRenderingContext2D, mark: Mark, view: OverviewView, x: Scale): void {
    let extent: Extent | null = null;
    for (const other of view.marks) if (other.yAxis === mark.yAxis) extent = joined(extent, valueExtent(other, view.whole[0], view.whole[1], false));
    if (extent === null) return;
    const [low, high] = extent[0] === extent[1] ? [extent[0] - 1, extent[1] + 1] : extent;
    const y: Scale = { min: low, max: high, log: false, start: view.height - 3, end: 3 };
    const track = { u: pixelsOf(x, mark.x), v: pixelsOf(y, mark.y), start: 0, end: mark.x.length, shape: 'straight', swapped: false } as const;
    if (view.marks.length === 1) fillArea(pen, track, view.height, withAlpha(mark.color, 0.14));
    strokeLine(pen, track, { color: mark.color, width: 1, dash: [], opaque: opaqueColor(mark.color) !== null });
  }

  #frame(view: OverviewView): void {
    const scale = this.#scale(view);
    const [a, b] = view.shown.map((v) => view.left + Math.min(Math.max(toPixel(scale, v), 0), view.width)) as [number, number];
    place(this.#window, a, Math.max(b - a, 2), view.height);
    place(this.#handles.from, a, null, view.height);
    place(this.#handles.to, b, null, view.height);
    for (const [side, value] of [['from', view.shown[0]], ['to', view.shown[1]]] as const) {
      const handle = this.#handles[side];
      handle.setAttribute('aria-valuemin', String(view.whole[0]));
      handle.setAttribute('aria-valuemax', String(view.whole[1]));
      handle.setAttribute('aria-valuenow', String(value));
      handle.setAttribute('aria-valuetext', view.say(value));
    }
  }

  #drag(target: HTMLElement, part: Part): void {
    target.addEventListener('pointerdown', (down) => {
      const view = this.#view;
      if (view === null || down.button !== 0) return;
      down.preventDefault();
      if (part !== 'window') target.focus();
      target.setPointerCapture(down.pointerId);
      const start = view.shown;
      let moved: Span | null = null;
      const move = (event: PointerEvent): void => {
        moved = shifted(view, this.#scale(view), start, part, event.clientX - down.clientX);
        this.change(moved, false);
      };
      const end = (): void => {
        target.removeEventListener('pointermove', move);
        target.removeEventListener('pointerup', end);
        target.removeEventListener('pointercancel', end);
        if (moved !== null) this.change(moved, true);
      };
      target.addEventListener('pointermove', move);
      target.addEventListener('pointerup', end);
      target.addEventListener('pointercancel', end);
    });
  }

  /** A press beside the window brings its middle there. */
  #jump(event: PointerEvent): void {
    const view = this.#view;
    if (view === null || event.button !== 0) return;
    const scale = this.#scale(view);
    const middle = (toPixel(scale, view.shown[0]) + toPixel(scale, view.shown[1])) / 2;
    this.change(shifted(view, scale, view.shown, 'window', event.offsetX - middle), true);
  }

  #key(event: KeyboardEvent, side: 'from' | 'to'): void {
    const view = this.#view;
    const steps: Readonly<Record<string, number>> = { ArrowLeft: -1, ArrowDown: -1, ArrowRight: 1, ArrowUp: 1, PageDown: -10, PageUp: 10, Home: -Infinity, End: Infinity };
    const step = steps[event.key];
    if (view === null || step === undefined) return;
    event.preventDefault();
    event.stopPropagation();
    const pixels = Math.min(Math.max(step * Math.max(view.width / 100, 1), -view.width), view.width);
    this.change(shifted(view, this.#scale(view), view.shown, side, pixels), true);
  }
}

function samePicture(a: OverviewView, b: OverviewView): boolean {
  return a.marks === b.marks && a.whole[0] === b.whole[0] && a.whole[1] === b.whole[1] && a.log === b.log && a.left === b.left && a.width === b.width
    && a.height === b.height && a.ratio === b.ratio && a.theme === b.theme && a.ticks.length === b.ticks.length && a.ticks.every(({ value, text }, i) => value === b.ticks[i]!.value && text === b.ticks[i]!.text);
}

function place(target: HTMLElement, left: number, width: number | null, height: number): void {
  target.style.left = `${left}px`;
  target.style.top = '0';
  target.style.height = `${height}px`;
  if (width !== null) target.style.width = `${width}px`;
}

/** `start` after a part of the window was moved by `pixels`. */
function shifted(view: OverviewView, scale: Scale, start: Span, part: Part, pixels: number): Span {
  const [a, b] = [toPixel(scale, start[0]), toPixel(scale, start[1])];
  const back = (pixel: number): number => toValue(scale, Math.min(Math.max(pixel, 0), view.width));
  if (part === 'from') return [back(Math.min(a + pixels, b - NARROWEST)), start[1]];
  if (part === 'to') return [start[0], back(Math.max(b + pixels, a + NARROWEST))];
  const [from, to] = within([a + pixels, b + pixels], [0, view.width]);
  return [toValue(scale, from), toValue(scale, to)];
}

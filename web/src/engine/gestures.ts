/** Pointer, wheel and keys over the plot, turned into ranges and places. Knows nothing of drawing. */
import type { Rect } from './layout';
import { type Span, panned, zoomed } from './zoom';

export interface Ground {
  readonly plot: Rect;
  readonly swapped: boolean;
  /** The least value stands right, or at the bottom where x runs downwards. */
  readonly reversed: boolean;
  readonly shown: Span;
  readonly whole: Span;
  readonly log: boolean;
  /** Dragging: chooses what to zoom to, moves the range, or does nothing. */
  readonly drag: 'zoom' | 'pan' | 'none';
  /** Whether the wheel zooms: with Ctrl alone (a pinch of a touchpad says so too), with or without, or not at all. */
  readonly wheel: 'control' | 'always' | 'never';
  readonly zoomable: boolean;
}

export interface GestureEvents {
  /** Null while there is nothing to touch. */
  ground(): Ground | null;
  range(span: Span, settled: boolean): void;
  reset(): void;
  hover(px: number, py: number): void;
  leave(): void;
  /** The stretch that is being chosen, in pixels along x; null: none. */
  box(stretch: Span | null): void;
  /** Keys: the next sample to the left or right. */
  step(direction: -1 | 1): void;
}

/** Shorter drags are clicks. */
const LEAST_DRAG = 5;
/** The wheel is at rest after so many milliseconds. */
const WHEEL_REST = 180;

export class Gestures {
  readonly #pointers = new Map<number, { x: number; y: number }>();
  #start: { along: number; shown: Span; mode: 'zoom' | 'pan'; moved: boolean } | null = null;
  #pinch: { distance: number; shown: Span; share: number } | null = null;
  #rest: ReturnType<typeof setTimeout> | undefined;
  #last: Span | null = null;

  constructor(private readonly host: HTMLElement, private readonly events: GestureEvents) {
    host.addEventListener('pointerdown', (event) => this.#down(event));
    host.addEventListener('pointermove', (event) => this.#move(event));
    host.addEventListener('pointerup', (event) => this.#up(event, true));
    host.addEventListener('pointercancel', (event) => this.#up(event, false));
    // A finger that is lifted leaves what it has pointed at to be read.
    host.addEventListener('pointerleave', (event) => { if (this.#start === null && event.pointerType !== 'touch') events.leave(); });
    host.addEventListener('dblclick', () => { if (events.ground()?.zoomable === true) events.reset(); });
    host.addEventListener('wheel', (event) => this.#wheel(event), { passive: false });
    host.addEventListener('keydown', (event) => this.#key(event));
    host.addEventListener('blur', () => events.leave());
  }

  dispose(): void {
    clearTimeout(this.#rest);
  }

  #at(event: MouseEvent): { x: number; y: number } {
    const box = this.host.getBoundingClientRect();
    return { x: event.clientX - box.left, y: event.clientY - box.top };
  }

  #along(ground: Ground, at: { x: number; y: number }): number {
    return ground.swapped ? at.y : at.x;
  }

  /** Where on the axis: 0 at the least value shown, 1 at the greatest; beyond them outside the plot. */
  #position(ground: Ground, along: number): number {
    const [start, length] = ground.swapped ? [ground.plot.top, ground.plot.height] : [ground.plot.left, ground.plot.width];
    const share = (along - start) / length;
    return ground.reversed ? 1 - share : share;
  }

  #share(ground: Ground, along: number): number {
    return Math.min(Math.max(this.#position(ground, along), 0), 1);
  }

  #down(event: PointerEvent): void {
    const ground = this.events.ground();
    if (ground === null || event.button !== 0) return;
    const at = this.#at(event);
    if (!inside(ground.plot, at)) return;
    this.#pointers.set(event.pointerId, at);
    if (event.pointerType === 'touch') this.events.hover(at.x, at.y);
    if (!ground.zoomable || ground.drag === 'none') return;
    this.host.setPointerCapture(event.pointerId);
    if (this.#pointers.size === 2) return this.#startPinch(ground);
    const touch = event.pointerType === 'touch';
    const mode = touch || event.shiftKey !== (ground.drag === 'pan') ? 'pan' : 'zoom';
    this.#start = { along: this.#along(ground, at), shown: ground.shown, mode, moved: false };
  }

  #startPinch(ground: Ground): void {
    const [a, b] = [...this.#pointers.values()].map((at) => this.#along(ground, at)) as [number, number];
    this.#start = null;
    this.events.box(null);
    this.#pinch = { distance: Math.max(Math.abs(a - b), 10), shown: ground.shown, share: this.#share(ground, (a + b) / 2) };
  }

  #move(event: PointerEvent): void {
    const ground = this.events.ground();
    if (ground === null) return;
    const at = this.#at(event);
    if (this.#pointers.has(event.pointerId)) this.#pointers.set(event.pointerId, at);
    if (this.#pinch !== null && this.#pointers.size === 2) {
      const [a, b] = [...this.#pointers.values()].map((one) => this.#along(ground, one)) as [number, number];
      return this.#send(zoomed(this.#pinch.shown, ground.whole, this.#pinch.share, this.#pinch.distance / Math.max(Math.abs(a - b), 10), ground.log), false);
    }
    if (this.#start === null) return inside(ground.plot, at) ? this.events.hover(at.x, at.y) : this.events.leave();
    const along = this.#along(ground, at);
    if (!this.#start.moved && Math.abs(along - this.#start.along) < LEAST_DRAG) return this.events.hover(at.x, at.y);
    if (!this.#start.moved) this.events.leave();
    this.#start.moved = true;
    if (this.#start.mode === 'zoom') return this.events.box(this.#stretch(ground, along));
    this.host.classList.add('cx-panning');
    this.#send(panned(this.#start.shown, ground.whole, this.#position(ground, this.#start.along) - this.#position(ground, along), ground.log), false);
  }

  #stretch(ground: Ground, along: number): Span {
    const [low, high] = ground.swapped ? [ground.plot.top, ground.plot.top + ground.plot.height] : [ground.plot.left, ground.plot.left + ground.plot.width];
    const other = Math.min(Math.max(along, low), high);
    const first = Math.min(Math.max(this.#start!.along, low), high);
    return [Math.min(first, other), Math.max(first, other)];
  }

  #up(event: PointerEvent, done: boolean): void {
    const ground = this.events.ground();
    this.#pointers.delete(event.pointerId);
    const start = this.#start;
    this.host.classList.remove('cx-panning');
    this.events.box(null);
    if (this.#pinch !== null) {
      this.#pinch = null;
      this.#settle();
    } else if (start?.moved === true && start.mode === 'pan') this.#settle();
    else if (start?.moved === true && ground !== null && done) {
      this.#choose(ground, this.#stretch(ground, this.#along(ground, this.#at(event))));
    }
    this.#start = null;
  }

  #choose(ground: Ground, [a, b]: Span): void {
    if (b - a < LEAST_DRAG) return;
    const shares = [this.#share(ground, a), this.#share(ground, b)].sort((p, q) => p - q) as [number, number];
    const width = shares[1] - shares[0];
    // The point that stays where it is: (its share of the old) = (its share of the new).
    const anchor = width >= 1 ? 0.5 : shares[0] / (1 - width);
    this.#send(zoomed(ground.shown, ground.whole, anchor, width, ground.log), true);
  }

  #wheel(event: WheelEvent): void {
    const ground = this.events.ground();
    if (ground === null || ground.wheel === 'never' || (ground.wheel === 'control' && !event.ctrlKey && !event.metaKey) || !ground.zoomable || !inside(ground.plot, this.#at(event))) return;
    const unit = event.deltaMode === 1 ? 16 : event.deltaMode === 2 ? 400 : 1;
    const sideways = Math.abs(event.deltaX) > Math.abs(event.deltaY);
    const whole = ground.shown[0] <= ground.whole[0] && ground.shown[1] >= ground.whole[1];
    // All is shown already: the page may scroll on.
    if (whole && (sideways || event.deltaY > 0)) return;
    event.preventDefault();
    const next = sideways
      ? panned(ground.shown, ground.whole, (event.deltaX * unit) / (ground.swapped ? ground.plot.height : ground.plot.width), ground.log)
      : zoomed(ground.shown, ground.whole, this.#share(ground, this.#along(ground, this.#at(event))), Math.exp(Math.min(Math.max(event.deltaY * unit, -200), 200) * 0.0025), ground.log);
    this.#send(next, false);
    clearTimeout(this.#rest);
    this.#rest = setTimeout(() => this.#settle(), WHEEL_REST);
  }

  #key(event: KeyboardEvent): void {
    const ground = this.events.ground();
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (ground === null) return this.#readKey(event);
    const { shown, whole, log } = ground;
    const zoom = (factor: number): Span => zoomed(shown, whole, 0.5, factor, log);
    const actions: Readonly<Record<string, () => void>> = {
      ArrowLeft: () => (event.shiftKey ? this.#send(panned(shown, whole, -0.1, log), true) : this.events.step(-1)),
      ArrowRight: () => (event.shiftKey ? this.#send(panned(shown, whole, 0.1, log), true) : this.events.step(1)),
      '+': () => this.#send(zoom(0.7), true),
      '=': () => this.#send(zoom(0.7), true),
      '-': () => this.#send(zoom(1 / 0.7), true),
      '0': () => this.events.reset(),
      Escape: () => this.events.leave(),
    };
    const action = Object.hasOwn(actions, event.key) ? actions[event.key] : undefined;
    if (action === undefined || (!ground.zoomable && !event.key.startsWith('Arrow') && event.key !== 'Escape')) return;
    event.preventDefault();
    action();
  }

  /** Where there is no range to change (pies), keys read all the same. */
  #readKey(event: KeyboardEvent): void {
    if (event.key === 'Escape') return this.events.leave();
    if (event.key !== 'ArrowLeft' && event.key !== 'ArrowRight') return;
    event.preventDefault();
    this.events.step(event.key === 'ArrowLeft' ? -1 : 1);
  }

  #send(span: Span, settled: boolean): void {
    this.#last = settled ? null : span;
    this.events.range(span, settled);
  }

  #settle(): void {
    if (this.#last === null) return;
    const span = this.#last;
    this.#last = null;
    this.events.range(span, true);
  }
}

export function inside(plot: Rect, { x, y }: { x: number; y: number }): boolean {
  return x >= plot.left && x <= plot.left + plot.width && y >= plot.top && y <= plot.top + plot.height;
}

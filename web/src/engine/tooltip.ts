/** Crosshair, dots and the box of values: elements above the canvas, so that moving the pointer draws nothing anew. */
import { isColumnLike } from './attributes';
import { element } from './dom';
import type { Sample } from './nearest';
import type { Plan } from './plan';
import type { Readout, Row } from './readout';
import { flagAt } from './read';
import { factorOf, toPixel } from './scale';

/** So many values are listed where there is room. */
const MOST_ROWS = 24;

/** How many rows a box of this height has room for. */
export function rowsWithin(height: number): number {
  return Math.max(Math.min(Math.floor((height - 56) / 18), MOST_ROWS), 3);
}

export class Tooltip {
  /** Lies over the plot. */
  readonly over = element('div', 'cx-over');
  /** May reach over the plot's edge. */
  readonly box = element('div', 'cx-tip');
  readonly #crossX = element('div', 'cx-cross');
  readonly #crossY = element('div', 'cx-cross');
  readonly #dots: HTMLElement[] = [];

  constructor() {
    this.over.setAttribute('aria-hidden', 'true');
    this.box.setAttribute('aria-hidden', 'true');
    this.over.append(this.#crossX, this.#crossY);
    this.hide();
  }

  hide(): void {
    this.box.hidden = true;
    this.over.hidden = true;
  }

  /** Shows `readout` beside the pointer, and marks `samples`. Places are in the chart's box of `width` × `height`. */
  show(plan: Plan, samples: readonly Sample[], readout: Readout, px: number, py: number, width: number, height: number): void {
    this.over.hidden = false;
    this.#mark(plan, samples, px, py);
    this.#fill(readout);
    this.#place(px, py, width, height);
  }

  /** A box without crosshair and dots: for slices. */
  showBox(readout: Readout, px: number, py: number, width: number, height: number): void {
    this.over.hidden = true;
    this.#fill(readout);
    this.#place(px, py, width, height);
  }

  #mark(plan: Plan, samples: readonly Sample[], px: number, py: number): void {
    const { plot, swapped } = plan;
    const anchor = samples[0]!;
    const scatter = anchor.mark.type === 'scatter';
    const [x, y] = [anchor.px, anchor.py];
    const vertical = { left: x - 0.5, top: plot.top, width: 1, height: plot.height };
    const horizontal = { left: plot.left, top: y - 0.5, width: plot.width, height: 1 };
    const wantsX = (flagAt(plan.xAxis.options, 'crosshair') ?? true) && !scatter;
    const wantsY = flagAt(plan.yAxes[0]?.options ?? {}, 'crosshair') ?? false;
    const band = isColumnLike(anchor.mark.type) ? bandOf(plan, anchor) : null;
    this.#crossX.classList.toggle('cx-band', band !== null);
    stand(this.#crossX, wantsX, band ?? (swapped ? horizontal : vertical));
    stand(this.#crossY, wantsY, swapped ? { ...vertical, left: px - 0.5 } : { ...horizontal, top: py - 0.5 });
    const dots = samples.filter(({ mark }) => mark.type !== 'candlestick' && mark.type !== 'ohlc' && mark.type !== 'column' && mark.type !== 'bar' && mark.type !== 'columnrange');
    while (this.#dots.length < dots.length) {
      const dot = element('div', 'cx-dot');
      this.#dots.push(dot);
      this.over.append(dot);
    }
    this.#dots.forEach((dot, i) => {
      const sample = dots[i];
      dot.hidden = sample === undefined || sample.py < plot.top - 1 || sample.py > plot.top + plot.height + 1 || Number.isNaN(sample.py);
      if (sample === undefined) return;
      dot.style.backgroundColor = sample.mark.color;
      dot.style.transform = `translate(${sample.px}px, ${sample.py}px)`;
    });
  }

  #fill(readout: Readout): void {
    const rows = readout.rows.flatMap((row) => (row.details === '' ? [rowElement(row)] : [rowElement(row), element('div', 'cx-details', row.details)]));
    if (readout.more > 0) rows.push(element('div', 'cx-details', `and ${readout.more} more`));
    const head = readout.header === '' ? [] : [element('div', 'cx-tip-head', readout.header)];
    this.box.replaceChildren(...head, ...rows);
    this.box.hidden = false;
  }

  /** Beside the pointer, on the side that has room; never over it where that can be helped. */
  #place(px: number, py: number, width: number, height: number): void {
    const { offsetWidth: w, offsetHeight: h } = this.box;
    const right = px + 16 + w <= width - 4;
    const left = right ? px + 16 : Math.max(px - 16 - w, 4);
    const top = Math.min(Math.max(py - h - 12, 4), Math.max(height - h - 4, 4));
    this.box.style.transform = `translate(${Math.round(left)}px, ${Math.round(top)}px)`;
  }
}

/** The place of all columns at the sample's x, where it is wide enough to be seen as one. */
function bandOf(plan: Plan, { mark, index }: Sample): { left: number; top: number; width: number; height: number } | null {
  const { stage } = plan.scene;
  const width = Math.abs(factorOf(stage.x)) * plan.domain.gap;
  if (!Number.isFinite(width) || width < 6 || stage.x.log) return null;
  const middle = toPixel(stage.x, mark.x[index]!);
  const { plot, swapped } = plan;
  const [low, high] = swapped ? [plot.top, plot.top + plot.height] : [plot.left, plot.left + plot.width];
  const start = Math.max(middle - width / 2, low);
  const length = Math.min(middle + width / 2, high) - start;
  return swapped ? { left: plot.left, top: start, width: plot.width, height: length } : { left: start, top: plot.top, width: length, height: plot.height };
}

function stand(line: HTMLElement, shown: boolean, box: { left: number; top: number; width: number; height: number }): void {
  line.hidden = !shown;
  line.style.transform = `translate(${Math.round(box.left)}px, ${Math.round(box.top)}px)`;
  line.style.width = `${box.width}px`;
  line.style.height = `${box.height}px`;
}

function rowElement(row: Row): HTMLElement {
  const line = element('div', 'cx-row');
  const chip = element('span', 'cx-chip');
  chip.style.backgroundColor = row.color;
  if (row.text !== null) {
    line.append(chip, element('span', '', row.text));
    return line;
  }
  line.append(chip, element('span', 'cx-row-name', row.name));
  if (row.aside !== '') line.append(element('span', 'cx-row-aside', row.aside));
  line.append(element('span', 'cx-row-value', row.value));
  return line;
}

/** What ranges of values marks cover. */
import { isArea, isColumnLike } from './attributes';
import { at, numberAt } from './read';
import { type Mark, indicesWithin } from './marks';

export type Extent = readonly [number, number];

export function joined(a: Extent | null, b: Extent | null): Extent | null {
  if (a === null || b === null) return a ?? b;
  return [Math.min(a[0], b[0]), Math.max(a[1], b[1])];
}

/** Where areas and columns of `mark` begin; null: at the lower end of the axis. */
export function thresholdOf(mark: Mark): number | null {
  if (at(mark.options, 'threshold') === null) return null;
  return numberAt(mark.options, 'threshold') ?? 0;
}

/** Value columns that reach highest and lowest. */
function outline(mark: Mark): readonly Float64Array[] {
  if (mark.type === 'candlestick' || mark.type === 'ohlc' || mark.type === 'arearange' || mark.type === 'columnrange') {
    return mark.low && mark.high ? [mark.low, mark.high] : [mark.y];
  }
  return mark.base === null ? [mark.y] : [mark.y, mark.base];
}

/** The last extent of each mark: an overview and a drawing ask for the same one many times. */
const measured = new WeakMap<Mark, { readonly key: string; readonly extent: Extent | null }>();

/** Range of the values drawn for x in [from, to], the line's crossing of either edge included; null when there are none. */
export function valueExtent(mark: Mark, from: number, to: number, positive: boolean): Extent | null {
  const key = `${from} ${to} ${positive}`;
  const before = measured.get(mark);
  if (before?.key === key) return before.extent;
  const extent = measure(mark, from, to, positive);
  measured.set(mark, { key, extent });
  return extent;
}

function measure(mark: Mark, from: number, to: number, positive: boolean): Extent | null {
  const [start, end] = indicesWithin(mark, from, to);
  let extent: Extent | null = null;
  for (const values of outline(mark)) extent = joined(extent, scan(mark, values, start, end, from, to, positive));
  if (extent === null) return null;
  const threshold = thresholdOf(mark);
  const grounded = (mark.series.stacked && mark.stacking !== null) || (isArea(mark.type) || (isColumnLike(mark.type) && mark.type !== 'columnrange')) && mark.base === null;
  if (grounded && threshold !== null && !(positive && threshold <= 0)) return joined(extent, [threshold, threshold]);
  return extent;
}

function scan(mark: Mark, values: Float64Array, start: number, end: number, from: number, to: number, positive: boolean): Extent | null {
  const { x } = mark;
  let low = Infinity;
  let high = -Infinity;
  const take = (value: number): void => {
    if (Number.isNaN(value) || (positive && value <= 0)) return;
    if (value < low) low = value;
    if (value > high) high = value;
  };
  for (let i = start; i < end; i++) {
    if (x[i]! >= from && x[i]! <= to) take(values[i]!);
    else if (mark.sorted && !isColumnLike(mark.type)) {
      // A neighbour outside: what counts is where the line to it leaves the plot.
      const other = x[i]! < from ? i + 1 : i - 1;
      if (other < start || other >= end) continue;
      const edge = x[i]! < from ? from : to;
      take(values[i]! + ((values[other]! - values[i]!) * (edge - x[i]!)) / (x[other]! - x[i]!));
    }
  }
  return low <= high ? [low, high] : null;
}

/** What is drawn of `mark` for x in [from, to]: for the accessible description and for tests. */
export function drawnExtent(mark: Mark, from: number, to: number): { points: number; x: Extent | null; y: Extent | null } {
  const [start, end] = indicesWithin(mark, from, to);
  let points = 0;
  let x: Extent | null = null;
  let y: Extent | null = null;
  for (let i = start; i < end; i++) {
    if (Number.isNaN(mark.own[i]!)) continue;
    points++;
    const at = mark.x[i]!;
    if (at < from || at > to) continue;
    x = joined(x, [at, at]);
    const low = mark.low?.[i] ?? mark.own[i]!;
    const high = mark.high?.[i] ?? mark.own[i]!;
    y = joined(y, [low, high]);
  }
  return { points, x, y };
}

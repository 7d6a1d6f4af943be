/** Which points a drawing wants, cut into what can be answered apart, and put together as requests. */
import type { WindowRequest } from './api';
import type { Bins, Demands, Range } from './drawing';

export interface Wanted {
  readonly series: readonly string[];
  readonly from: number | null;
  readonly to: number | null;
  readonly columns: number;
  readonly x: 'linear' | 'logarithmic';
  readonly stacks: readonly (readonly string[])[];
  readonly bins: Bins | null;
}

/** Series that only one answer can hold together: those of one stack; else each by itself. */
export interface Unit {
  readonly files: readonly string[];
  readonly stack: boolean;
  readonly points: boolean;
}

export function wantedOf(series: readonly string[], range: Range | null, columns: number, x: Wanted['x'], demands: Demands): Wanted {
  return { series, from: range?.from ?? null, to: range?.to ?? null, columns, x, ...demands };
}

export function unitsOf(wanted: Wanted): Unit[] {
  const stacked = new Set(wanted.stacks.flat());
  const points = new Set(wanted.bins?.series);
  return [
    ...wanted.stacks.map((files) => ({ files, stack: true, points: false })),
    ...wanted.series.filter((file) => !stacked.has(file)).map((file) => ({ files: [file], stack: false, points: points.has(file) })),
  ];
}

/** The requests that `units` need: points are counted by device pixels, lines are cut finer, so that they go apart. */
export function requestsFor(wanted: Wanted, units: readonly Unit[]): WindowRequest[] {
  const { from, to, columns, x, bins } = wanted;
  const lines = units.filter((unit) => !unit.points);
  const points = units.filter((unit) => unit.points).flatMap((unit) => unit.files);
  const order = new Map(wanted.series.map((file, i) => [file, i] as const));
  const series = lines.flatMap((unit) => unit.files).sort((a, b) => order.get(a)! - order.get(b)!);
  const stacks = lines.filter((unit) => unit.stack).map((unit) => unit.files);
  const requests: WindowRequest[] = [];
  if (series.length > 0) requests.push({ series, from, to, columns, x, ...(stacks.length > 0 && { stacks }) });
  if (points.length > 0 && bins !== null) {
    requests.push({ series: points, from, to, columns: bins.columns, x, bins: { series: points, rows: bins.rows, low: bins.low, high: bins.high } });
  }
  return requests;
}

/** Whether [from, to] of one request holds all of what another one wants; `extent` is where the series has points at all. */
export function covers(held: Pick<Wanted, 'from' | 'to'>, wanted: Pick<Wanted, 'from' | 'to'>, extent: readonly [number, number] | null): boolean {
  if (held.from === null || held.to === null || extent === null) return held.from === null;
  const from = wanted.from === null ? extent[0] : wanted.from;
  const to = wanted.to === null ? extent[1] : wanted.to;
  return (held.from <= from || held.from <= extent[0]) && (held.to >= to || held.to >= extent[1]);
}

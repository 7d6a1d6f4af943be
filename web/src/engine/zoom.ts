/** Ranges of x: zooming, panning, and what the range buttons choose. On a logarithmic axis all of it happens in logarithms. */
import { type Clock, fieldsOf, instantOf, wallTime } from './time';

export type Span = readonly [number, number];

/** The least span that doubles still tell apart, for values as large as these. */
function leastSpan([low, high]: Span): number {
  return Math.max(Math.abs(low), Math.abs(high), 1e-300) * 1e-11;
}

/** `span` moved and, where it is wider, cut to lie within `whole`. */
export function within([from, to]: Span, whole: Span): Span {
  const width = to - from;
  if (width >= whole[1] - whole[0]) return whole;
  if (from < whole[0]) return [whole[0], whole[0] + width];
  if (to > whole[1]) return [whole[1] - width, whole[1]];
  return [from, to];
}

/** `shown` made `factor` times as wide; what lies at `share` (0 to 1) of it stays where it is. */
export function zoomed(shown: Span, whole: Span, share: number, factor: number, log: boolean): Span {
  const [a, b] = inward(shown, log);
  const full = inward(whole, log);
  const width = Math.max((b - a) * factor, leastSpan([a, b]));
  const anchor = a + (b - a) * share;
  return outward(within([anchor - width * share, anchor + width * (1 - share)], full), log);
}

/** `shown` moved by `share` of its width. */
export function panned(shown: Span, whole: Span, share: number, log: boolean): Span {
  const [a, b] = inward(shown, log);
  const move = (b - a) * share;
  return outward(within([a + move, b + move], inward(whole, log)), log);
}

function inward([a, b]: Span, log: boolean): Span {
  return log ? [Math.log10(a), Math.log10(b)] : [a, b];
}

function outward([a, b]: Span, log: boolean): Span {
  return log ? [10 ** a, 10 ** b] : [a, b];
}

/** Whether `span` shows all of `whole`, but for less than a pixel. */
export function isWhole(span: Span, whole: Span): boolean {
  const slack = (whole[1] - whole[0]) * 1e-6;
  return span[0] <= whole[0] + slack && span[1] >= whole[1] - slack;
}

export interface RangeButton {
  readonly type: string;
  readonly count: number;
  readonly text: string;
  readonly title: string;
}

export const RANGE_BUTTONS: readonly RangeButton[] = [
  { type: 'month', count: 1, text: '1m', title: 'One month' },
  { type: 'month', count: 3, text: '3m', title: 'Three months' },
  { type: 'month', count: 6, text: '6m', title: 'Six months' },
  { type: 'ytd', count: 1, text: 'YTD', title: 'Year to date' },
  { type: 'year', count: 1, text: '1y', title: 'One year' },
  { type: 'all', count: 1, text: 'All', title: 'Everything' },
];

const LENGTHS: Readonly<Record<string, number>> = { millisecond: 1, second: 1000, minute: 60_000, hour: 3_600_000, day: 86_400_000, week: 604_800_000 };

/** What a button shows: that much up to the end of what is shown now; null: everything. */
export function buttonSpan(button: Pick<RangeButton, 'type' | 'count'>, shown: Span, whole: Span, clock: Clock): Span | null {
  if (button.type === 'all') return null;
  const end = Math.min(button.type === 'ytd' ? whole[1] : shown[1], whole[1]);
  const start = startBefore(button, end, clock);
  if (start >= whole[0]) return [start, end];
  // Less than asked lies before this end: the same length from the beginning.
  const later = Math.min(whole[0] + (end - start), whole[1]);
  return button.type === 'ytd' ? [whole[0], end] : [whole[0], later];
}

function startBefore(button: Pick<RangeButton, 'type' | 'count'>, end: number, clock: Clock): number {
  const f = fieldsOf(clock, end);
  if (button.type === 'ytd') return instantOf(clock, wallTime(f.year, 0));
  if (button.type === 'month' || button.type === 'year') {
    const months = f.year * 12 + f.month - button.count * (button.type === 'year' ? 12 : 1);
    const year = Math.floor(months / 12);
    const last = new Date(wallTime(year, months - year * 12 + 1, 0)).getUTCDate();
    return instantOf(clock, wallTime(year, months - year * 12, Math.min(f.day, last), f.hour, f.minute, f.second)) + f.millisecond;
  }
  return end - (LENGTHS[button.type] ?? 86_400_000) * button.count;
}

/** Series windows turned into marks: typed columns in the chart's own coordinates, stacked, with their places side by side. */
import type { ChartSettings, Options, SeriesWindow } from '../model/drawing';
import { type Attributes, type DrawnType, isArea, isColumnLike, resolveAttributes, typeNotice, xOf } from './attributes';
import { axisOf, stackKey as keyOf, stackingOf as stackingIn } from './demands';
import { listAt, numberAt, textAt } from './read';
import { type Layer, type Stacked, type Stacking, stackAreas, stackColumns } from './stacking';

/** One series, ready to be measured and drawn. */
export interface Mark {
  readonly series: SeriesWindow;
  /** Place among the visible series, which is not the order in which they are drawn. */
  readonly place: number;
  readonly type: DrawnType;
  readonly options: Options;
  readonly color: string;
  readonly yAxis: number;
  readonly x: Float64Array;
  /** Where the line runs, the column ends, the bar closes. */
  readonly y: Float64Array;
  /** Own values, which are other than y in a stack. */
  readonly own: Float64Array;
  /** Where the area or column begins in a stack; null: at the threshold. */
  readonly base: Float64Array | null;
  /** The line below in a stack that the server has summed: its vertices have x of their own. */
  readonly under: { readonly x: Float64Array; readonly y: Float64Array } | null;
  /** Ranges, candlesticks and bars. */
  readonly low: Float64Array | null;
  readonly high: Float64Array | null;
  readonly open: Float64Array | null;
  /** Names of points, where they have any. */
  readonly labels: readonly string[] | null;
  readonly sorted: boolean;
  readonly stacking: Stacking | null;
  /** Columns: place among `of` columns of one x. */
  readonly slot: { readonly index: number; readonly of: number };
}

export interface Marks {
  readonly marks: readonly Mark[];
  /** Names of x = 0, 1, 2 …; null when x is no category. */
  readonly categories: readonly string[] | null;
  readonly notices: readonly string[];
}

interface Draft {
  readonly series: SeriesWindow;
  readonly attributes: Attributes;
  readonly yAxis: number;
  readonly x: Float64Array;
  readonly y: Float64Array;
  readonly labels: readonly string[] | null;
}

/** `series` are the visible ones, in order. */
export function makeMarks(series: readonly SeriesWindow[], settings: ChartSettings, xOptions: Options, yOptions: readonly Options[]): Marks {
  const notices: string[] = [];
  const resolved = series.map((one) => ({ series: one, attributes: resolveAttributes(one, settings) }));
  for (const { series: one, attributes } of resolved) {
    const notice = typeNotice(one, attributes);
    if (notice !== null) notices.push(notice);
  }
  const categories = categoriesOf(series, xOptions);
  const places = categories === null ? null : new Map(categories.map((name, i) => [name, i] as const));
  const drafts = resolved.filter(({ series: one }) => one.kind !== 'empty').map(({ series: one, attributes }): Draft => ({
    series: one, attributes, x: placed(one, places), y: valuesOf(one), labels: labelsOf(one), yAxis: axisIndex(one, attributes, yOptions, notices),
  }));
  const under = summedBelow(drafts);
  const stacks = stackAll(drafts, notices);
  const slots = slotsOf(drafts);
  const marks = drafts.map((draft, place) => toMark(draft, place, stacks.get(draft), under.get(draft), slots.get(draft)));
  return { marks: backwards(inOrder(marks)), categories, notices };
}

/** Whether both are the same series, looking the same. */
export function sameAttributes(a: readonly SeriesWindow[], b: readonly SeriesWindow[]): boolean {
  return a.length === b.length && a.every((one, i) => one.file === b[i]!.file && one.color === b[i]!.color && one.name === b[i]!.name && one.attributes === b[i]!.attributes);
}

/** Whether they are of the same points, too. */
export function sameWindows(a: readonly SeriesWindow[], b: readonly SeriesWindow[]): boolean {
  return sameAttributes(a, b) && a.every((one, i) => one.columns === b[i]!.columns && one.texts === b[i]!.texts);
}

function toMark(draft: Draft, place: number, stacked: Stacked | undefined, under: Draft | undefined, slot: { index: number; of: number } | undefined): Mark {
  const { series, attributes, yAxis } = draft;
  const columns = series.columns;
  return {
    series, place, type: attributes.type, options: attributes.options, color: series.color, yAxis,
    x: stacked?.x ?? draft.x, y: stacked?.top ?? draft.y, own: stacked?.own ?? draft.y, base: stacked?.base ?? null, under: under === undefined ? null : { x: under.x, y: under.y },
    low: columns['low'] ?? null, high: columns['high'] ?? null, open: columns['open'] ?? null,
    labels: draft.labels, sorted: series.sorted, stacking: stacked || series.stacked ? stackingOf(draft) : null, slot: slot ?? { index: 0, of: 1 },
  };
}

/** By zIndex; areas below columns below lines where it is equal, so that none hides another. */
function inOrder(marks: readonly Mark[]): Mark[] {
  const rank = (mark: Mark): number => (isArea(mark.type) || mark.type === 'arearange' ? 0 : isColumnLike(mark.type) ? 1 : 2);
  const key = (mark: Mark): number => numberAt(mark.options, 'zIndex') ?? 0;
  return marks.map((mark, i) => ({ mark, i }))
    .sort((a, b) => key(a.mark) - key(b.mark) || rank(a.mark) - rank(b.mark) || a.i - b.i).map(({ mark }) => mark);
}

function valuesOf(series: SeriesWindow): Float64Array {
  const { y, close, low, high } = series.columns as { y?: Float64Array; close?: Float64Array; low?: Float64Array; high?: Float64Array };
  if (y) return y;
  if (close) return close;
  if (low && high) return low.map((value, i) => (value + high[i]!) / 2);
  return new Float64Array(xOf(series).length).fill(NaN);
}

function labelsOf(series: SeriesWindow): readonly string[] | null {
  const labels = series.texts['label'];
  return labels && labels.some((label) => label !== '') ? labels : null;
}

function isNamed(series: SeriesWindow): boolean {
  return series.kind === 'named' || (series.attributes['xtype'] === 'category' && labelsOf(series) !== null);
}

/** Given categories, else the names of all named series in the order in which they come; null: x is a number. */
function categoriesOf(series: readonly SeriesWindow[], xOptions: Options): readonly string[] | null {
  const given = listAt(xOptions, 'categories').filter((c) => typeof c === 'string' || typeof c === 'number').map(String);
  const type = textAt(xOptions, 'type');
  const named = series.filter((one) => isNamed(one) || (type === 'category' && labelsOf(one) !== null));
  if (named.length === 0) return given.length > 0 ? given : null;
  const all = new Set(given);
  for (const one of named) for (const label of labelsOf(one) ?? []) all.add(label);
  return [...all];
}

/** x of the points; of named ones the place of their name, so that equal names of two series meet. */
function placed(series: SeriesWindow, places: ReadonlyMap<string, number> | null): Float64Array {
  const labels = labelsOf(series);
  if (places === null || labels === null || !isNamed(series)) return xOf(series);
  return Float64Array.from(labels, (label) => places.get(label) ?? NaN);
}

function axisIndex(series: SeriesWindow, attributes: Attributes, axes: readonly Options[], notices: string[]): number {
  const found = axisOf(attributes, axes);
  if (found !== null) return found;
  notices.push(`“${series.name}” wants y axis ${JSON.stringify(attributes.options['yAxis'])}, but yAxis has ${axes.length === 1 ? 'one axis' : `${axes.length} axes`}: the first is used`);
  return 0;
}

const stackingOf = (draft: Draft): Stacking | null => stackingIn(draft.attributes);
const stackKey = (draft: Draft): string => keyOf(draft.attributes, draft.yAxis);

function groupsOf(drafts: readonly Draft[]): Draft[][] {
  const groups = new Map<string, Draft[]>();
  for (const draft of drafts) {
    if (stackingOf(draft) !== null) groups.set(stackKey(draft), [...(groups.get(stackKey(draft)) ?? []), draft]);
  }
  return [...groups.values()];
}

/** For series that the server has summed, the one that each stands on. */
function summedBelow(drafts: readonly Draft[]): Map<Draft, Draft> {
  const below = new Map<Draft, Draft>();
  for (const group of groupsOf(drafts)) {
    const summed = group.filter((draft) => draft.series.stacked);
    summed.forEach((draft, i) => { if (i > 0) below.set(draft, summed[i - 1]!); });
  }
  return below;
}

/** Columns that the server has summed all begin at the bottom: the lowest is drawn last, over the others. */
function backwards(marks: Mark[]): Mark[] {
  const places = marks.flatMap((mark, i) => (mark.series.stacked && isColumnLike(mark.type) ? [i] : []));
  const turned = places.map((i) => marks[i]!).reverse();
  places.forEach((place, i) => (marks[place] = turned[i]!));
  return marks;
}

function stackAll(drafts: readonly Draft[], notices: string[]): Map<Draft, Stacked> {
  const stacks = new Map<Draft, Stacked>();
  for (const whole of groupsOf(drafts)) {
    const group = whole.filter((draft) => !draft.series.stacked);
    const sorted = group.filter((draft) => draft.series.sorted || isColumnLike(draft.attributes.type));
    if (sorted.length < group.length) notices.push('Series whose x is not in order cannot be stacked: they are drawn as they are');
    if (sorted.length > 1 && sorted.some(({ series }) => !series.raw && series.progress === null)) {
      notices.push(stackingOf(sorted[0]!) === 'percent'
        ? 'The stack of shares holds more points than the screen shows: it is summed from reduced points, and exact once zoomed in'
        : 'The series of the stack do not share their x: it is summed from reduced points, and exact once zoomed in');
    }
    const layers: Layer[] = sorted.map(({ x, y }) => ({ x, y }));
    const first = sorted[0];
    if (!first) continue;
    const stacked = (isColumnLike(first.attributes.type) ? stackColumns : stackAreas)(layers, stackingOf(first)!);
    sorted.forEach((draft, i) => stacks.set(draft, stacked[i]!));
  }
  return stacks;
}

/** Columns of one x stand side by side; those of one stack share a place. */
function slotsOf(drafts: readonly Draft[]): Map<Draft, { index: number; of: number }> {
  const columns = drafts.filter((draft) => isColumnLike(draft.attributes.type));
  const places = new Map<string, number>();
  const keys = columns.map((draft, i) => (stackingOf(draft) !== null ? stackKey(draft) : `alone ${i}`));
  for (const key of keys) if (!places.has(key)) places.set(key, places.size);
  return new Map(columns.map((draft, i) => [draft, { index: places.get(keys[i]!)!, of: places.size }] as const));
}

/** The least distance of neighbours: what one column has room in. */
export function gapOf(marks: readonly Mark[]): number {
  let gap = Infinity;
  for (const mark of marks) {
    const sorted = mark.sorted ? mark.x : mark.x.slice().sort();
    for (let i = 1; i < sorted.length; i++) {
      const distance = sorted[i]! - sorted[i - 1]!;
      if (distance > 0 && distance < gap) gap = distance;
    }
  }
  return gap;
}

/** First and last index of the points of `mark` within [from, to], one neighbour beyond each end; everything when x is unsorted. */
export function indicesWithin(mark: Pick<Mark, 'x' | 'sorted'>, from: number, to: number): [number, number] {
  if (!mark.sorted) return [0, mark.x.length];
  return [Math.max(lowerBound(mark.x, from) - 1, 0), Math.min(upperBound(mark.x, to) + 1, mark.x.length)];
}

/** Index of the first value that is not less than `value`. */
export function lowerBound(sorted: Float64Array, value: number): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (sorted[middle]! < value) low = middle + 1;
    else high = middle;
  }
  return low;
}

function upperBound(sorted: Float64Array, value: number): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (sorted[middle]! <= value) low = middle + 1;
    else high = middle;
  }
  return low;
}

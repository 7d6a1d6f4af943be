/** The axes of a chart: kinds, limits, ticks and their texts. No pixels but lengths; no echarts. */
import type { Options, Range } from '../model/drawing';
import { isColumnLike } from './attributes';
import { type Extent, joined, valueExtent } from './extent';
import { type Writing, fillTemplate, formatNumber } from './format';
import { type Mark, gapOf } from './marks';
import { flagAt, numberAt, sizeAt, textAt } from './read';
import { alignedTicks, linearTicks, logTicks, multiples, roundStep, stepDecimals, timeLabel, timeTicks } from './ticks';

export type AxisKind = 'number' | 'time' | 'category' | 'log';

export interface Axis {
  readonly kind: AxisKind;
  readonly options: Options;
  readonly min: number;
  readonly max: number;
  readonly ticks: readonly number[];
  readonly labels: readonly string[];
  readonly reversed: boolean;
  readonly opposite: boolean;
  readonly visible: boolean;
  readonly title: string;
}

/** What x is, and how far it goes, before ticks are chosen. */
export interface Domain {
  readonly kind: AxisKind;
  readonly categories: readonly string[] | null;
  /** From the first to the last point; null when there is none. */
  readonly data: Extent | null;
  /** The same with the air that columns and dots have around them. */
  readonly whole: Extent | null;
  /** Distance of neighbouring columns. */
  readonly gap: number;
  /** Every x is a whole number: ticks between them would mean nothing. */
  readonly wholes: boolean;
  readonly notices: readonly string[];
}

export function domainOf(marks: readonly Mark[], options: Options, categories: readonly string[] | null): Domain {
  const notices: string[] = [];
  const kind = kindOf(marks, options, categories, notices);
  const columns = marks.filter((mark) => isColumnLike(mark.type) || mark.type === 'candlestick' || mark.type === 'ohlc');
  const gap = kind === 'category' ? 1 : gapOf(columns);
  let data: Extent | null = null;
  for (const mark of marks) data = joined(data, wholeOf(mark, kind));
  if (kind === 'category' && categories !== null) data = joined(data, [0, Math.max(categories.length - 1, 0)]);
  return { kind, categories, data, whole: data === null ? null : padded(data, kind, columns, gap, marks), gap, wholes: marks.length > 0 && marks.every(hasWholeX), notices };
}

function kindOf(marks: readonly Mark[], options: Options, categories: readonly string[] | null, notices: string[]): AxisKind {
  if (categories !== null) return 'category';
  const times = marks.filter((mark) => mark.series.attributes['xtype'] === 'datetime');
  const type = textAt(options, 'type');
  if (times.length > 0 && times.length < marks.length) {
    const plain = marks.find((mark) => mark.series.attributes['xtype'] !== 'datetime');
    notices.push(`“${times[0]!.series.name}” has times and “${plain!.series.name}” plain numbers on the same axis: the numbers are shown as milliseconds since 1970`);
  }
  if (type === 'logarithmic') return 'log';
  if (type === 'linear') return 'number';
  return type === 'datetime' || times.length > 0 ? 'time' : 'number';
}

/** The whole series, not only the window of it that is here. Named points count by their places. */
function wholeOf(mark: Mark, kind: AxisKind): Extent | null {
  const given = mark.series.extent.x;
  const moved = kind === 'category' && mark.labels !== null;
  if (given !== null && !moved && kind !== 'log') return [given[0], given[1]];
  let extent: Extent | null = null;
  for (const x of mark.x) if (!Number.isNaN(x) && (kind !== 'log' || x > 0)) extent = joined(extent, [x, x]);
  return extent;
}

function padded(data: Extent, kind: AxisKind, columns: readonly Mark[], gap: number, marks: readonly Mark[]): Extent {
  const [low, high] = data;
  if (kind === 'category') return [low - 0.5, high + 0.5];
  if (kind === 'log') return low === high ? [low / 2, high * 2] : [low, high];
  const day = 86_400_000;
  if (low === high) return kind === 'time' ? [low - day / 2, high + day / 2] : [low - 0.5, high + 0.5];
  const air = marks.some((mark) => mark.type === 'scatter') ? (high - low) * 0.02 : 0;
  let whole: Extent = [low - air, high + air];
  if (!Number.isFinite(gap)) return whole;
  for (const mark of columns) {
    const own = wholeOf(mark, kind);
    if (own !== null) whole = joined(whole, [own[0] - gap / 2, own[1] + gap / 2]) ?? whole;
  }
  return whole;
}

/** What of `domain` is shown: the zoom, else the axis' own limits, else everything. */
export function shownRange(domain: Domain, options: Options, range: Range | null): Extent {
  const whole = domain.whole ?? [0, 1];
  if (range !== null && range.to > range.from) return [range.from, range.to];
  const min = numberAt(options, 'min') ?? whole[0];
  const max = numberAt(options, 'max') ?? whole[1];
  return max > min ? [min, max] : whole;
}

/** The x axis over `length` pixels. `vertical`: it runs downwards, so that labels need less room. */
export function makeXAxis(domain: Domain, shown: Extent, options: Options, length: number, vertical: boolean, writing: Writing): Axis {
  const [min, max] = shown;
  const count = Math.max(length / sizeAt(vertical ? 48 : 96, 2000, options, 'tickPixelInterval'), 1);
  const interval = numberAt(options, 'tickInterval');
  let ticks: readonly number[];
  let step = 0;
  if (domain.kind === 'category') ticks = multiples(Math.ceil(min), Math.floor(max), Math.max(1, Math.round(interval ?? 1), Math.ceil((max - min) / 400)));
  else if (interval !== undefined && interval > 0 && domain.kind !== 'log') ticks = multiples(min, max, (step = Math.max(interval, (max - min) / 200)));
  else if (domain.kind === 'time') ticks = timeTicks(min, max, count, writing.clock).values;
  else if (domain.kind === 'log') ticks = logTicks(min, max, count).values;
  else ({ values: ticks, step } = linearTicks(min, max, count, flagAt(options, 'allowDecimals') === false || domain.wholes));
  if (domain.kind === 'category') ticks = ticks.filter((t) => domain.categories === null || (t >= 0 && t < domain.categories.length));
  return {
    kind: domain.kind, options, min, max, ticks, labels: ticks.map((t) => tickText(t, domain.kind, step, options, domain.categories, writing)),
    reversed: (flagAt(options, 'reversed') ?? false) !== vertical, opposite: flagAt(options, 'opposite') ?? false,
    visible: flagAt(options, 'visible') ?? true, title: textAt(options, 'title', 'text') ?? '',
  };
}

/** A few hundred of the mark's x are looked at. */
function hasWholeX({ x }: Mark): boolean {
  const stride = Math.max(1, Math.floor(x.length / 300));
  for (let i = 0; i < x.length; i += stride) if (!Number.isInteger(x[i])) return false;
  return true;
}

export interface YRequest {
  readonly options: Options;
  readonly marks: readonly Mark[];
  readonly shown: Extent;
  /** Distance of neighbouring columns. */
  readonly gap: number;
  readonly length: number;
  readonly vertical: boolean;
  readonly stock: boolean;
  readonly first: boolean;
  /** Intervals of the first axis, when this one shares its grid lines. */
  readonly intervals: number | null;
}

/** A y axis fitted to what its marks show. */
export function makeYAxis(request: YRequest, writing: Writing): Axis & { readonly intervals: number } {
  const { options, marks, shown, stock, first } = request;
  const log = textAt(options, 'type') === 'logarithmic';
  let extent: Extent | null = null;
  for (const mark of marks) {
    // A column whose middle lies outside the plot may still reach into it.
    const reach = isColumnLike(mark.type) && Number.isFinite(request.gap) ? request.gap / 2 : 0;
    extent = joined(extent, valueExtent(mark, shown[0] - reach, shown[1] + reach, log));
  }
  const percent = marks.length > 0 && marks.every((mark) => mark.stacking === 'percent');
  const limits = log ? logLimits(extent, options) : linearLimits(extent, percent, request);
  const count = tickCount(request);
  const ticks = log ? logTicks(limits.min, limits.max, count).values : multiples(limits.min, limits.max, limits.step);
  const kind: AxisKind = log ? 'log' : textAt(options, 'type') === 'datetime' ? 'time' : 'number';
  const suffix = percent && textAt(options, 'labels', 'format') === undefined ? '%' : '';
  return {
    kind, options, min: limits.min, max: limits.max, ticks, labels: ticks.map((t) => tickText(t, kind, limits.step, options, null, writing) + suffix),
    reversed: flagAt(options, 'reversed') ?? false, opposite: flagAt(options, 'opposite') ?? (stock ? first : !first),
    visible: flagAt(options, 'visible') ?? true, title: textAt(options, 'title', 'text') ?? '', intervals: Math.max(ticks.length - 1, 1),
  };
}

function tickCount(request: YRequest): number {
  const amount = numberAt(request.options, 'tickAmount');
  if (amount !== undefined && amount >= 2) return Math.min(amount, 100) - 1;
  return Math.max(request.length / sizeAt(request.vertical ? 56 : 96, 2000, request.options, 'tickPixelInterval'), 1);
}

function logLimits(extent: Extent | null, options: Options): { min: number; max: number; step: number } {
  const [low, high] = extent ?? [1, 10];
  const min = numberAt(options, 'min');
  const max = numberAt(options, 'max');
  const lowest = min !== undefined && min > 0 ? min : low === high ? low / 2 : low * 0.95;
  const highest = max !== undefined && max > lowest ? max : low === high ? high * 2 : high * 1.05;
  return { min: lowest, max: Math.max(highest, lowest * 1.000001), step: 0 };
}

function linearLimits(extent: Extent | null, percent: boolean, request: YRequest): { min: number; max: number; step: number } {
  const { options } = request;
  const min = numberAt(options, 'min');
  const max = numberAt(options, 'max');
  const [low, high] = percent ? [0, 100] : roomAround(extent ?? [0, 1], options);
  let from = min ?? low;
  let to = max ?? high;
  if (!(to > from)) [from, to] = min !== undefined ? [min, min + 1] : [to - 1, to];
  const amount = numberAt(options, 'tickAmount');
  const free = min === undefined && max === undefined && numberAt(options, 'tickInterval') === undefined;
  const intervals = amount !== undefined && amount >= 2 ? Math.min(amount, 100) - 1 : request.intervals;
  if (intervals !== null && free) return alignedTicks(from, to, intervals);
  const asked = numberAt(options, 'tickInterval');
  const step = asked !== undefined && asked > 0 ? Math.max(asked, (to - from) / 200) : roundStep((to - from) / tickCount(request), flagAt(options, 'allowDecimals') === false);
  const down = min === undefined && flagAt(options, 'startOnTick') !== false;
  const up = max === undefined && flagAt(options, 'endOnTick') !== false;
  return { min: down ? tidy(Math.floor(from / step + 1e-9) * step) : from, max: up ? tidy(Math.ceil(to / step - 1e-9) * step) : to, step };
}

function tidy(value: number): number {
  return Number(value.toPrecision(14));
}

/** A little air above and below, but none beyond zero where the data stay on one side of it. */
function roomAround([low, high]: Extent, options: Options): Extent {
  if (low === high) {
    const air = low === 0 ? 1 : Math.abs(low) * 0.1;
    return low === 0 ? [0, 1] : [low - air, high + air];
  }
  const span = high - low;
  const below = low - span * sizeAt(0.02, 10, options, 'minPadding');
  const above = high + span * sizeAt(0.02, 10, options, 'maxPadding');
  return [low >= 0 && below < 0 ? 0 : below, high <= 0 && above > 0 ? 0 : above];
}

function tickText(value: number, kind: AxisKind, step: number, options: Options, categories: readonly string[] | null, writing: Writing): string {
  const name = kind === 'category' ? categories?.[value] ?? String(value) : undefined;
  const format = textAt(options, 'labels', 'format');
  if (format !== undefined) return fillTemplate(writing, format, { value: name ?? value, text: name ?? value });
  if (name !== undefined) return name;
  if (kind === 'time') return timeLabel(writing.clock, writing.locale, value);
  const plain = kind === 'log' || step === 0 || step < 1e-6 || Math.abs(value) >= 1e15;
  return formatNumber(writing, value, plain ? {} : { decimals: stepDecimals(step) });
}

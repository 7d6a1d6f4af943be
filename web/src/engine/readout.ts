/** Samples said in words: the lines of a tooltip. */
import type { Options } from '../model/drawing';
import { candleColors } from './candles';
import { type Writing, fillTemplate, formatNumber } from './format';
import type { Mark } from './marks';
import type { Sample } from './nearest';
import type { Plan } from './plan';
import { isRecord, merge, numberAt, recordAt, textAt } from './read';
import { fieldsOf, formatTime } from './time';
import { timeFormatFor } from './ticks';

export interface Row {
  readonly color: string;
  readonly name: string;
  readonly value: string;
  /** More values, on a line of their own. */
  readonly details: string;
  /** Its own x, where that is not the header's. */
  readonly aside: string;
  /** A whole line from a template, instead of name and value. */
  readonly text: string | null;
}

export interface Readout {
  readonly header: string;
  readonly rows: readonly Row[];
  /** Samples that are not listed. */
  readonly more: number;
}

/** What is said of `samples`: at most `most`, those nearest to `py` (pixels). The first gives the header; rows keep the order of the marks. */
export function readoutOf(plan: Plan, samples: readonly Sample[], most: number, py: number): Readout | null {
  const anchor = samples[0];
  if (anchor === undefined) return null;
  const x = anchor.mark.x[anchor.index]!;
  const listed = samples.length <= most ? [...samples] : [...samples].sort((a, b) => Math.abs(a.py - py) - Math.abs(b.py - py)).slice(0, most);
  const rows = listed.sort((a, b) => a.mark.place - b.mark.place).map((sample) => rowOf(plan, sample, x));
  return { header: headerOf(plan, anchor), rows, more: samples.length - rows.length };
}

function tooltipOf(plan: Plan, mark: Mark): Options {
  return merge(recordAt(plan.settings.options, 'tooltip'), recordAt(mark.options, 'tooltip'));
}

function headerOf(plan: Plan, { mark, index }: Sample): string {
  const tooltip = tooltipOf(plan, mark);
  const key = mark.series.bins === null ? xText(plan, mark, index) : binText(plan, mark, index);
  const format = textAt(tooltip, 'headerFormat');
  if (format === undefined) return key;
  return fillTemplate(plan.writing, format, { series: { name: mark.series.name }, point: { x: mark.x[index], key, y: mark.own[index] } }).trim();
}

/** x as a name, a time as exact as the data need, or a number. */
export function xText(plan: Plan, mark: Mark, index: number): string {
  const x = mark.x[index]!;
  const { kind, categories } = plan.domain;
  if (kind === 'category') return categories?.[x] ?? mark.labels?.[index] ?? String(x);
  const label = mark.labels?.[index];
  const text = kind === 'time' ? formatTime(plan.writing.clock, plan.writing.locale, timeFormat(plan), x) : formatNumber(plan.writing, x);
  return label === undefined || label === '' ? text : `${label} (${text})`;
}

/** From where to where the points of a bin lie. */
function binText(plan: Plan, mark: Mark, index: number): string {
  const { x: [low, high], columns } = mark.series.bins!;
  const say = (x: number): string => (plan.domain.kind === 'time' ? formatTime(plan.writing.clock, plan.writing.locale, timeFormat(plan), x)
    : formatNumber(plan.writing, x, { decimals: undefined, most: Math.max(Math.ceil(-Math.log10((high - low) / columns)) + 1, 0) }));
  const middle = mark.x[index]!;
  const log = plan.domain.kind === 'log' && low > 0;
  const half = log ? (high / low) ** (0.5 / columns) : (high - low) / columns / 2;
  const [from, to] = (log ? [middle / half, middle * half] : [middle - half, middle + half]).map(say) as [string, string];
  return from === to ? from : `${from} – ${to}`;
}

const timeFormats = new WeakMap<Plan, string>();

function timeFormat(plan: Plan): string {
  const asked = textAt(plan.settings.options, 'tooltip', 'xDateFormat');
  if (asked !== undefined) return asked;
  const known = timeFormats.get(plan) ?? timeFormatFor(finestUnit(plan.marks, plan.writing));
  timeFormats.set(plan, known);
  return known;
}

/** The coarsest of day, minute, second and millisecond that all x (a few hundred looked at) are whole multiples of. */
function finestUnit(marks: readonly Mark[], writing: Writing): number {
  let unit = 86_400_000;
  for (const { x } of marks) {
    const stride = Math.max(1, Math.floor(x.length / 200));
    for (let i = 0; i < x.length; i += stride) {
      const f = fieldsOf(writing.clock, x[i]!);
      if (f.millisecond !== 0) return 1;
      if (f.second !== 0) unit = Math.min(unit, 1000);
      else if (f.hour !== 0 || f.minute !== 0) unit = Math.min(unit, 60_000);
    }
  }
  return unit;
}

function rowOf(plan: Plan, { mark, index }: Sample, headerX: number): Row {
  const tooltip = tooltipOf(plan, mark);
  const { writing } = plan;
  const decimals = numberAt(tooltip, 'valueDecimals');
  const most = decimalsThatCount(plan, mark);
  const say = (value: number): string => `${textAt(tooltip, 'valuePrefix') ?? ''}${formatNumber(writing, value, { decimals, most })}${textAt(tooltip, 'valueSuffix') ?? ''}`;
  const format = textAt(tooltip, 'pointFormat');
  const text = format === undefined ? null : fillTemplate(writing, format, scopeOf(mark, index, plan)).trim();
  const aside = mark.x[index] === headerX ? '' : xText(plan, mark, index);
  return { color: rowColor(plan, mark, index), name: mark.series.name, ...valueText(mark, index, say), aside, text };
}

function rowColor(plan: Plan, mark: Mark, index: number): string {
  if (mark.type !== 'candlestick' || mark.open === null) return mark.color;
  const { up, down } = candleColors(mark.options, plan.scene.stage.theme);
  return mark.y[index]! >= mark.open[index]! ? up : down;
}

/** Decimals below a hundred-thousandth of what the axis shows are dust. */
function decimalsThatCount(plan: Plan, mark: Mark): number | undefined {
  const axis = plan.yAxes[mark.yAxis]!;
  const span = axis.max - axis.min;
  return axis.kind === 'log' || !(span > 0) ? undefined : Math.max(Math.ceil(-Math.log10(span)) + 5, 0);
}

function valueText(mark: Mark, index: number, say: (value: number) => string): { value: string; details: string } {
  const { bins, columns } = mark.series;
  if (bins !== null && columns['count'] !== undefined) {
    const count = columns['count'][index]!;
    const half = (bins.y[1] - bins.y[0]) / bins.rows / 2;
    const [low, high] = [mark.y[index]! - half, mark.y[index]! + half];
    return { value: `${count.toLocaleString('en')} ${count === 1 ? 'point' : 'points'}`, details: `from ${say(low)} to ${say(high)}` };
  }
  if ((mark.type === 'candlestick' || mark.type === 'ohlc') && mark.open) {
    const [open, high, low, close] = [mark.open, mark.high!, mark.low!, mark.y].map((values) => say(values[index]!));
    return { value: close!, details: `open ${open}  high ${high}  low ${low}` };
  }
  if (mark.low && mark.high && (mark.type === 'arearange' || mark.type === 'columnrange')) return { value: `${say(mark.low[index]!)} – ${say(mark.high[index]!)}`, details: '' };
  return { value: say(mark.own[index]!), details: '' };
}

/** What a pointFormat can name: the record of the point, and what we know of it. */
function scopeOf(mark: Mark, index: number, plan: Plan): Options {
  const record = pointRecord(mark, index);
  const percentage = mark.stacking === 'percent' && mark.base ? mark.y[index]! - mark.base[index]! : undefined;
  const point: Options = {
    ...record, x: mark.x[index], y: mark.own[index], key: xText(plan, mark, index), name: mark.labels?.[index] ?? '', color: mark.color,
    ...(percentage === undefined ? {} : { percentage }),
    ...(mark.open ? { open: mark.open[index], close: mark.y[index] } : {}), ...(mark.low && mark.high ? { low: mark.low[index], high: mark.high[index] } : {}),
  };
  return { series: { name: mark.series.name, color: mark.color }, point };
}

function pointRecord(mark: Mark, index: number): Options {
  const text = mark.series.texts['point']?.[index];
  if (text === undefined) return {};
  try {
    const record: unknown = JSON.parse(text);
    return isRecord(record) ? record : {};
  } catch {
    return {};
  }
}

/** The readout as one text, for those who listen. */
export function spoken(readout: Readout): string {
  return [readout.header, ...readout.rows.map((row) => row.text ?? `${row.name} ${row.value}${row.details === '' ? '' : `, ${row.details}`}${row.aside === '' ? '' : ` (${row.aside})`}`)].join(', ');
}

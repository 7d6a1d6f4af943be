/** What one series is to look like: plotOptions.series, plotOptions.TYPE and its own attributes, merged in this order. */
import type { ChartSettings, Described, Kind, Options, SeriesWindow } from '../model/drawing';
import { merge, numberAt, recordAt, textAt } from './read';

export type DrawnType = 'line' | 'spline' | 'area' | 'areaspline' | 'arearange' | 'column' | 'columnrange' | 'bar' | 'pie' | 'scatter' | 'candlestick' | 'ohlc';

const TYPES: ReadonlySet<string> = new Set<DrawnType>(['line', 'spline', 'area', 'areaspline', 'arearange', 'column', 'columnrange', 'bar', 'pie', 'scatter', 'candlestick', 'ohlc']);

export function isDrawnType(value: unknown): value is DrawnType {
  return typeof value === 'string' && TYPES.has(value);
}

export const isLineLike = (type: DrawnType): boolean => type === 'line' || type === 'spline' || isArea(type);
export const isArea = (type: DrawnType): boolean => type === 'area' || type === 'areaspline';
export const isColumnLike = (type: DrawnType): boolean => type === 'column' || type === 'bar' || type === 'columnrange';
const isOhlc = (type: DrawnType): boolean => type === 'candlestick' || type === 'ohlc';
const isRange = (type: DrawnType): boolean => type === 'arearange' || type === 'columnrange';

/** The chart's own type, when it names one that we draw. */
export function chartType(options: Options): DrawnType | undefined {
  const type = textAt(options, 'chart', 'type');
  return isDrawnType(type) ? type : undefined;
}

/** The type that a series is drawn as. Its data decide where neither it nor the chart asks for one that fits them. */
export function drawnType(kind: Kind, own: unknown, plot: unknown, chart: DrawnType | undefined): DrawnType {
  const asked = isDrawnType(own) ? own : isDrawnType(plot) ? plot : undefined;
  if (kind === 'ohlc') {
    if (asked !== undefined) return isRange(asked) ? 'ohlc' : asked;
    return chart !== undefined && isOhlc(chart) ? chart : 'ohlc';
  }
  if (kind === 'range') {
    if (asked !== undefined && isRange(asked)) return asked;
    return chart === 'columnrange' || chart === 'column' || chart === 'bar' ? 'columnrange' : 'arearange';
  }
  const wanted = asked ?? chart ?? 'line';
  return isOhlc(wanted) || isRange(wanted) ? 'line' : wanted;
}

export interface Attributes {
  readonly type: DrawnType;
  /** Everything else, merged. */
  readonly options: Options;
}

/** What came of a series' attributes under given options: every drawing asks for it several times. */
const resolved = new WeakMap<Options, WeakMap<Options, Attributes & { readonly kind: Kind }>>();

export function resolveAttributes(series: Pick<Described, 'kind' | 'attributes'>, settings: ChartSettings): Attributes {
  const known = resolved.get(settings.options) ?? new WeakMap<Options, Attributes & { readonly kind: Kind }>();
  const before = known.get(series.attributes);
  if (before?.kind === series.kind) return before;
  const made = { ...resolve(series, settings), kind: series.kind };
  resolved.set(settings.options, known.set(series.attributes, made));
  return made;
}

function resolve(series: Pick<Described, 'kind' | 'attributes'>, settings: ChartSettings): Attributes {
  const plot = recordAt(settings.options, 'plotOptions');
  const general = recordAt(plot, 'series');
  const type = drawnType(series.kind, series.attributes['type'], general['type'], chartType(settings.options));
  return { type, options: merge(merge(general, recordAt(plot, type)), series.attributes) };
}

/** What the series asks for but its data cannot show. */
export function typeNotice(series: SeriesWindow, attributes: Attributes): string | null {
  const own = series.attributes['type'];
  if (!isDrawnType(own) || own === attributes.type || series.kind === 'empty') return null;
  return `“${series.name}” holds no data for type ${own}: it is drawn as ${attributes.type}`;
}

/** Dashes in multiples of the line's width, as canvas takes them. */
export function dashes(style: string | undefined, width: number): number[] {
  const patterns: Readonly<Record<string, readonly number[]>> = {
    dash: [4, 3], dot: [1, 3], dashdot: [4, 3, 1, 3], longdash: [8, 3], longdashdot: [8, 3, 1, 3], longdashdotdot: [8, 3, 1, 3, 1, 3],
    shortdash: [3, 1], shortdot: [1, 1], shortdashdot: [3, 1, 1, 1], shortdashdotdot: [3, 1, 1, 1, 1, 1],
  };
  const name = (style ?? 'solid').toLowerCase();
  return Object.hasOwn(patterns, name) ? patterns[name]!.map((d) => d * Math.max(width, 1)) : [];
}

/** The x of each point, where the window has none of its own. */
export function xOf(series: SeriesWindow): Float64Array {
  const x = series.columns['x'];
  if (x) return x;
  const length = Math.max(0, ...Object.values(series.columns).map((c) => c.length), series.texts['label']?.length ?? 0);
  const start = series.kind === 'named' ? 0 : numberAt(series.attributes, 'pointStart') ?? 0;
  const step = series.kind === 'named' ? 1 : numberAt(series.attributes, 'pointInterval') ?? 1;
  return Float64Array.from({ length }, (_, i) => start + i * step);
}

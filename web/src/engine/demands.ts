/** Which series stand on each other, which are drawn as points, and what of that the server has to know. */
import type { Bins, ChartSettings, Demands, Described, Options } from '../model/drawing';
import { type Attributes, isColumnLike, isLineLike, resolveAttributes } from './attributes';
import { numberAt, recordsAt, textAt } from './read';
import type { Stacking } from './stacking';

/** Device pixels of the plot along x and along the values. */
export interface PlotPixels {
  readonly columns: number;
  readonly rows: number;
}

const MOST_ROWS = 16_384;

export function stackingOf({ type, options }: Attributes): Stacking | null {
  const value = options['stacking'];
  const stackable = isColumnLike(type) ? type !== 'columnrange' : isLineLike(type);
  return stackable && (value === 'normal' || value === 'percent') ? value : null;
}

/** Series of one key stand on each other. */
export function stackKey(attributes: Attributes, yAxis: number): string {
  const { type, options } = attributes;
  const group = isColumnLike(type) ? 'columns' : type.replace('spline', '') || 'line';
  return `${group} ${yAxis} ${stackingOf(attributes) ?? ''} ${textAt(options, 'stack') ?? ''}`;
}

/** Place of the y axis that a series asks for; null where there is none such. */
export function axisOf({ options }: Attributes, axes: readonly Options[]): number | null {
  const wanted = options['yAxis'];
  if (wanted === undefined || wanted === null || wanted === 0) return 0;
  if (typeof wanted === 'number' && Number.isInteger(wanted) && wanted > 0 && wanted < axes.length) return wanted;
  const found = axes.findIndex((axis) => textAt(axis, 'id') === String(wanted));
  return found >= 0 ? found : null;
}

/** `series` are the visible ones, in order. */
export function demandsOf(series: readonly Described[], settings: ChartSettings, pixels: PlotPixels): Demands {
  const axes = recordsAt(settings.options, 'yAxis');
  const groups = new Map<string, string[]>();
  const points: string[] = [];
  const limits = new Set<string>();
  for (const one of series) {
    if (one.kind !== 'y' && one.kind !== 'xy') continue;
    const attributes = resolveAttributes(one, settings);
    const axis = axisOf(attributes, axes) ?? 0;
    if (attributes.type === 'scatter') {
      points.push(one.file);
      limits.add(JSON.stringify(limitsOf(axes[axis] ?? {})));
    } else if (stackingOf(attributes) === 'normal') {
      const key = stackKey(attributes, axis);
      groups.set(key, [...(groups.get(key) ?? []), one.file]);
    }
  }
  return { stacks: [...groups.values()].filter((files) => files.length > 1), bins: binsOf(points, [...limits], pixels) };
}

/** Limits of the values that all axes of points have in common; else each series has its own. */
function binsOf(points: readonly string[], limits: readonly string[], { columns, rows }: PlotPixels): Bins | null {
  if (points.length === 0) return null;
  const [low, high] = limits.length === 1 ? (JSON.parse(limits[0]!) as [number | null, number | null]) : [null, null];
  return { series: points, columns, rows: Math.min(Math.max(Math.round(rows), 1), MOST_ROWS), low, high };
}

function limitsOf(axis: Options): [number | null, number | null] {
  const [low, high] = [numberAt(axis, 'min') ?? null, numberAt(axis, 'max') ?? null];
  return low !== null && high !== null && !(high > low) ? [null, null] : [low, high];
}

/** Pies: slices of one series, several series side by side. */
import type { Options } from '../model/drawing';
import { fillTemplate, formatNumber } from './format';
import type { Mark } from './marks';
import type { Place, Plan } from './plan';
import { at, flagAt, lengthOf, numberAt, sizeAt, textAt } from './read';
import type { Readout } from './readout';

export interface Slice {
  readonly name: string;
  readonly value: number;
}

/** Slices smaller than all of these together are one. */
export const MOST_SLICES = 60;

/** Values above zero with their names; the least of very many as one slice. */
export function slicesOf(mark: Mark, categories: readonly string[] | null): Slice[] {
  const slices: Slice[] = [];
  for (let i = 0; i < mark.own.length; i++) {
    const value = mark.own[i]!;
    if (!(value > 0)) continue;
    const x = mark.x[i]!;
    slices.push({ name: mark.labels?.[i] ?? categories?.[x] ?? String(x), value });
  }
  if (slices.length <= MOST_SLICES) return slices;
  const largest = slices.map((s, i) => ({ s, i })).sort((a, b) => b.s.value - a.s.value);
  const kept = largest.slice(0, MOST_SLICES - 1).sort((a, b) => a.i - b.i).map(({ s }) => s);
  const rest = largest.slice(MOST_SLICES - 1);
  return [...kept, { name: `${rest.length} others`, value: rest.reduce((sum, { s }) => sum + s.value, 0) }];
}

/** Slices keep the order of the data, from startAngle (0: the top) clockwise. */
export function pieSeries(mark: Mark, index: number, plan: Plan, place: Place): Options {
  const { options } = mark;
  const { theme, palette } = plan.scene.stage;
  const slices = slicesOf(mark, plan.domain.categories);
  const column = place.width / plan.pies.length;
  const caption = captionHeight(plan);
  const largest = Math.max(Math.min(column, place.height - caption) - 24, 20);
  const named = flagAt(options, 'dataLabels', 'enabled') !== false;
  const diameter = lengthOf(at(options, 'size'), largest) ?? largest * (named ? 0.7 : 0.92);
  const hole = lengthOf(at(options, 'innerSize'), diameter) ?? 0;
  const format = textAt(options, 'dataLabels', 'format');
  const total = slices.reduce((sum, slice) => sum + slice.value, 0);
  return {
    type: 'pie', id: `pie ${index}`, name: mark.series.name, radius: [Math.min(hole, diameter) / 2, diameter / 2],
    center: [column * (index + 0.5), (place.height - caption) / 2], startAngle: 90 - (numberAt(options, 'startAngle') ?? 0), clockwise: true,
    z: 3, cursor: 'default', stillShowZeroSum: false, avoidLabelOverlap: true,
    itemStyle: { borderColor: textAt(options, 'borderColor') ?? theme.surface, borderWidth: sizeAt(1.5, 20, options, 'borderWidth'), borderRadius: sizeAt(3, 100, options, 'borderRadius') },
    label: {
      show: named, color: theme.text, fontSize: 12, overflow: 'truncate', width: Math.max((column - diameter) / 2 - 24, 60),
      formatter: (slice: { name: string; value: number }) => (format === undefined ? slice.name
        : fillTemplate(plan.writing, format, { series: { name: mark.series.name }, point: { name: slice.name, y: slice.value, percentage: (slice.value / total) * 100 } })),
    },
    labelLine: { lineStyle: { color: theme.line }, smooth: 0.2, length: 12, length2: 8 },
    emphasis: { scaleSize: 4, label: { fontWeight: 600 } },
    data: slices.map((slice, i) => ({ name: slice.name, value: slice.value, itemStyle: { color: palette[i % palette.length] } })),
  };
}

function captionHeight(plan: Plan): number {
  return plan.pies.length > 1 ? 26 : 0;
}

/** Several pies have their series' names below them. */
export function pieCaptions(plan: Plan, place: Place): Options[] {
  if (plan.pies.length < 2) return [];
  const column = place.width / plan.pies.length;
  return [{
    type: 'custom', id: 'captions', coordinateSystem: 'none', silent: true, animation: false, z: 4, data: plan.pies.map((_, i) => [i]),
    renderItem: (params: { dataIndex: number }) => ({
      type: 'text', silent: true,
      style: {
        text: plan.pies[params.dataIndex]!.series.name, x: column * (params.dataIndex + 0.5), y: place.height - captionHeight(plan), align: 'center', verticalAlign: 'middle',
        fill: plan.scene.stage.theme.text, fontSize: 13, fontWeight: 600, width: column - 16, overflow: 'truncate',
      },
    }),
  }];
}

/** What is said of slice `index`; null where there is none. */
export function sliceReadout(mark: Mark, index: number, plan: Plan): Readout | null {
  const slices = slicesOf(mark, plan.domain.categories);
  const slice = slices[index];
  if (slice === undefined) return null;
  const { palette } = plan.scene.stage;
  const row = { color: palette[index % palette.length] ?? mark.color, name: slice.name, value: sliceText(mark, slice, slices, plan), details: '', aside: '', text: null };
  return { header: mark.series.name, rows: [row], more: 0 };
}

function sliceText(mark: Mark, slice: Slice, slices: readonly Slice[], plan: Plan): string {
  const total = slices.reduce((sum, one) => sum + one.value, 0);
  const prefix = textAt(mark.options, 'tooltip', 'valuePrefix') ?? textAt(plan.settings.options, 'tooltip', 'valuePrefix') ?? '';
  const suffix = textAt(mark.options, 'tooltip', 'valueSuffix') ?? textAt(plan.settings.options, 'tooltip', 'valueSuffix') ?? '';
  const decimals = numberAt(mark.options, 'tooltip', 'valueDecimals') ?? numberAt(plan.settings.options, 'tooltip', 'valueDecimals');
  return `${prefix}${formatNumber(plan.writing, slice.value, { decimals })}${suffix} (${formatNumber(plan.writing, (slice.value / total) * 100, { decimals: 1 })}%)`;
}

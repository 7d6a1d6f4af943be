/** The one importer of echarts: axes, pies and the picture of the marks as an ECharts option. */
import { BarChart, BoxplotChart, CustomChart, HeatmapChart, LineChart, PieChart, ScatterChart } from 'echarts/charts';
import { GridComponent, MarkAreaComponent, MarkLineComponent, MarkPointComponent, VisualMapComponent } from 'echarts/components';
import * as echarts from 'echarts/core';
import { CanvasRenderer } from 'echarts/renderers';
import type { Options } from '../model/drawing';
import type { Axis } from './axes';
import { dashes } from './attributes';
import { BLEED } from './layer';
import { LONGEST_LABEL, LONGEST_TILTED, type Rect, besideOf, belowOf, hasLabels, scaleOf, strideOf } from './layout';
import { FONT, type Theme, cssPaint, theme } from './palette';
import { pieCaptions, pieSeries } from './pie';
import type { Place, Plan } from './plan';
import { at, flagAt, isRecord, merge, numberAt, recordAt, recordsAt, sizeAt, textAt } from './read';
import { toPixel } from './scale';

echarts.use([BarChart, BoxplotChart, CustomChart, HeatmapChart, LineChart, PieChart, ScatterChart, GridComponent, MarkAreaComponent, MarkLineComponent, MarkPointComponent, VisualMapComponent, CanvasRenderer]);

export type Chart = echarts.ECharts;

/** Size of axis labels in pixels. */
export const LABEL_SIZE = 12;

export function open(host: HTMLElement, ratio: number): Chart {
  return echarts.init(host, null, { renderer: 'canvas', devicePixelRatio: ratio });
}

/** Null as `picture`: it is shown by itself. The whole option of a plan, `engine` merged last: records member by member, its series added to ours. */
export function optionOf(plan: Plan, place: Place, picture: HTMLCanvasElement | null): Options {
  const { settings, swapped } = plan;
  const axes = plan.marks.length > 0 || plan.pies.length === 0;
  const xs = axes ? xAxisOptions(plan, place) : [];
  const ys = axes ? plan.yAxes.map((axis, i) => yAxisOption(plan, axis, i, place)) : [];
  const option: Options = {
    animation: flagAt(settings.options, 'chart', 'animation') === true,
    animationDuration: 400, animationDurationUpdate: 300,
    textStyle: { fontFamily: textAt(settings.options, 'chart', 'style', 'fontFamily') ?? FONT },
    ...(axes ? { grid: plan.scene.stage.panes.map((pane) => gridOption(pane, plan)), xAxis: swapped ? ys : xs, yAxis: swapped ? xs : ys } : {}),
    series: [...(axes && picture !== null ? [pictureSeries(plan, picture)] : []), ...plan.pies.map((pie, i) => pieSeries(pie, i, plan, place)), ...pieCaptions(plan, place)],
  };
  const extra = recordAt(settings.options, 'engine');
  const { series, ...rest } = extra;
  const merged = held(option, mergeLists(option, rest));
  const added = Array.isArray(series) ? series : isRecord(series) ? [series] : [];
  return { ...merged, series: [...(merged['series'] as unknown[]), ...added.filter(isRecord)] };
}

/** What the picture of the marks stands on: no option of the engine's may move it from under them. */
const HELD: Readonly<Record<string, readonly string[]>> = {
  grid: ['left', 'top', 'right', 'bottom', 'width', 'height', 'outerBoundsMode', 'containLabel'],
  xAxis: ['type', 'min', 'max', 'inverse', 'gridIndex', 'boundaryGap', 'containShape', 'scale'],
  yAxis: ['type', 'min', 'max', 'inverse', 'gridIndex', 'boundaryGap', 'containShape', 'scale'],
};

function held(own: Options, merged: Options): Options {
  const result = { ...merged };
  for (const [list, keys] of Object.entries(HELD)) {
    const [ours, theirs] = [own[list], merged[list]];
    if (!Array.isArray(ours) || !Array.isArray(theirs)) continue;
    result[list] = theirs.map((member: unknown, i) => {
      const original = ours[i] as Options | undefined;
      return original === undefined || !isRecord(member) ? member : { ...member, ...Object.fromEntries(keys.map((key) => [key, original[key]])) };
    });
  }
  return result;
}

/** Kinds of engine series that are not part of the page, by name. */
export function missingSeries(options: Options): string[] {
  const known = new Set(['bar', 'boxplot', 'custom', 'heatmap', 'line', 'pie', 'scatter']);
  return recordsAt(options, 'engine', 'series').map((one) => textAt(one, 'type') ?? 'none').filter((type) => !known.has(type))
    .map((type) => `engine.series: type ${type} is not part of this page (${[...known].join(', ')} are)`);
}

/** A record meant for a list of ours (xAxis, grid, …) is laid over its members, or over the first. */
function mergeLists(option: Options, extra: Options): Options {
  const merged = { ...option };
  for (const [key, value] of Object.entries(extra)) {
    const own = merged[key];
    if (key === '__proto__') continue;
    if (!Array.isArray(own)) merged[key] = isRecord(own) && isRecord(value) ? merge(own, value) : value;
    else if (isRecord(value)) merged[key] = own.map((member, i) => (i === 0 && isRecord(member) ? merge(member, value) : member));
    else if (Array.isArray(value)) {
      merged[key] = Array.from({ length: Math.max(own.length, value.length) }, (_, i) => {
        const [a, b] = [own[i] as unknown, value[i] as unknown];
        return isRecord(a) && isRecord(b) ? merge(a, b) : b ?? a;
      });
    }
  }
  return merged;
}

function pictureSeries(plan: Plan, picture: HTMLCanvasElement): Options {
  const { plot } = plan;
  const box = { x: plot.left - BLEED, y: plot.top - BLEED, width: plot.width + 2 * BLEED, height: plot.height + 2 * BLEED };
  return {
    type: 'custom', id: 'marks', coordinateSystem: 'none', silent: true, animation: false, z: 3, data: [[0]],
    renderItem: () => ({ type: 'image', style: { image: picture, ...box }, silent: true }),
  };
}

function gridOption(pane: Rect, plan: Plan): Options {
  const { options } = plan.settings;
  const border = sizeAt(0, 20, options, 'chart', 'plotBorderWidth');
  const background = at(options, 'chart', 'plotBackgroundColor');
  return {
    left: pane.left, top: pane.top, width: pane.width, height: pane.height, outerBoundsMode: 'none', containLabel: false,
    show: border > 0 || background !== undefined, borderWidth: border, borderColor: textAt(options, 'chart', 'plotBorderColor') ?? plan.scene.stage.theme.line,
    backgroundColor: engineColor(background),
  };
}

/** A colour or gradient as ECharts takes it. */
function engineColor(paint: unknown): unknown {
  if (typeof paint === 'string') return paint;
  if (!isRecord(paint) || !Array.isArray(paint['stops']) || cssPaint(paint) === '') return 'transparent';
  const line = isRecord(paint['linearGradient']) ? paint['linearGradient'] : {};
  const stops = paint['stops'].flatMap((s) => (Array.isArray(s) && typeof s[0] === 'number' && typeof s[1] === 'string' ? [{ offset: s[0], color: s[1] }] : []));
  return { type: 'linear', x: numberAt(line, 'x1') ?? 0, y: numberAt(line, 'y1') ?? 0, x2: numberAt(line, 'x2') ?? 0, y2: numberAt(line, 'y2') ?? 1, colorStops: stops };
}

/** One x axis for each pane; only the lowest shows its labels. */
function xAxisOptions(plan: Plan, place: Place): Options[] {
  const { xAxis, swapped, plot, scene, tilt } = plan;
  const { panes } = scene.stage;
  const edge = (pane: Rect): number => (swapped ? -pane.left : pane.top + pane.height);
  const labelled = panes.reduce((best, pane, i) => (edge(pane) > edge(panes[best]!) ? i : best), 0);
  const length = swapped ? plot.height : plot.width;
  const stride = swapped ? categoryStride(xAxis, length) : strideOf(xAxis, length, tilt, place.measure);
  return panes.map((_, i) => {
    const own = axisOption(xAxis, plan, { vertical: swapped, labels: i === labelled, stride, tilt, grid: 0, line: 1, tick: xAxis.kind === 'category' || i !== labelled ? 0 : 5, place, offset: 0 });
    return { ...own, gridIndex: i };
  });
}

function categoryStride(axis: Axis, length: number): number {
  return axis.kind === 'category' ? Math.max(1, Math.ceil(15 / (length / Math.max(axis.ticks.length, 1)))) : 1;
}

function yAxisOption(plan: Plan, axis: Axis, i: number, place: Place): Options {
  const first = i === 0 || plan.scene.stage.panes[i] !== plan.scene.stage.panes[0];
  const own = axisOption(axis, plan, { vertical: !plan.swapped, labels: true, stride: 1, tilt: 0, grid: first ? 1 : 0, line: 0, tick: 0, place, offset: plan.offsets[i]! });
  return { ...own, gridIndex: i };
}

interface AxisStyle {
  readonly vertical: boolean;
  readonly labels: boolean;
  readonly stride: number;
  readonly tilt: number;
  /** Widths and lengths where the options name none. */
  readonly grid: number;
  readonly line: number;
  readonly tick: number;
  readonly place: Place;
  readonly offset: number;
}

function axisOption(axis: Axis, plan: Plan, style: AxisStyle): Options {
  const { options } = axis;
  const colors = theme(plan.settings.dark);
  const inner = (v: number): number => (axis.kind === 'log' ? Math.log10(v) : v);
  const texts = new Map(axis.ticks.map((t, i) => [inner(t), axis.labels[i]!] as const));
  const labelled = axis.ticks.filter((_, i) => i % style.stride === 0).map(inner);
  const tick = sizeAt(style.tick, 100, options, 'tickLength');
  const grid = sizeAt(style.grid, 20, options, 'gridLineWidth');
  const line = sizeAt(style.line, 20, options, 'lineWidth');
  const room = (style.vertical ? besideOf : belowOf)({ ...axis, title: '' }, style.place.measure, style.tilt);
  return {
    type: 'value', show: axis.visible, min: inner(axis.min), max: inner(axis.max), inverse: axis.reversed, boundaryGap: false, containShape: false, offset: style.offset,
    position: style.vertical ? (axis.opposite ? 'right' : 'left') : axis.opposite ? 'top' : 'bottom', animation: false,
    name: style.labels ? axis.title : '', nameLocation: 'middle', nameGap: room + (style.vertical ? 6 : 4), nameRotate: style.vertical ? 90 : 0,
    nameTextStyle: textStyle(recordAt(options, 'title', 'style'), colors.muted, LABEL_SIZE), nameMoveOverlap: false,
    axisLine: { show: line > 0, onZero: false, lineStyle: { width: line, color: textAt(options, 'lineColor') ?? colors.line } },
    axisTick: { show: tick > 0, length: tick, lineStyle: { color: textAt(options, 'lineColor') ?? colors.line }, customValues: axis.ticks.map(inner) },
    minorTick: { show: false },
    splitLine: { show: grid > 0, showMinLine: true, showMaxLine: true, lineStyle: { width: grid, color: textAt(options, 'gridLineColor') ?? colors.grid, type: dashes(textAt(options, 'gridLineDashStyle'), 1) } },
    axisLabel: {
      show: style.labels && hasLabels(axis), customValues: labelled, formatter: (value: number) => texts.get(value) ?? '', rotate: -style.tilt, margin: 8,
      ...keptInside(axis, plan, style), hideOverlap: axis.kind !== 'category', showMinLabel: true, showMaxLabel: true, width: style.tilt === 0 ? LONGEST_LABEL : LONGEST_TILTED, overflow: 'truncate', ...labelStyle(axis, colors),
    },
    axisPointer: { show: false },
  };
}

/** The first and last label of a horizontal axis, moved inwards where the chart's edge would cut them. */
function keptInside(axis: Axis, { plot }: Plan, { vertical, tilt, place }: AxisStyle): Options {
  if (vertical || tilt !== 0 || axis.ticks.length === 0) return {};
  const scale = scaleOf(axis, plot, false);
  const ends = axis.ticks.map((tick, i) => ({ x: toPixel(scale, tick), half: Math.min(place.measure(axis.labels[i]!), LONGEST_LABEL) / 2 })).sort((a, b) => a.x - b.x);
  const [first, last] = [ends[0]!, ends.at(-1)!];
  const [low, high] = axis.reversed ? ['alignMaxLabel', 'alignMinLabel'] : ['alignMinLabel', 'alignMaxLabel'];
  return { ...(first.x - first.half < 0 ? { [low]: 'left' } : {}), ...(last.x + last.half > place.width ? { [high]: 'right' } : {}) };
}

function labelStyle(axis: Axis, colors: Theme): Options {
  return textStyle(recordAt(axis.options, 'labels', 'style'), colors.muted, LABEL_SIZE);
}

function textStyle(style: Options, color: string, size: number): Options {
  const asked = at(style, 'fontSize');
  const pixels = typeof asked === 'string' ? Number.parseFloat(asked) : asked;
  return {
    color: textAt(style, 'color') ?? color, fontSize: typeof pixels === 'number' && Number.isFinite(pixels) ? Math.min(Math.max(pixels, 4), 80) : size,
    ...(textAt(style, 'fontWeight') === undefined ? {} : { fontWeight: textAt(style, 'fontWeight') }),
    ...(textAt(style, 'fontFamily') === undefined ? {} : { fontFamily: textAt(style, 'fontFamily') }),
  };
}

/** Everything about a drawing that can be known before there is a pixel of it: marks, axes, places. No DOM, no echarts. */
import type { ChartSettings, Options, Range, SeriesWindow } from '../model/drawing';
import { chartType } from './attributes';
import { type Axis, type Domain, domainOf, makeXAxis, makeYAxis, shownRange } from './axes';
import type { Extent } from './extent';
import { type Writing, makeWriting } from './format';
import type { Scene } from './layer';
import { LONGEST_TILTED, type Measure, type Rect, besideOf, belowOf, paneOf, plotRect, scaleOf, spacing, tiltOf } from './layout';
import { type Mark, makeMarks } from './marks';
import { palette, theme } from './palette';
import { flagAt, recordsAt, textAt } from './read';

export interface Plan {
  readonly settings: ChartSettings;
  readonly marks: readonly Mark[];
  readonly pies: readonly Mark[];
  readonly domain: Domain;
  readonly shown: Extent;
  readonly swapped: boolean;
  readonly plot: Rect;
  readonly xAxis: Axis;
  readonly yAxes: readonly Axis[];
  /** Pixels between the plot and each y axis: axes of one side stand side by side. */
  readonly offsets: readonly number[];
  /** Angle of the labels of x, in degrees. */
  readonly tilt: number;
  readonly scene: Scene;
  readonly writing: Writing;
  readonly notices: readonly string[];
}

export interface Place {
  readonly width: number;
  readonly height: number;
  /** Device pixels per pixel. */
  readonly ratio: number;
  /** The person is moving the range. */
  readonly draft?: boolean;
  readonly measure: Measure;
}

/** Plans the drawing of the visible `series` in a box. */
export function planChart(series: readonly SeriesWindow[], settings: ChartSettings, range: Range | null, place: Place): Plan {
  const { options } = settings;
  const xOptions = recordsAt(options, 'xAxis')[0] ?? {};
  const given = recordsAt(options, 'yAxis');
  const yOptions = given.length > 0 ? given : [{}];
  const notices: string[] = [];
  const made = makeMarks(series, settings, xOptions, yOptions);
  const marks = made.marks.filter((mark) => mark.type !== 'pie');
  const pies = made.marks.filter((mark) => mark.type === 'pie');
  const swapped = flagAt(options, 'chart', 'inverted') === true || (chartType(options) === 'bar' && marks.length > 0) || marks.some((mark) => mark.type === 'bar');
  const writing = makeWriting(options, zoneOf(series), notices);
  const domain = domainOf(marks, xOptions, made.categories);
  const shown = shownRange(domain, xOptions, range);
  const frame = fitted({ settings, marks, domain, shown, swapped, xOptions, yOptions, writing, place });
  const panes = frame.yAxes.map((axis) => paneOf(frame.plot, axis.options, swapped));
  const scene: Scene = {
    plot: frame.plot, marks, xAxis: frame.xAxis, yAxes: frame.yAxes, writing,
    stage: {
      x: scaleOf(frame.xAxis, frame.plot, swapped), y: frame.yAxes.map((axis, i) => scaleOf(axis, panes[i]!, !swapped)), panes, shown, swapped,
      gap: domain.gap, ratio: place.ratio, draft: place.draft === true, theme: theme(settings.dark), palette: palette(settings),
    },
  };
  notices.push(...made.notices, ...domain.notices, ...reducedNotices(made.marks));
  return { settings, marks, pies, domain, shown, swapped, ...frame, scene, writing, notices };
}

function zoneOf(series: readonly SeriesWindow[]): string | undefined {
  for (const one of series) {
    const zone = textAt(one.attributes, 'timezone');
    if (zone !== undefined) return zone;
  }
  return undefined;
}

/** Kinds of drawing that need every point, given a reduced window. */
function reducedNotices(marks: readonly Mark[]): string[] {
  return marks.filter(({ type, series }) => !series.raw && series.bins === null && series.progress === null && (type === 'scatter' || type === 'pie')).map((mark) =>
    `“${mark.series.name}” has ${mark.series.count.toLocaleString('en')} points: drawn as ${mark.type}, only the outermost of each pixel are shown here; zoom in for all`);
}

interface Fitting {
  readonly settings: ChartSettings;
  readonly marks: readonly Mark[];
  readonly domain: Domain;
  readonly shown: Extent;
  readonly swapped: boolean;
  readonly xOptions: Options;
  readonly yOptions: readonly Options[];
  readonly writing: Writing;
  readonly place: Place;
}

interface Frame {
  readonly plot: Rect;
  readonly xAxis: Axis;
  readonly yAxes: readonly Axis[];
  readonly offsets: readonly number[];
  readonly tilt: number;
}

/** Ticks depend on the plot's size and the plot's size on their labels: the second round settles it. */
function fitted(fitting: Fitting): Frame {
  const { place, settings } = fitting;
  const edge = spacing(settings.options);
  let plot = plotRect(settings.options, place.width, place.height, { top: edge.top, right: edge.right + 40, bottom: edge.bottom + 24, left: edge.left + 40 });
  let frame = frameFor(fitting, plot);
  for (let round = 0; round < 2; round++) {
    plot = plotRect(settings.options, place.width, place.height, needed(fitting, frame));
    frame = frameFor(fitting, plot);
  }
  return frame;
}

function frameFor(fitting: Fitting, plot: Rect): Frame {
  const { marks, domain, shown, swapped, xOptions, yOptions, writing, settings, place } = fitting;
  const xLength = swapped ? plot.height : plot.width;
  const xAxis = makeXAxis(domain, shown, xOptions, xLength, swapped, writing);
  const yAxes: Axis[] = [];
  let intervals: number | null = null;
  yOptions.forEach((options, i) => {
    const pane = paneOf(plot, options, swapped);
    const shares = i > 0 && pane === plot;
    const axis = makeYAxis({
      options, marks: marks.filter((mark) => mark.yAxis === i), shown, gap: domain.gap, length: swapped ? pane.width : pane.height, vertical: !swapped,
      stock: settings.stock, first: i === 0 || !shares, intervals: shares ? intervals : null,
    }, writing);
    if (i === 0 && pane === plot) intervals = axis.intervals;
    yAxes.push(axis);
  });
  const sides = { near: 0, far: 0 };
  const offsets = yAxes.map((axis, i) => {
    if (paneOf(plot, axis.options, swapped) !== plot && i > 0) return 0;
    const side = axis.opposite ? 'far' : 'near';
    const offset = sides[side];
    sides[side] += sizeBeside(axis, swapped, place.measure) + (sides[side] > 0 ? 6 : 0);
    return offset;
  });
  return { plot, xAxis, yAxes, offsets, tilt: swapped ? 0 : tiltOf(xAxis, xLength, place.measure) };
}

function sizeBeside(axis: Axis, swapped: boolean, measure: Measure): number {
  return swapped ? belowOf(axis, measure, 0) : besideOf(axis, measure);
}

/** Room around the plot for all labels. */
function needed(fitting: Fitting, frame: Frame): { top: number; right: number; bottom: number; left: number } {
  const { swapped, place, settings } = fitting;
  const { xAxis, yAxes, offsets, tilt } = frame;
  const edge = spacing(settings.options);
  const reach = (opposite: boolean): number => Math.max(0, ...yAxes.map((axis, i) => (axis.opposite === opposite ? offsets[i]! + sizeBeside(axis, swapped, place.measure) : 0)));
  const xRoom = swapped ? besideOf(xAxis, place.measure) : belowOf(xAxis, place.measure, tilt);
  const [near, far] = xAxis.opposite ? [0, xRoom] : [xRoom, 0];
  // Half a label may reach over the plot's edge where no axis stands.
  if (swapped) return { top: edge.top + Math.max(reach(true), 2), right: edge.right + Math.max(far, 14), bottom: edge.bottom + Math.max(reach(false), 4), left: edge.left + near };
  return { top: edge.top + Math.max(far, 4), right: edge.right + Math.max(reach(true), 6), bottom: edge.bottom + near, left: edge.left + Math.max(reach(false), tiltedReach(frame, place.measure), 6) };
}

/** How far the first tilted label reaches beyond the plot. */
function tiltedReach({ xAxis, plot, tilt }: Frame, measure: Measure): number {
  if (tilt >= 0 || xAxis.labels.length === 0) return 0;
  const width = Math.min(measure(xAxis.labels[0]!), LONGEST_TILTED) * Math.cos((tilt * Math.PI) / 180);
  return width - plot.width / xAxis.labels.length / 2;
}

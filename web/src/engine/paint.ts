/** Draws one mark with a pen: chooses the drawing, its colours and its pixels. */
import { dashes, isArea, isColumnLike, isLineLike } from './attributes';
import { candleColors, drawCandlesticks, drawOhlc } from './candles';
import { type Columns, fillColumn, fillColumns, placeOf } from './columns';
import { drawDensity } from './density';
import { type Draft, type Line, opaqueColor } from './draft';
import { thresholdOf } from './extent';
import type { Rect } from './layout';
import { type Shape, type Track, fillArea, fillBetween, strokeLine } from './lines';
import { type Mark, indicesWithin } from './marks';
import { type Theme, paintOf, withAlpha } from './palette';
import type { Pen } from './pen';
import { drawPoints, symbolOf } from './points';
import { at, flagAt, numberAt, sizeAt, textAt } from './read';
import { type Scale, factorOf, pixelsOf, toPixel } from './scale';

/** Where and how marks are drawn. */
export interface Stage {
  readonly x: Scale;
  readonly y: readonly Scale[];
  /** The pane of each y axis. */
  readonly panes: readonly Rect[];
  /** x in units of the axis that are looked at. */
  readonly shown: readonly [number, number];
  readonly swapped: boolean;
  /** Distance of neighbouring columns, in units of x. */
  readonly gap: number;
  /** Device pixels per pixel. */
  readonly ratio: number;
  /** The person is moving the range: the next picture follows at once. */
  readonly draft: boolean;
  readonly theme: Theme;
  readonly palette: readonly string[];
}

/** Lines of fewer vertices are stroked in no time. */
const FEW = 200;

/** Pixels that a point needs to be marked by itself. */
const MARKED_FROM = 28;

/** Whether the mark is a plain line, which a draft can hold. */
export function isDraftable(mark: Mark, stage: Stage): boolean {
  if (!stage.draft || stage.swapped || !isLineLike(mark.type) || isArea(mark.type) || mark.base !== null || mark.series.bins !== null || shapeOf(mark) !== 'straight') return false;
  if (flagAt(mark.options, 'connectNulls') === true || dashes(textAt(mark.options, 'dashStyle'), 1).length > 0 || (numberAt(mark.options, 'opacity') ?? 1) < 1) return false;
  const [start, end] = indicesWithin(mark, stage.shown[0], stage.shown[1]);
  return end - start >= FEW && flagAt(mark.options, 'marker', 'enabled') !== true && opaqueColor(mark.color) !== null;
}

export function draftMark(draft: Draft, mark: Mark, stage: Stage): void {
  const [start, end] = indicesWithin(mark, stage.shown[0], stage.shown[1]);
  const [width, color] = [sizeAt(2, 100, mark.options, 'lineWidth'), opaqueColor(mark.color)!];
  const scale = stage.y[mark.yAxis]!;
  const plain = { start, end, shape: 'straight', swapped: false } as const;
  if (stage.x.log || scale.log) draft.line({ ...pixels(mark, mark.y, stage), ...plain }, width, color);
  else draft.line({ u: mark.x, v: mark.y, ...plain }, width, color, lineOf(stage.x), lineOf(scale));
}

function lineOf(scale: Scale): Line {
  return { least: scale.min, factor: factorOf(scale), start: scale.start };
}

export function drawMark(pen: Pen, mark: Mark, stage: Stage): void {
  const [start, end] = indicesWithin(mark, stage.shown[0], stage.shown[1]);
  if (end <= start) return;
  pen.save();
  pen.globalAlpha = Math.min(Math.max(numberAt(mark.options, 'opacity') ?? 1, 0), 1);
  if (mark.series.bins !== null) drawDensity(pen, mark, stage);
  else if (isColumnLike(mark.type)) columns(pen, mark, stage, start, end);
  else if ((mark.type === 'candlestick' || mark.type === 'ohlc') && mark.open) candles(pen, mark, stage, start, end);
  else if (mark.type === 'arearange' && mark.low && mark.high) ranges(pen, mark, stage, start, end);
  else if (mark.type === 'scatter') markers(pen, mark, stage, start, end);
  else line(pen, mark, stage, start, end);
  pen.restore();
}

/** Pixels of the mark along both axes. */
function pixels(mark: Mark, values: Float64Array, stage: Stage): { u: Float64Array; v: Float64Array } {
  return { u: pixelsOf(stage.x, mark.x), v: pixelsOf(stage.y[mark.yAxis]!, values) };
}

function shapeOf(mark: Mark): Shape {
  const step = at(mark.options, 'step');
  if (step === true || step === 'left') return 'left';
  if (step === 'center' || step === 'right') return step;
  const smooth = mark.type === 'spline' || mark.type === 'areaspline';
  return smooth && mark.series.raw && mark.sorted ? 'spline' : 'straight';
}

function line(pen: Pen, mark: Mark, stage: Stage, start: number, end: number): void {
  const { u, v } = pixels(mark, mark.y, stage);
  const whole: Track = { u, v, start, end, shape: shapeOf(mark), swapped: stage.swapped };
  const base = isArea(mark.type) || mark.base !== null ? baseOf(mark, stage) : null;
  const joined = flagAt(mark.options, 'connectNulls') === true && mark.base === null;
  const track = joined ? withoutGaps(whole) : whole;
  clipTo(pen, stage.panes[mark.yAxis]!, 1);
  if (isArea(mark.type) && base !== null) {
    const paint = areaPaint(pen, mark, stage, base, v, start, end);
    if (mark.under !== null) fillBetween(pen, track, { u: pixelsOf(stage.x, mark.under.x), v: pixelsOf(stage.y[mark.yAxis]!, mark.under.y) }, paint);
    else fillArea(pen, track, base, paint);
  }
  const width = sizeAt(2, 100, mark.options, 'lineWidth');
  const opaque = (numberAt(mark.options, 'opacity') ?? 1) >= 1 && opaqueColor(mark.color) !== null;
  strokeLine(pen, track, { color: mark.color, width, dash: dashes(textAt(mark.options, 'dashStyle'), width), opaque });
  pen.restore();
  if (wantsMarkers(mark, u, start, end)) markers(pen, mark, stage, start, end);
}

/** Leaves a clip that pen.restore() ends. Lines that run along the pane's edge keep their full width. */
function clipTo(pen: Pen, pane: Rect, air: number): void {
  pen.save();
  pen.beginPath();
  pen.rect(pane.left, pane.top - air, pane.width, pane.height + 2 * air);
  pen.clip();
}

/** Pixel where areas and columns begin. */
function baseOf(mark: Mark, stage: Stage): number | Float64Array {
  const scale = stage.y[mark.yAxis]!;
  if (mark.base !== null) return pixelsOf(scale, mark.base);
  const threshold = thresholdOf(mark);
  if (threshold === null || (scale.log && threshold <= 0)) return scale.start;
  return toPixel(scale, threshold);
}

function withoutGaps(track: Track): Track {
  const kept: number[] = [];
  for (let i = track.start; i < track.end; i++) if (!Number.isNaN(track.v[i]!)) kept.push(i);
  const pick = (values: Float64Array): Float64Array => Float64Array.from(kept, (i) => values[i]!);
  return { ...track, u: pick(track.u), v: pick(track.v), start: 0, end: kept.length };
}

/** Strongest at the line, fading towards the base; plain where areas stand on each other. */
function areaPaint(pen: Pen, mark: Mark, stage: Stage, base: number | Float64Array, v: Float64Array, start: number, end: number): string | CanvasGradient {
  const pane = stage.panes[mark.yAxis]!;
  const own = paintOf(pen, at(mark.options, 'fillColor'), pane.width, pane.height);
  if (own !== undefined) return own;
  const asked = numberAt(mark.options, 'fillOpacity');
  if (typeof base !== 'number' || mark.stacking !== null) return withAlpha(mark.color, asked ?? 0.75);
  if (asked !== undefined) return withAlpha(mark.color, Math.min(Math.max(asked, 0), 1));
  let low = base;
  let high = base;
  for (let i = start; i < end; i++) {
    if (v[i]! < low) low = v[i]!;
    if (v[i]! > high) high = v[i]!;
  }
  if (high - low < 1 || !Number.isFinite(high - low)) return withAlpha(mark.color, 0.3);
  const gradient = stage.swapped ? pen.createLinearGradient(low, 0, high, 0) : pen.createLinearGradient(0, low, 0, high);
  const zero = (base - low) / (high - low);
  try {
    if (low < base) gradient.addColorStop(0, withAlpha(mark.color, 0.38));
    gradient.addColorStop(zero, withAlpha(mark.color, 0.04));
    if (high > base) gradient.addColorStop(1, withAlpha(mark.color, 0.38));
  } catch {
    return 'transparent'; // the colour is none; the page has been told
  }
  return gradient;
}

function wantsMarkers(mark: Mark, u: Float64Array, start: number, end: number): boolean {
  const asked = flagAt(mark.options, 'marker', 'enabled');
  if (asked !== undefined) return asked;
  if (!mark.series.raw || !mark.sorted || end - start < 1) return false;
  return end - start === 1 || Math.abs(u[end - 1]! - u[start]!) / (end - start - 1) >= MARKED_FROM;
}

function markers(pen: Pen, mark: Mark, stage: Stage, start: number, end: number): void {
  const { u, v } = pixels(mark, mark.y, stage);
  const [x, y] = stage.swapped ? [v, u] : [u, v];
  const pane = stage.panes[mark.yAxis]!;
  const scatter = mark.type === 'scatter';
  const marker = (name: string): string | undefined => textAt(mark.options, 'marker', name);
  drawPoints(pen, {
    x, y, start, end, symbol: symbolOf(at(mark.options, 'marker', 'symbol')), radius: sizeAt(scatter ? 3.5 : 3, 100, mark.options, 'marker', 'radius'),
    fill: marker('fillColor') ?? (scatter ? withAlpha(mark.color, 0.7) : mark.color),
    line: { color: marker('lineColor') ?? mark.color, width: sizeAt(0, 20, mark.options, 'marker', 'lineWidth') },
  }, (px, py) => px >= pane.left - 0.5 && px <= pane.left + pane.width + 0.5 && py >= pane.top - 0.5 && py <= pane.top + pane.height + 0.5);
}

/** Pixels between neighbouring columns; of a reduced window as many as one point of the whole series has. */
function roomOf(mark: Mark, stage: Stage): number {
  const extent = mark.series.extent.x;
  const even = extent !== null && mark.series.count > 1 ? (extent[1] - extent[0]) / (mark.series.count - 1) : stage.gap;
  const gap = mark.series.raw && Number.isFinite(stage.gap) ? stage.gap : Math.min(even, stage.gap);
  if (!Number.isFinite(gap) || gap <= 0) return 60;
  return stage.x.log ? 12 : Math.abs(factorOf(stage.x)) * gap;
}

/** The columns of a mark in pixels: also what the pointer is compared with. */
export function columnsOf(mark: Mark, stage: Stage, start: number, end: number): Columns {
  const { options } = mark;
  const ranged = mark.type === 'columnrange' && mark.low !== null && mark.high !== null;
  const { u, v } = pixels(mark, ranged ? mark.high! : mark.y, stage);
  const place = placeOf({
    room: roomOf(mark, stage), index: mark.slot.index, of: mark.slot.of, groupPadding: sizeAt(0.15, 0.5, options, 'groupPadding'),
    pointPadding: sizeAt(0.05, 0.5, options, 'pointPadding'), pointWidth: numberAt(options, 'pointWidth'),
    maxPointWidth: Math.max(sizeAt(90, 10_000, options, 'maxPointWidth'), 1), thinnest: 1 / stage.ratio,
  });
  const base = ranged ? pixelsOf(stage.y[mark.yAxis]!, mark.low!) : baseOf(mark, stage);
  const radius = ranged || mark.stacking !== null ? 0 : 3;
  return { u, v, base, start, end, swapped: stage.swapped, place, radius: sizeAt(radius, 100, options, 'borderRadius'), ratio: stage.ratio };
}

function columns(pen: Pen, mark: Mark, stage: Stage, start: number, end: number): void {
  clipTo(pen, stage.panes[mark.yAxis]!, 0);
  const set = columnsOf(mark, stage, start, end);
  const border = { width: sizeAt(0, 20, mark.options, 'borderWidth'), color: textAt(mark.options, 'borderColor') ?? stage.theme.surface };
  if (flagAt(mark.options, 'colorByPoint') === true && stage.palette.length > 0) {
    for (let i = start; i < end; i++) fillColumn(pen, set, i, stage.palette[i % stage.palette.length]!);
  } else fillColumns(pen, set, mark.color, border);
  pen.restore();
}

function candles(pen: Pen, mark: Mark, stage: Stage, start: number, end: number): void {
  const scale = stage.y[mark.yAxis]!;
  const open = mark.open!;
  const close = mark.y;
  clipTo(pen, stage.panes[mark.yAxis]!, 0);
  const set = {
    u: pixelsOf(stage.x, mark.x), open: pixelsOf(scale, open), high: pixelsOf(scale, mark.high ?? close), low: pixelsOf(scale, mark.low ?? close),
    close: pixelsOf(scale, close), start, end, swapped: stage.swapped, room: roomOf(mark, stage), ratio: stage.ratio,
    rising: (i: number): boolean | null => (Number.isNaN(open[i]! + close[i]!) ? null : close[i]! >= open[i]!),
  };
  const up = textAt(mark.options, 'upColor');
  const down = textAt(mark.options, 'downColor');
  if (mark.type === 'candlestick') drawCandlesticks(pen, set, candleColors(mark.options, stage.theme));
  else drawOhlc(pen, set, { up: up ?? mark.color, down: down ?? mark.color }, sizeAt(1.5, 100, mark.options, 'lineWidth'));
  pen.restore();
}

function ranges(pen: Pen, mark: Mark, stage: Stage, start: number, end: number): void {
  const scale = stage.y[mark.yAxis]!;
  clipTo(pen, stage.panes[mark.yAxis]!, 1);
  const low = pixelsOf(scale, mark.low!);
  const track: Track = { u: pixelsOf(stage.x, mark.x), v: pixelsOf(scale, mark.high!), start, end, shape: shapeOf(mark), swapped: stage.swapped };
  const pane = stage.panes[mark.yAxis]!;
  const opacity = Math.min(Math.max(numberAt(mark.options, 'fillOpacity') ?? 0.3, 0), 1);
  fillArea(pen, track, low, paintOf(pen, at(mark.options, 'fillColor'), pane.width, pane.height) ?? withAlpha(mark.color, opacity));
  const width = sizeAt(1, 100, mark.options, 'lineWidth');
  const stroke = { color: mark.color, width, dash: dashes(textAt(mark.options, 'dashStyle'), width) };
  strokeLine(pen, track, stroke);
  strokeLine(pen, { ...track, v: low }, stroke);
  pen.restore();
}

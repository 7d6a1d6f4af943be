/** plotLines, plotBands and dataLabels: what is drawn below and above the marks. */
import type { Options } from '../model/drawing';
import { dashes, isColumnLike } from './attributes';
import type { Axis } from './axes';
import { type Writing, fillTemplate } from './format';
import type { Rect } from './layout';
import { type Mark, indicesWithin } from './marks';
import { FONT } from './palette';
import { type Stage, columnsOf } from './paint';
import type { Pen } from './pen';
import { flagAt, numberAt, recordsAt, sizeAt, textAt } from './read';
import { type Scale, toPixel } from './scale';

/** Bands and lines with a zIndex of 4 or more stand above the series. */
const ABOVE = 4;
const MOST = 500;

export function drawBands(pen: Pen, axis: Axis, scale: Scale, pane: Rect, vertical: boolean, above: boolean, stage: Stage): void {
  const wanted = (o: Options): boolean => ((numberAt(o, 'zIndex') ?? 0) >= ABOVE) === above;
  pen.save();
  pen.beginPath();
  pen.rect(pane.left, pane.top, pane.width, pane.height);
  pen.clip();
  for (const band of recordsAt(axis.options, 'plotBands').filter(wanted).slice(0, MOST)) {
    const from = numberAt(band, 'from');
    const to = numberAt(band, 'to');
    if (from === undefined || to === undefined) continue;
    const [a, b] = [toPixel(scale, from), toPixel(scale, to)].sort((p, q) => p - q) as [number, number];
    pen.fillStyle = stage.theme.shade;
    pen.fillStyle = textAt(band, 'color') ?? stage.theme.shade;
    pen.beginPath();
    if (vertical) pen.rect(pane.left, a, pane.width, b - a);
    else pen.rect(a, pane.top, b - a, pane.height);
    pen.fill();
    label(pen, band, a, b, pane, vertical, stage);
  }
  for (const line of recordsAt(axis.options, 'plotLines').filter(wanted).slice(0, MOST)) {
    const value = numberAt(line, 'value');
    if (value === undefined) continue;
    const pixel = toPixel(scale, value);
    const width = sizeAt(1, 100, line, 'width');
    pen.strokeStyle = stage.theme.muted;
    pen.strokeStyle = textAt(line, 'color') ?? stage.theme.muted;
    pen.lineWidth = width;
    pen.setLineDash(dashes(textAt(line, 'dashStyle'), width));
    pen.beginPath();
    pen.moveTo(vertical ? pane.left : pixel, vertical ? pixel : pane.top);
    pen.lineTo(vertical ? pane.left + pane.width : pixel, vertical ? pixel : pane.top + pane.height);
    if (width > 0) pen.stroke();
    pen.setLineDash([]);
    label(pen, line, pixel, pixel, pane, vertical, stage);
  }
  pen.restore();
}

function label(pen: Pen, owner: Options, a: number, b: number, pane: Rect, vertical: boolean, stage: Stage): void {
  const text = textAt(owner, 'label', 'text');
  if (text === undefined || text === '') return;
  pen.font = `${sizeAt(11, 60, owner, 'label', 'style', 'fontSize')}px ${FONT}`;
  pen.fillStyle = stage.theme.muted;
  pen.fillStyle = textAt(owner, 'label', 'style', 'color') ?? stage.theme.muted;
  pen.textAlign = vertical ? 'left' : 'center';
  if (!vertical && a === b) pen.textAlign = 'left';
  pen.textBaseline = vertical && a === b ? 'bottom' : 'top';
  if (vertical) pen.fillText(text, pane.left + 6, a === b ? a - 3 : Math.max(a, pane.top) + 4);
  else pen.fillText(text, a === b ? a + 5 : (a + b) / 2, pane.top + 5);
}

/** Values beside points, left out where they would cover each other. */
export function drawDataLabels(pen: Pen, marks: readonly Mark[], stage: Stage, writing: Writing): void {
  const taken: Rect[] = [];
  for (const mark of marks) {
    if (mark.type === 'pie' || flagAt(mark.options, 'dataLabels', 'enabled') !== true) continue;
    pen.font = `${sizeAt(11, 60, mark.options, 'dataLabels', 'style', 'fontSize')}px ${FONT}`;
    pen.fillStyle = stage.theme.text;
    pen.fillStyle = textAt(mark.options, 'dataLabels', 'style', 'color') ?? stage.theme.text;
    const format = textAt(mark.options, 'dataLabels', 'format') ?? '{point.y}';
    const [start, end] = indicesWithin(mark, stage.shown[0], stage.shown[1]);
    const offset = isColumnLike(mark.type) ? columnsOf(mark, stage, start, start).place.offset : 0;
    for (let i = start; i < end && taken.length < MOST; i++) labelPoint(pen, mark, i, offset, format, stage, writing, taken);
  }
}

function labelPoint(pen: Pen, mark: Mark, i: number, offset: number, format: string, stage: Stage, writing: Writing, taken: Rect[]): void {
  const u = toPixel(stage.x, mark.x[i]!) + offset;
  const v = toPixel(stage.y[mark.yAxis]!, mark.y[i]!);
  const pane = stage.panes[mark.yAxis]!;
  const [x, y] = stage.swapped ? [v, u] : [u, v];
  if (!(x >= pane.left && x <= pane.left + pane.width && y >= pane.top - 1 && y <= pane.top + pane.height + 1)) return;
  const name = mark.labels?.[i] ?? '';
  const text = fillTemplate(writing, format, { series: { name: mark.series.name }, point: { x: mark.x[i], y: mark.own[i], name } });
  const width = pen.measureText(text).width;
  const below = isColumnLike(mark.type) && mark.own[i]! < 0;
  const box: Rect = stage.swapped
    ? { left: below ? x - 5 - width : x + 5, top: y - 7, width, height: 14 }
    : { left: x - width / 2, top: below ? y + 4 : Math.max(y - 19, pane.top), width, height: 14 };
  if (taken.some((t) => box.left < t.left + t.width && t.left < box.left + box.width && box.top < t.top + t.height && t.top < box.top + box.height)) return;
  taken.push(box);
  pen.textAlign = 'left';
  pen.textBaseline = 'top';
  pen.fillText(text, box.left, box.top + 1);
}


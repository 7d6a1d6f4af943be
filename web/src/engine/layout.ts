/** Where everything stands in the chart's box: the plot, its panes, and room for labels. Pixels of the page. */
import type { Options } from '../model/drawing';
import type { Axis } from './axes';
import { at, flagAt, lengthOf, listAt, numberAt, sizeAt } from './read';
import type { Scale } from './scale';

export interface Rect {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

/** Width of a text in the axes' font. */
export type Measure = (text: string) => number;

export interface Sides {
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
  readonly left: number;
}

const LABEL_GAP = 8;
const LINE_HEIGHT = 16;
/** Longest category name that is written in full, in pixels. */
export const LONGEST_LABEL = 150;
/** The same where names are tilted. */
export const LONGEST_TILTED = 130;

export const hasLabels = (axis: Axis): boolean => axis.visible && flagAt(axis.options, 'labels', 'enabled') !== false;

/** Room that a vertical axis needs beside the plot. */
export function besideOf(axis: Axis, measure: Measure): number {
  if (!axis.visible) return 0;
  const widest = hasLabels(axis) ? Math.max(0, ...axis.labels.map(measure)) : 0;
  const labels = widest > 0 ? Math.min(widest, LONGEST_LABEL) + LABEL_GAP + 2 : 0;
  // Steps of four pixels keep the plot from shaking while values change.
  return Math.ceil(labels / 4) * 4 + (axis.title === '' ? 0 : LINE_HEIGHT + 6);
}

/** Room that a horizontal axis needs below the plot; `tilt` is the angle of its labels in degrees. */
export function belowOf(axis: Axis, measure: Measure, tilt: number): number {
  if (!axis.visible) return 0;
  const widest = hasLabels(axis) ? Math.min(Math.max(0, ...axis.labels.map(measure)), tilt === 0 ? LONGEST_LABEL : LONGEST_TILTED) : 0;
  const angle = (Math.abs(tilt) * Math.PI) / 180;
  const labels = hasLabels(axis) ? LABEL_GAP + Math.ceil(widest * Math.sin(angle) + LINE_HEIGHT * Math.cos(angle)) : 0;
  return labels + (axis.title === '' ? 0 : LINE_HEIGHT + 6);
}

/** Angle at which the labels of a horizontal category axis fit: flat, tilted, or flat with some left out. */
export function tiltOf(axis: Axis, length: number, measure: Measure): number {
  const asked = numberAt(axis.options, 'labels', 'rotation');
  if (asked !== undefined) return Math.min(Math.max(asked, -90), 90);
  if (axis.kind !== 'category' || axis.ticks.length < 2) return 0;
  const room = length / axis.ticks.length;
  const widest = Math.max(0, ...axis.labels.map(measure));
  return widest + 8 > room && room >= 18 ? -45 : 0;
}

/** Every how many labels of a horizontal axis fit. */
export function strideOf(axis: Axis, length: number, tilt: number, measure: Measure): number {
  if (axis.ticks.length < 2) return 1;
  const need = tilt === 0 ? Math.min(Math.max(0, ...axis.labels.map(measure)), LONGEST_LABEL) + 10 : 18;
  const room = (length / Math.abs(axis.max - axis.min)) * Math.abs(axis.ticks[1]! - axis.ticks[0]!);
  return axis.kind === 'category' ? Math.max(1, Math.ceil(need / room)) : 1;
}

const SIDES = ['Top', 'Right', 'Bottom', 'Left'] as const;

function sides(options: Options, name: 'margin' | 'spacing'): (number | undefined)[] {
  const list = at(options, 'chart', name);
  const all = typeof list === 'number' ? [list, list, list, list] : listAt(options, 'chart', name);
  return SIDES.map((side, i) => {
    const own = numberAt(options, 'chart', name + side);
    const shared = all[i];
    const value = own ?? (typeof shared === 'number' && Number.isFinite(shared) ? shared : undefined);
    return value === undefined ? undefined : Math.min(Math.max(value, 0), 5000);
  });
}

/** Empty room inside the chart's edge. */
export function spacing(options: Options): Sides {
  const [top, right, bottom, left] = sides(options, 'spacing');
  return { top: top ?? 10, right: right ?? 10, bottom: bottom ?? 10, left: left ?? 10 };
}

/** The plot in a box of `width` × `height`; margins that options name win over `needed`. Whole pixels, never empty. */
export function plotRect(options: Options, width: number, height: number, needed: Sides): Rect {
  const [top, right, bottom, left] = sides(options, 'margin');
  const l = Math.round(left ?? needed.left);
  const t = Math.round(top ?? needed.top);
  return {
    left: l, top: t, width: Math.max(Math.floor(width - l - Math.round(right ?? needed.right)), 10),
    height: Math.max(Math.floor(height - t - Math.round(bottom ?? needed.bottom)), 10),
  };
}

/** The pane of a y axis with its own top or height; else the whole plot. */
export function paneOf(plot: Rect, axisOptions: Options, swapped: boolean): Rect {
  const whole = swapped ? plot.width : plot.height;
  const top = lengthOf(at(axisOptions, 'top'), whole);
  const height = lengthOf(at(axisOptions, 'height'), whole);
  if (top === undefined && height === undefined) return plot;
  const start = Math.round(Math.min(Math.max(top ?? 0, 0), whole - 1));
  const size = Math.max(Math.round(Math.min(height ?? whole - start, whole - start)), 1);
  return swapped ? { ...plot, left: plot.left + start, width: size } : { ...plot, top: plot.top + start, height: size };
}

/** Pixels of an axis across `rect`. A vertical y axis runs upwards. */
export function scaleOf(axis: Axis, rect: Rect, vertical: boolean): Scale {
  const near = vertical ? rect.top + rect.height : rect.left;
  const far = vertical ? rect.top : rect.left + rect.width;
  const [start, end] = axis.reversed ? [far, near] : [near, far];
  return { min: axis.min, max: axis.max, log: axis.kind === 'log', start, end };
}

export function overviewHeight(options: Options): number {
  return Math.max(sizeAt(44, 400, options, 'navigator', 'height'), 20);
}

/**
 * Lines and areas, drawn from pixels along x (`u`) and along y (`v`). A straight line is the plain canvas polyline through
 * all vertices: nothing is skipped, so a window draws exactly what all its points draw.
 */
import type { Pen } from './pen';

export type Shape = 'straight' | 'spline' | 'left' | 'center' | 'right';

export interface Track {
  readonly u: Float64Array;
  readonly v: Float64Array;
  /** First index, and the one after the last. */
  readonly start: number;
  readonly end: number;
  readonly shape: Shape;
  /** x runs downwards. */
  readonly swapped: boolean;
}

export interface Stroke {
  readonly color: string;
  readonly width: number;
  readonly dash: readonly number[];
  /** Nothing shines through: the line may be drawn in pieces, which is faster. */
  readonly opaque?: boolean;
}

/** Vertices of one piece. A browser's time for a path grows faster than its length. */
const PIECE = 512;

export type Run = readonly [number, number];

/** Stretches without a gap, as [first, after last]. */
export function runsOf(track: Track): Run[] {
  const { u, v, start, end } = track;
  const runs: Run[] = [];
  let first = -1;
  for (let i = start; i < end; i++) {
    const gap = Number.isNaN(v[i]!) || Number.isNaN(u[i]!);
    if (gap && first >= 0) runs.push([first, i]);
    first = gap ? -1 : first >= 0 ? first : i;
  }
  if (first >= 0) runs.push([first, end]);
  return runs;
}

export function strokeLine(pen: Pen, track: Track, stroke: Stroke): void {
  if (stroke.width <= 0) return;
  const runs = runsOf(track);
  pen.strokeStyle = stroke.color;
  pen.lineWidth = stroke.width;
  pen.lineJoin = 'round';
  // Dashes keep their lengths.
  pen.lineCap = stroke.dash.length === 0 ? 'round' : 'butt';
  pen.setLineDash([...stroke.dash]);
  pen.beginPath();
  for (const [first, end] of runs) {
    if (end - first < 2) continue;
    if (stroke.opaque === true && track.shape === 'straight' && stroke.dash.length === 0) strokePieces(pen, track, first, end);
    else {
      move(pen, track, first);
      trace(pen, track, track.v, first, end);
    }
  }
  pen.stroke();
  pen.setLineDash([]);
  dots(pen, track, runs, stroke);
}

/** Pieces share a vertex, where their round ends cover each other as a round join would. The last one is left to be stroked. */
function strokePieces(pen: Pen, track: Track, first: number, end: number): void {
  let from = first;
  move(pen, track, from);
  for (; end - from > PIECE + 1; from += PIECE) {
    trace(pen, track, track.v, from, from + PIECE + 1);
    pen.stroke();
    pen.beginPath();
    move(pen, track, from + PIECE);
  }
  trace(pen, track, track.v, from, end);
}

/** A sample between two gaps has no line: a dot as wide as the line shows it. */
function dots(pen: Pen, track: Track, runs: readonly Run[], stroke: Stroke): void {
  const lone = runs.filter(([first, end]) => end - first === 1);
  if (lone.length === 0) return;
  pen.fillStyle = stroke.color;
  pen.beginPath();
  const radius = Math.max(stroke.width / 2, 1);
  for (const [i] of lone) {
    const [x, y] = track.swapped ? [track.v[i]!, track.u[i]!] : [track.u[i]!, track.v[i]!];
    pen.moveTo(x + radius, y);
    pen.arc(x, y, radius, 0, 2 * Math.PI);
  }
  pen.fill();
}

/** Fills between the track and `base`: one pixel for all, or one for each point. */
export function fillArea(pen: Pen, track: Track, base: number | Float64Array, paint: string | CanvasGradient): void {
  pen.fillStyle = paint;
  pen.beginPath();
  for (const [first, end] of runsOf(track)) {
    if (end - first < 2) continue;
    move(pen, track, first);
    trace(pen, track, track.v, first, end);
    if (typeof base === 'number') {
      point(pen, track, track.u[end - 1]!, base);
      point(pen, track, track.u[first]!, base);
    } else {
      point(pen, track, track.u[end - 1]!, base[end - 1]!);
      trace(pen, track, base, end - 1, first - 1);
    }
    pen.closePath();
  }
  pen.fill();
}

/** Fills between the track and the line `under` it, which has vertices of its own and no gap where the track has none. */
export function fillBetween(pen: Pen, track: Track, under: Pick<Track, 'u' | 'v'>, paint: string | CanvasGradient): void {
  pen.fillStyle = paint;
  pen.beginPath();
  for (const [first, end] of runsOf(track)) {
    if (end - first < 2) continue;
    move(pen, track, first);
    trace(pen, track, track.v, first, end);
    const [from, to] = [track.u[first]!, track.u[end - 1]!];
    point(pen, track, to, heightAt(under, to));
    const forth = to >= from;
    for (let i = under.u.length - 1, k = 0; k < under.u.length; k++, i--) {
      const place = under.u[i]!;
      if (!Number.isNaN(under.v[i]!) && (forth ? place > from && place < to : place < from && place > to)) point(pen, track, place, under.v[i]!);
    }
    point(pen, track, from, heightAt(under, from));
    pen.closePath();
  }
  pen.fill();
}

/** Where a line runs at `place`; beyond its ends as high as there. */
export function heightAt({ u, v }: Pick<Track, 'u' | 'v'>, place: number): number {
  const forth = u[u.length - 1]! >= u[0]!;
  let [low, high] = [0, u.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (forth ? u[middle]! < place : u[middle]! > place) low = middle + 1;
    else high = middle;
  }
  const [left, right] = [Math.max(low - 1, 0), Math.min(low, u.length - 1)];
  const [a, b] = [v[left]!, v[right]!];
  if (Number.isNaN(a) || Number.isNaN(b) || u[right] === u[left]) return Number.isNaN(b) ? a : b;
  return a + ((b - a) * Math.min(Math.max((place - u[left]!) / (u[right]! - u[left]!), 0), 1));
}

function move(pen: Pen, track: Track, i: number): void {
  if (track.swapped) pen.moveTo(track.v[i]!, track.u[i]!);
  else pen.moveTo(track.u[i]!, track.v[i]!);
}

function point(pen: Pen, track: Track, u: number, v: number): void {
  if (track.swapped) pen.lineTo(v, u);
  else pen.lineTo(u, v);
}

/** Goes on from index `from` to the one before `to`; backwards when `to` is less. The pen is at `from` already. */
function trace(pen: Pen, track: Track, v: Float64Array, from: number, to: number): void {
  const step = to > from ? 1 : -1;
  if (track.shape === 'spline') return traceSpline(pen, track, v, from, to, step);
  if (track.shape !== 'straight') return traceSteps(pen, track, v, from, to, step);
  const { u, swapped } = track;
  if (swapped) for (let i = from + step; i !== to; i += step) pen.lineTo(v[i]!, u[i]!);
  else for (let i = from + step; i !== to; i += step) pen.lineTo(u[i]!, v[i]!);
}

function traceSteps(pen: Pen, track: Track, v: Float64Array, from: number, to: number, step: number): void {
  const { u, shape } = track;
  for (let i = from + step; i !== to; i += step) {
    const last = i - step;
    const corner = shape === 'center' ? (u[last]! + u[i]!) / 2 : (shape === 'left') === (step > 0) ? u[i]! : u[last]!;
    point(pen, track, corner, v[last]!);
    point(pen, track, corner, v[i]!);
    point(pen, track, u[i]!, v[i]!);
  }
}

/** A monotone cubic (Fritsch and Carlson): smooth, and never above a maximum or below a minimum of the data. */
function traceSpline(pen: Pen, track: Track, v: Float64Array, from: number, to: number, step: number): void {
  const { u, swapped } = track;
  let leaving = slope(u, v, from, from, to, step);
  for (let i = from + step; i !== to; i += step) {
    const last = i - step;
    const arriving = slope(u, v, i, from, to, step);
    const third = (u[i]! - u[last]!) / 3;
    const [a, b] = [u[last]! + third, v[last]! + leaving * third];
    const [c, d] = [u[i]! - third, v[i]! - arriving * third];
    if (swapped) pen.bezierCurveTo(b, a, d, c, v[i]!, u[i]!);
    else pen.bezierCurveTo(a, b, c, d, u[i]!, v[i]!);
    leaving = arriving;
  }
}

function slope(u: Float64Array, v: Float64Array, i: number, from: number, to: number, step: number): number {
  const before = i - step;
  const after = i + step;
  const left = i === from ? NaN : (v[i]! - v[before]!) / (u[i]! - u[before]!);
  const right = after === to ? NaN : (v[after]! - v[i]!) / (u[after]! - u[i]!);
  if (!Number.isFinite(left)) return Number.isFinite(right) ? right : 0;
  if (!Number.isFinite(right)) return left;
  if (left * right <= 0) return 0;
  const wide = Math.abs(u[after]! - u[i]!);
  const near = Math.abs(u[i]! - u[before]!);
  return (3 * (wide + near)) / ((2 * wide + near) / left + (wide + 2 * near) / right);
}

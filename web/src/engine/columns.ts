/** Columns and bars: rectangles from a base to a value, side by side where several share an x. */
import type { Pen } from './pen';

/** Where a column stands beside its x, in pixels. */
export interface Place {
  readonly offset: number;
  readonly width: number;
}

export interface PlaceRequest {
  /** Pixels between neighbouring x. */
  readonly room: number;
  readonly index: number;
  readonly of: number;
  readonly groupPadding: number;
  readonly pointPadding: number;
  readonly pointWidth: number | undefined;
  readonly maxPointWidth: number;
  /** Of one device pixel, in pixels: columns are never thinner. */
  readonly thinnest: number;
}

export function placeOf(request: PlaceRequest): Place {
  const { room, index, of, groupPadding, pointPadding, pointWidth, maxPointWidth, thinnest } = request;
  const share = (room * (1 - 2 * Math.min(groupPadding, 0.49))) / of;
  const free = share * (1 - 2 * Math.min(pointPadding, 0.49));
  const width = Math.max(pointWidth ?? Math.min(free, maxPointWidth), thinnest);
  // Where columns are narrower than their share, they still stand close together around x.
  const pitch = Math.min(share, (width / Math.max(1 - 2 * Math.min(pointPadding, 0.49), 0.02)));
  return { offset: (index - (of - 1) / 2) * pitch, width };
}

export interface Columns {
  readonly u: Float64Array;
  /** The value's end, and the base's: one pixel for all, or one for each. */
  readonly v: Float64Array;
  readonly base: number | Float64Array;
  readonly start: number;
  readonly end: number;
  readonly swapped: boolean;
  readonly place: Place;
  readonly radius: number;
  /** Device pixels per pixel: edges fall on whole ones. */
  readonly ratio: number;
}

export interface Box {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** The rectangle of column `i`; null in a gap. */
export function columnBox(columns: Columns, i: number): Box | null {
  const { u, v, base, place, swapped, ratio } = columns;
  const from = typeof base === 'number' ? base : base[i]!;
  const center = u[i]! + place.offset;
  if (Number.isNaN(center) || Number.isNaN(v[i]!) || Number.isNaN(from)) return null;
  const snap = (pixel: number): number => Math.round(pixel * ratio) / ratio;
  const near = snap(center - place.width / 2);
  const across = Math.max(snap(center + place.width / 2) - near, 1 / ratio);
  const low = Math.min(from, v[i]!);
  const along = Math.max(Math.abs(from - v[i]!), 0);
  return swapped ? { x: low, y: near, width: along, height: across } : { x: near, y: low, width: across, height: along };
}

/** Draws all columns as one path. */
export function fillColumns(pen: Pen, columns: Columns, color: string, border: { width: number; color: string }): void {
  pen.fillStyle = color;
  pen.beginPath();
  for (let i = columns.start; i < columns.end; i++) addColumn(pen, columns, i);
  pen.fill();
  if (border.width <= 0) return;
  pen.strokeStyle = border.color;
  pen.lineWidth = border.width;
  pen.stroke();
}

/** Draws column `i` alone. */
export function fillColumn(pen: Pen, columns: Columns, i: number, color: string): void {
  pen.fillStyle = color;
  pen.beginPath();
  addColumn(pen, columns, i);
  pen.fill();
}

function addColumn(pen: Pen, columns: Columns, i: number): void {
  const box = columnBox(columns, i);
  if (box === null) return;
  const across = columns.swapped ? box.height : box.width;
  const along = columns.swapped ? box.width : box.height;
  const radius = across < 4 ? 0 : Math.min(columns.radius, across / 2, along);
  if (radius < 0.5) return pen.rect(box.x, box.y, box.width, box.height);
  const from = typeof columns.base === 'number' ? columns.base : columns.base[i]!;
  addRounded(pen, box, radius, columns.swapped, columns.v[i]! > from);
}

/** Only the value's end is round; the base stays flat on its line. */
function addRounded(pen: Pen, box: Box, r: number, swapped: boolean, growing: boolean): void {
  const { x, y, width: w, height: h } = box;
  const quarter = Math.PI / 2;
  if (!swapped && !growing) {
    pen.moveTo(x, y + h);
    pen.lineTo(x, y + r);
    pen.arc(x + r, y + r, r, 2 * quarter, 3 * quarter);
    pen.arc(x + w - r, y + r, r, 3 * quarter, 4 * quarter);
    pen.lineTo(x + w, y + h);
  } else if (!swapped) {
    pen.moveTo(x + w, y);
    pen.lineTo(x + w, y + h - r);
    pen.arc(x + w - r, y + h - r, r, 0, quarter);
    pen.arc(x + r, y + h - r, r, quarter, 2 * quarter);
    pen.lineTo(x, y);
  } else if (growing) {
    pen.moveTo(x, y);
    pen.lineTo(x + w - r, y);
    pen.arc(x + w - r, y + r, r, 3 * quarter, 4 * quarter);
    pen.arc(x + w - r, y + h - r, r, 0, quarter);
    pen.lineTo(x, y + h);
  } else {
    pen.moveTo(x + w, y + h);
    pen.lineTo(x + r, y + h);
    pen.arc(x + r, y + h - r, r, quarter, 2 * quarter);
    pen.arc(x + r, y + r, r, 2 * quarter, 3 * quarter);
    pen.lineTo(x + w, y);
  }
  pen.closePath();
}

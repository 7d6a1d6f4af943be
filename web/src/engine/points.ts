/** Points: of scatters, and the markers of lines. */
import type { Pen } from './pen';

export type PointSymbol = 'circle' | 'square' | 'diamond' | 'triangle' | 'triangle-down';

const SYMBOLS: ReadonlySet<string> = new Set<PointSymbol>(['circle', 'square', 'diamond', 'triangle', 'triangle-down']);

export function symbolOf(value: unknown): PointSymbol {
  return typeof value === 'string' && SYMBOLS.has(value) ? (value as PointSymbol) : 'circle';
}

export interface Points {
  readonly x: Float64Array;
  readonly y: Float64Array;
  readonly start: number;
  readonly end: number;
  readonly symbol: PointSymbol;
  readonly radius: number;
  readonly fill: string;
  readonly line: { readonly color: string; readonly width: number };
}

/** Up to so many points are filled one by one, so that those behind show through. */
const MOST_TRANSPARENT = 20_000;

/** Draws the points whose centre `inside` accepts. */
export function drawPoints(pen: Pen, points: Points, inside: (x: number, y: number) => boolean): void {
  const { x, y, start, end, line } = points;
  const single = end - start <= MOST_TRANSPARENT;
  pen.fillStyle = points.fill;
  pen.strokeStyle = line.color;
  pen.lineWidth = line.width;
  const finish = (): void => {
    pen.fill();
    if (line.width > 0) pen.stroke();
  };
  if (!single) pen.beginPath();
  for (let i = start; i < end; i++) {
    if (Number.isNaN(x[i]!) || Number.isNaN(y[i]!) || !inside(x[i]!, y[i]!)) continue;
    if (single) pen.beginPath();
    addSymbol(pen, points.symbol, x[i]!, y[i]!, points.radius);
    if (single) finish();
  }
  if (!single) finish();
}

export function addSymbol(pen: Pen, symbol: PointSymbol, x: number, y: number, r: number): void {
  switch (symbol) {
    case 'square':
      return pen.rect(x - r * 0.9, y - r * 0.9, r * 1.8, r * 1.8);
    case 'diamond':
      return polygon(pen, [x, y - r * 1.25, x + r * 1.25, y, x, y + r * 1.25, x - r * 1.25, y]);
    case 'triangle':
      return polygon(pen, [x, y - r * 1.15, x + r * 1.1, y + r * 0.85, x - r * 1.1, y + r * 0.85]);
    case 'triangle-down':
      return polygon(pen, [x, y + r * 1.15, x + r * 1.1, y - r * 0.85, x - r * 1.1, y - r * 0.85]);
    default:
      pen.moveTo(x + r, y);
      pen.arc(x, y, r, 0, 2 * Math.PI);
  }
}

function polygon(pen: Pen, corners: readonly number[]): void {
  pen.moveTo(corners[0]!, corners[1]!);
  for (let i = 2; i < corners.length; i += 2) pen.lineTo(corners[i]!, corners[i + 1]!);
  pen.closePath();
}

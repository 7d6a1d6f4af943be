/** Candlesticks and open-high-low-close bars, in one path for each direction. */
import type { Options } from '../model/drawing';
import type { Theme } from './palette';
import type { Pen } from './pen';
import { textAt } from './read';

export interface Candles {
  readonly u: Float64Array;
  readonly open: Float64Array;
  readonly high: Float64Array;
  readonly low: Float64Array;
  readonly close: Float64Array;
  /** Whether bar i closed no lower than it opened; null: there is none. */
  readonly rising: (i: number) => boolean | null;
  readonly start: number;
  readonly end: number;
  readonly swapped: boolean;
  /** Pixels that one has room in. */
  readonly room: number;
  readonly ratio: number;
}

export interface CandleColors {
  readonly up: string;
  readonly down: string;
}

/** Colours of candlesticks: their own, else those of the theme. */
export function candleColors(options: Options, theme: Theme): CandleColors {
  return { up: textAt(options, 'upColor') ?? theme.up, down: textAt(options, 'downColor') ?? theme.down };
}

/** Narrower than this (in pixels), bodies and ticks cannot be told from the wick. */
const NARROWEST = 2.5;

export function drawCandlesticks(pen: Pen, candles: Candles, colors: CandleColors): void {
  const width = Math.min(Math.max(candles.room * 0.72, 1 / candles.ratio), 18);
  const wick = candles.room < NARROWEST ? Math.max(Math.min(candles.room, 1), 1 / candles.ratio) : 1;
  for (const rising of [true, false]) {
    pen.fillStyle = rising ? colors.up : colors.down;
    pen.beginPath();
    for (let i = candles.start; i < candles.end; i++) {
      if (candles.rising(i) !== rising) continue;
      addBar(pen, candles, candles.u[i]!, wick, candles.high[i]!, candles.low[i]!);
      if (candles.room >= NARROWEST) addBar(pen, candles, candles.u[i]!, width, candles.open[i]!, candles.close[i]!);
    }
    pen.fill();
  }
}

export function drawOhlc(pen: Pen, candles: Candles, colors: CandleColors, lineWidth: number): void {
  const thick = Math.max(candles.room < NARROWEST ? Math.min(candles.room, lineWidth) : lineWidth, 1 / candles.ratio);
  const reach = Math.min(candles.room * 0.38, 8);
  for (const rising of [true, false]) {
    pen.fillStyle = rising ? colors.up : colors.down;
    pen.beginPath();
    for (let i = candles.start; i < candles.end; i++) {
      if (candles.rising(i) !== rising) continue;
      const u = candles.u[i]!;
      addBar(pen, candles, u, thick, candles.high[i]!, candles.low[i]!);
      if (candles.room < NARROWEST) continue;
      addTick(pen, candles, u - reach, u, candles.open[i]!, thick);
      addTick(pen, candles, u, u + reach, candles.close[i]!, thick);
    }
    pen.fill();
  }
}

/** A bar across u from one pixel to another, at least one device pixel long. */
function addBar(pen: Pen, candles: Candles, u: number, width: number, a: number, b: number): void {
  if (Number.isNaN(a) || Number.isNaN(b)) return;
  const snap = (pixel: number): number => Math.round(pixel * candles.ratio) / candles.ratio;
  const near = snap(u - width / 2);
  const across = Math.max(snap(width), 1 / candles.ratio);
  const low = Math.min(a, b);
  const along = Math.max(Math.abs(a - b), 1);
  if (candles.swapped) pen.rect(low, near, along, across);
  else pen.rect(near, low, across, along);
}

function addTick(pen: Pen, candles: Candles, from: number, to: number, v: number, thick: number): void {
  if (candles.swapped) pen.rect(v - thick / 2, from, thick, to - from);
  else pen.rect(from, v - thick / 2, to - from, thick);
}

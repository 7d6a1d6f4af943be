/** Where ticks stand: round numbers, powers of ten, calendar times, names. */
import { type Clock, fieldsOf, formatTime, instantOf, wallTime } from './time';

export interface Ticks {
  readonly values: readonly number[];
  /** Distance of ticks; 0 when they are not regular. */
  readonly step: number;
}

/** More ticks than this are never wanted, whatever an option says. */
const MOST_TICKS = 500;

/** The round step (1, 2 or 5 × 10^k; 25, 250 … too) nearest above `rough`. */
export function roundStep(rough: number, wholeNumbers = false): number {
  if (!(rough > 0) || !Number.isFinite(rough)) return 1;
  const power = 10 ** Math.floor(Math.log10(rough));
  const candidates = (power >= 10 ? [1, 2, 2.5, 5, 10] : [1, 2, 5, 10]).map((f) => f * power);
  const step = candidates.find((c) => c >= rough * (1 - 1e-9) && !(wholeNumbers && c !== Math.round(c))) ?? 10 * power;
  return wholeNumbers ? Math.max(1, Math.round(step)) : step;
}

/** Decimals that show multiples of `step` in full. */
export function stepDecimals(step: number): number {
  for (let d = 0; d <= 12; d++) {
    const scaled = step * 10 ** d;
    if (Math.abs(scaled - Math.round(scaled)) < 1e-6 * Math.max(scaled, 1e-300)) return d;
  }
  return 12;
}

/** Multiples of `step` within [min, max]. */
export function multiples(min: number, max: number, step: number): number[] {
  const values: number[] = [];
  const first = Math.ceil(min / step - 1e-9);
  const last = Math.floor(max / step + 1e-9);
  const stride = Math.max(1, Math.ceil((last - first + 1) / MOST_TICKS));
  for (let k = first; k <= last; k += stride) values.push(cleanMultiple(k, step));
  return values;
}

/** k × step without binary dust: 3 × 0.1 is 0.3. */
function cleanMultiple(k: number, step: number): number {
  const exact = k * step;
  const tidy = Number(exact.toPrecision(14));
  return tidy === 0 ? 0 : tidy;
}

/** Ticks for a linear axis that already has its limits. */
export function linearTicks(min: number, max: number, count: number, wholeNumbers = false): Ticks {
  const step = roundStep((max - min) / Math.max(count, 1), wholeNumbers);
  return { values: multiples(min, max, step), step };
}

/** Limits widened to round numbers so that `intervals` steps cover [min, max] exactly: aligned axes share grid lines. */
export function alignedTicks(min: number, max: number, intervals: number): { min: number; max: number; step: number } {
  let step = roundStep((max - min) / intervals);
  for (let tries = 0; tries < 20; tries++) {
    const low = Math.floor(min / step + 1e-9);
    if ((low + intervals) * step >= max - step * 1e-9) {
      return { min: cleanMultiple(low, step), max: cleanMultiple(low + intervals, step), step };
    }
    step = roundStep(step * 1.01);
  }
  return { min, max, step: (max - min) / intervals };
}

/** Powers of ten (and 2, 5 between them where there are few) within [min, max] > 0. */
export function logTicks(min: number, max: number, count: number): Ticks {
  const low = Math.floor(Math.log10(min) + 1e-9);
  const high = Math.ceil(Math.log10(max) - 1e-9);
  const decades = Math.max(Math.log10(max) - Math.log10(min), 1);
  const stride = Math.max(1, Math.ceil(decades / Math.max(count, 1)));
  const factors = stride === 1 && decades * 3 <= count * 1.5 ? [1, 2, 5] : [1];
  const values: number[] = [];
  // Counted from 1, so that zooming never moves a tick.
  for (let k = Math.floor(low / stride) * stride; k <= high && values.length < MOST_TICKS; k += stride) {
    for (const f of factors) {
      const v = Number((f * 10 ** k).toPrecision(12));
      if (v >= min * (1 - 1e-9) && v <= max * (1 + 1e-9)) values.push(v);
    }
  }
  if (values.length >= 2) return { values, step: 0 };
  return linearTicks(min, max, count);
}

type Unit = 'millisecond' | 'second' | 'minute' | 'hour' | 'day' | 'month' | 'year';

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
export const DAY = 24 * HOUR;
const MONTH = 30.44 * DAY;
const YEAR = 365.25 * DAY;

const STEPS: readonly (readonly [Unit, number, number])[] = [
  ...[1, 2, 5, 10, 20, 50, 100, 200, 500].map((n) => ['millisecond', n, n] as const),
  ...[1, 2, 5, 10, 15, 30].map((n) => ['second', n, n * SECOND] as const),
  ...[1, 2, 5, 10, 15, 30].map((n) => ['minute', n, n * MINUTE] as const),
  ...[1, 2, 3, 6, 12].map((n) => ['hour', n, n * HOUR] as const),
  ...[1, 2, 7, 14].map((n) => ['day', n, n * DAY] as const),
  ...[1, 2, 3, 6].map((n) => ['month', n, n * MONTH] as const),
];

function chooseStep(rough: number): readonly [Unit, number] {
  for (const [unit, n, length] of STEPS) if (length >= rough * 0.98) return [unit, n];
  return ['year', Math.max(1, roundStep(rough / YEAR, true))];
}

/** Ticks at round calendar times of `clock` within [from, to], about `count`. */
export function timeTicks(from: number, to: number, count: number, clock: Clock): Ticks {
  const [unit, n] = chooseStep((to - from) / Math.max(count, 1));
  if (unit === 'millisecond' || unit === 'second') return sparse(multiples(from, to, n * (unit === 'second' ? SECOND : 1)));
  if (unit === 'month' || unit === 'year') return sparse(calendarTicks(from, to, unit === 'year' ? n * 12 : n, clock));
  const length = unit === 'day' ? DAY : unit === 'hour' ? HOUR : MINUTE;
  return sparse(wallTicks(from, to, n * length, clock, unit === 'day' && n > 1));
}

function sparse(values: number[]): Ticks {
  return { values, step: 0 };
}

/** Every `months` months, counted from year 0, so that zooming never moves a tick. */
function calendarTicks(from: number, to: number, months: number, clock: Clock): number[] {
  const start = fieldsOf(clock, from);
  const values: number[] = [];
  let k = Math.floor((start.year * 12 + start.month) / months) * months;
  for (; values.length < MOST_TICKS; k += months) {
    const value = instantOf(clock, wallTime(Math.floor(k / 12), k - Math.floor(k / 12) * 12));
    if (!(value <= to)) break;
    if (value >= from) values.push(value);
  }
  return values;
}

/** Every `step` of wall time; days in groups restart on Mondays (1970-01-05 was one). */
function wallTicks(from: number, to: number, step: number, clock: Clock, weeks: boolean): number[] {
  const base = weeks && step % (7 * DAY) === 0 ? 4 * DAY : 0;
  const values: number[] = [];
  const wallFrom = from + clock.offset(from);
  let wall = base + Math.floor((wallFrom - base) / step) * step;
  for (; values.length < MOST_TICKS; wall += step) {
    const value = instantOf(clock, wall);
    if (value > to) break;
    if (value >= from && value !== values.at(-1)) values.push(value);
  }
  return values;
}

/** What is written at a time tick: only as much as is new there (the year at January, the day at midnight). */
export function timeLabel(clock: Clock, locale: string | undefined, value: number): string {
  const f = fieldsOf(clock, value);
  const format = f.millisecond !== 0 ? '%S.%L'
    : f.second !== 0 ? '%H:%M:%S'
    : f.hour !== 0 || f.minute !== 0 ? '%H:%M'
    : f.day !== 1 ? '%e %b'
    : f.month !== 0 ? '%b'
    : '%Y';
  return formatTime(clock, locale, format, value);
}

/** A format that tells times apart that are `step` milliseconds from each other: for tooltips. */
export function timeFormatFor(step: number): string {
  if (step < SECOND) return '%a, %e %b %Y, %H:%M:%S.%L';
  if (step < MINUTE) return '%a, %e %b %Y, %H:%M:%S';
  if (step < DAY * 0.9) return '%a, %e %b %Y, %H:%M';
  return step < 27 * DAY ? '%a, %e %b %Y' : '%e %b %Y';
}

/** Reading a record of the options vocabulary without trusting its shape: what is of the wrong type counts as absent. */
import type { Options } from '../model/drawing';

export function isRecord(value: unknown): value is Options {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The value at `path`, or undefined. */
export function at(options: Options, ...path: readonly string[]): unknown {
  let value: unknown = options;
  for (const key of path) {
    if (!isRecord(value) || !Object.hasOwn(value, key)) return undefined;
    value = value[key];
  }
  return value;
}

export function recordAt(options: Options, ...path: readonly string[]): Options {
  const value = at(options, ...path);
  return isRecord(value) ? value : {};
}

/** A list of records; one record is a list of one. */
export function recordsAt(options: Options, ...path: readonly string[]): Options[] {
  const value = at(options, ...path);
  if (isRecord(value)) return [value];
  return Array.isArray(value) ? value.filter(isRecord) : [];
}

export function listAt(options: Options, ...path: readonly string[]): readonly unknown[] {
  const value = at(options, ...path);
  if (value === undefined || value === null) return [];
  return Array.isArray(value) ? value : [value];
}

export function numberAt(options: Options, ...path: readonly string[]): number | undefined {
  const value = at(options, ...path);
  return typeof value === 'number' && Number.isFinite(value) ? value : undefined;
}

/** A number that is used as a size: clamped, so that no option can hang the drawing. */
export function sizeAt(fallback: number, most: number, options: Options, ...path: readonly string[]): number {
  return Math.min(Math.max(numberAt(options, ...path) ?? fallback, 0), most);
}

export function textAt(options: Options, ...path: readonly string[]): string | undefined {
  const value = at(options, ...path);
  if (typeof value === 'number') return String(value);
  return typeof value === 'string' ? value : undefined;
}

export function flagAt(options: Options, ...path: readonly string[]): boolean | undefined {
  const value = at(options, ...path);
  return typeof value === 'boolean' ? value : undefined;
}

/** `over` laid over `base`, records member by member; null counts as given. */
export function merge(base: Options, over: Options): Options {
  const merged: Options = { ...base };
  for (const [key, value] of Object.entries(over)) {
    if (key === '__proto__') continue;
    const old = merged[key];
    merged[key] = isRecord(old) && isRecord(value) ? merge(old, value) : value;
  }
  return merged;
}

/** "40%" of `whole`, or pixels. */
export function lengthOf(value: unknown, whole: number): number | undefined {
  if (typeof value === 'number' && Number.isFinite(value)) return value;
  if (typeof value !== 'string') return undefined;
  const number = Number.parseFloat(value);
  if (!Number.isFinite(number)) return undefined;
  return value.trim().endsWith('%') ? (number / 100) * whole : number;
}

/** The options a chart is drawn with: what each source says, merged. */
import type { Options } from './drawing';
import { isRecord } from './listing';

/** One chart of a directory, as a call described it (FORMAT.md, section 3). */
export interface View {
  readonly type?: string;
  readonly height?: number;
  readonly width?: number;
  readonly stock?: boolean;
  readonly live?: boolean;
  readonly settings?: string;
  readonly options?: Options;
}

/** Reads a view; what is not as the format says is left out. */
export function parseView(answer: unknown): View {
  const from = isRecord(answer) ? answer : {};
  const { type, height, width, stock, live, settings, options } = from;
  return {
    ...(typeof type === 'string' && { type }),
    ...(isLength(height) && { height }),
    ...(isLength(width) && { width }),
    ...(typeof stock === 'boolean' && { stock }),
    ...(typeof live === 'boolean' && { live }),
    ...(typeof settings === 'string' && settings !== '' && { settings }),
    ...(isRecord(options) && { options }),
  };
}

/** `settings` is what the settings file of the view holds, null where there is none: then the view's own options count. */
export function effective(view: View, settings: Options | null): Options {
  const chart: Options = {};
  if (view.type !== undefined) chart['type'] = view.type;
  if (view.height !== undefined) chart['height'] = view.height;
  if (view.width !== undefined) chart['width'] = view.width;
  const base = settings ?? view.options ?? {};
  return Object.keys(chart).length === 0 ? base : merge(base, { chart });
}

/** `over` on top of `base`: records are merged key by key, everything else is replaced. */
export function merge(base: Options, over: Options): Options {
  const merged: Options = { ...base };
  for (const [key, value] of Object.entries(over)) {
    const under = Object.hasOwn(merged, key) ? merged[key] : undefined;
    const joined = isRecord(under) && isRecord(value) ? merge(under, value) : value;
    Object.defineProperty(merged, key, { value: joined, enumerable: true, writable: true, configurable: true });
  }
  return merged;
}

/** What `path` holds in `options`, for example `at(options, 'chart', 'height')`. */
export function at(options: Options, ...path: string[]): unknown {
  let value: unknown = options;
  for (const key of path) {
    if (Array.isArray(value)) value = value[0] as unknown;
    if (!isRecord(value) || !Object.hasOwn(value, key)) return undefined;
    value = value[key];
  }
  return value;
}

/** Equal as JSON, whatever the order of keys. */
export function equal(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (Array.isArray(a) && Array.isArray(b)) return a.length === b.length && a.every((value, i) => equal(value, b[i]));
  if (!isRecord(a) || !isRecord(b)) return false;
  const keys = Object.keys(a);
  return keys.length === Object.keys(b).length && keys.every((key) => Object.hasOwn(b, key) && equal(a[key], b[key]));
}

export function isLength(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value) && value > 0;
}

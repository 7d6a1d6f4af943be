/** A chart directory as the server lists it. Parsed once, checked, then trusted. */
import type { Kind, Options } from './drawing';

export interface Series {
  readonly file: string;
  readonly name: string;
  readonly display: boolean;
  /** Place in the palette; where the file has none, its place in the listing. */
  readonly index: number;
  readonly stamp: string;
  readonly size: number;
  readonly kind: Kind;
  readonly attributes: Options;
}

export interface Broken {
  readonly file: string;
  readonly reason: string;
}

export interface Listing {
  readonly revision: string;
  readonly series: readonly Series[];
  readonly byFile: ReadonlyMap<string, Series>;
  readonly broken: readonly Broken[];
  /** View ids, newest first. */
  readonly views: readonly string[];
  readonly settings: readonly string[];
}

const KINDS: readonly string[] = ['y', 'xy', 'range', 'ohlc', 'named', 'points', 'empty'];

/** Reads the answer of `api/d/DIR/series`. Throws TypeError where it is not a listing. */
export function parseListing(answer: unknown): Listing {
  if (!isRecord(answer) || !Array.isArray(answer['series'])) throw new TypeError('the answer is not a listing of series');
  const series = answer['series'].map(parseSeries);
  return {
    revision: text(answer['revision']),
    series,
    byFile: new Map(series.map((one) => [one.file, one])),
    broken: list(answer['broken']).filter(isRecord).map((one) => ({ file: text(one['file']), reason: text(one['reason']) })),
    views: list(answer['views']).filter(isText),
    settings: list(answer['settings']).filter(isText),
  };
}

/** Whether two listings hold the same series, in the same state. */
export function sameContent(a: Listing, b: Listing): boolean {
  if (a.series.length !== b.series.length || a.broken.length !== b.broken.length) return false;
  const same = a.series.every((one) => {
    const other = b.byFile.get(one.file);
    return other !== undefined && other.stamp === one.stamp && other.display === one.display && other.index === one.index;
  });
  return same && a.broken.every((one, i) => b.broken[i]?.file === one.file && b.broken[i]?.reason === one.reason);
}

/** The same listing, where the series of `stamps` (file → stamp) are at that state. */
export function withStamps(listing: Listing, revision: string, stamps: ReadonlyMap<string, string>): Listing {
  const series = listing.series.map((one) => {
    const stamp = stamps.get(one.file);
    return stamp === undefined || stamp === one.stamp ? one : { ...one, stamp };
  });
  return { ...listing, revision, series, byFile: new Map(series.map((one) => [one.file, one])) };
}

function parseSeries(entry: unknown, place: number): Series {
  if (!isRecord(entry) || !isText(entry['file'])) throw new TypeError(`series ${place} of the listing has no file`);
  const kind = entry['kind'];
  return {
    file: entry['file'],
    name: isText(entry['name']) ? entry['name'] : entry['file'],
    display: entry['display'] !== false,
    index: typeof entry['index'] === 'number' && entry['index'] >= 0 ? Math.floor(entry['index']) : place,
    stamp: text(entry['stamp']),
    size: typeof entry['size'] === 'number' ? entry['size'] : 0,
    kind: isText(kind) && KINDS.includes(kind) ? (kind as Kind) : 'empty',
    attributes: isRecord(entry['attributes']) ? entry['attributes'] : {},
  };
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isText(value: unknown): value is string {
  return typeof value === 'string';
}

function text(value: unknown): string {
  return isText(value) ? value : '';
}

function list(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

/** Reads a frame (FORMAT.md, section 5): magic, header, typed columns. Strict: anything amiss is a FrameError. */
import type { Kind } from './drawing';

export interface FrameSeries {
  readonly file: string;
  readonly stamp: string;
  readonly kind: Kind;
  readonly raw: boolean;
  readonly sorted: boolean;
  /** How much of the file has been indexed, 0 to 1; null when all is. Meanwhile the points are samples, count and extent estimates. */
  readonly progress: number | null;
  /** y holds the sums of its stack up to itself. */
  readonly stacked: boolean;
  /** x and y are the middles of bins, the column count how many points each holds. */
  readonly binned: boolean;
  readonly count: number;
  readonly extent: { readonly x: Extent; readonly y: Extent };
  readonly columns: Readonly<Record<string, Float64Array>>;
  readonly texts: Readonly<Record<string, readonly string[]>>;
}

export interface FrameFailure {
  readonly file: string;
  readonly error: string;
}

/** Least and greatest value; null where there is no point. */
export type Extent = readonly [number, number] | null;

export class FrameError extends Error {
  override readonly name = 'FrameError';
}

const MAGIC = 'CHARTSF1';
const PREFIX = 12;
const NUMBER_ROLES = new Set(['x', 'y', 'low', 'high', 'open', 'close', 'count']);
const TEXT_ROLES = new Set(['label', 'point']);
const KINDS = new Set(['y', 'xy', 'range', 'ohlc', 'named', 'points', 'empty']);
const LITTLE_ENDIAN = new Uint8Array(Uint16Array.of(1).buffer)[0] === 1;

export function isFailure(entry: FrameSeries | FrameFailure): entry is FrameFailure {
  return 'error' in entry;
}

/** The series of a frame, in the order of the request. Number columns are views of `bytes`, not copies. */
export function decodeFrame(bytes: ArrayBuffer): (FrameSeries | FrameFailure)[] {
  const { header, start } = readHeader(bytes);
  const series = field(header, 'series', Array.isArray, 'a list') as unknown[];
  return series.map((entry, i) => decodeSeries(record(entry, `series ${i}`), bytes, start));
}

function readHeader(bytes: ArrayBuffer): { header: Record<string, unknown>; start: number } {
  if (bytes.byteLength < PREFIX) throw new FrameError(`a frame has at least ${PREFIX} bytes, this one ${bytes.byteLength}`);
  const magic = new TextDecoder('latin1').decode(new Uint8Array(bytes, 0, MAGIC.length));
  if (magic !== MAGIC) throw new FrameError('the answer is not a frame of version 1');
  const length = new DataView(bytes).getUint32(MAGIC.length, true);
  const start = PREFIX + length;
  if (start % 8 !== 0) throw new FrameError(`the header's length ${length} is not padded to 8 bytes`);
  if (start > bytes.byteLength) throw new FrameError(`the header of ${length} bytes ends beyond the frame`);
  let header: unknown;
  try {
    header = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(new Uint8Array(bytes, PREFIX, length)));
  } catch {
    throw new FrameError('the header is not JSON');
  }
  return { header: record(header, 'the header'), start };
}

function decodeSeries(entry: Record<string, unknown>, bytes: ArrayBuffer, start: number): FrameSeries | FrameFailure {
  const file = field(entry, 'file', isText, 'text') as string;
  if ('error' in entry) return { file, error: field(entry, 'error', isText, 'text') as string };
  const columns: Record<string, Float64Array> = {};
  const texts: Record<string, readonly string[]> = {};
  for (const item of field(entry, 'columns', Array.isArray, 'a list') as unknown[]) {
    const column = record(item, `a column of ${file}`);
    const role = field(column, 'role', isText, 'text') as string;
    if (role in columns || role in texts) throw new FrameError(`${file} has two columns ${role}`);
    if (NUMBER_ROLES.has(role)) columns[role] = readNumbers(column, file, bytes, start);
    else if (TEXT_ROLES.has(role)) texts[role] = readTexts(column, file, bytes, start);
  }
  requireOneLength(file, columns, texts);
  const extent = 'extent' in entry && entry['extent'] !== null ? record(entry['extent'], `extent of ${file}`) : {};
  return {
    file,
    stamp: field(entry, 'stamp', isText, 'text') as string,
    kind: field(entry, 'kind', (kind) => isText(kind) && KINDS.has(kind), 'a kind of series') as Kind,
    raw: field(entry, 'raw', isBoolean, 'true or false') as boolean,
    sorted: field(entry, 'sorted', isBoolean, 'true or false') as boolean,
    progress: (optional(entry, 'progress', isShare, 'a number from 0 to 1') as number | undefined) ?? null,
    stacked: optional(entry, 'stacked', isBoolean, 'true or false') === true,
    binned: optional(entry, 'binned', isBoolean, 'true or false') === true,
    count: field(entry, 'count', isCount, 'a count') as number,
    extent: { x: readExtent(extent, 'x', file), y: readExtent(extent, 'y', file) },
    columns,
    texts,
  };
}

function readNumbers(column: Record<string, unknown>, file: string, bytes: ArrayBuffer, start: number): Float64Array {
  if (column['type'] !== 'f64') throw new FrameError(`a number column of ${file} has type ${String(column['type'])}, expected f64`);
  const count = field(column, 'count', isCount, 'a count') as number;
  const offset = place(column, file, 8 * count, bytes, start);
  if (LITTLE_ENDIAN) return new Float64Array(bytes, offset, count);
  const view = new DataView(bytes, offset, 8 * count);
  return Float64Array.from({ length: count }, (_, i) => view.getFloat64(8 * i, true));
}

function readTexts(column: Record<string, unknown>, file: string, bytes: ArrayBuffer, start: number): string[] {
  if (column['type'] !== 'text') throw new FrameError(`a text column of ${file} has type ${String(column['type'])}, expected text`);
  const count = field(column, 'count', isCount, 'a count') as number;
  const table = 4 * (count + 1);
  const offset = place(column, file, table, bytes, start);
  const offsets = new DataView(bytes, offset, table);
  const room = bytes.byteLength - offset - table;
  const decoder = new TextDecoder();
  const texts: string[] = [];
  for (let i = 0; i < count; i++) {
    const from = offsets.getUint32(4 * i, true);
    const to = offsets.getUint32(4 * (i + 1), true);
    if (from > to || to > room) throw new FrameError(`text ${i} of ${file} lies outside the frame`);
    texts.push(decoder.decode(new Uint8Array(bytes, offset + table + from, to - from)));
  }
  return texts;
}

/** Where a column of `length` bytes begins in the frame. */
function place(column: Record<string, unknown>, file: string, length: number, bytes: ArrayBuffer, start: number): number {
  const offset = field(column, 'offset', isCount, 'a count') as number;
  if (offset % 8 !== 0) throw new FrameError(`a column of ${file} begins at ${offset}, which is no multiple of 8`);
  if (start + offset + length > bytes.byteLength) throw new FrameError(`a column of ${file} ends beyond the frame`);
  return start + offset;
}

function requireOneLength(file: string, columns: FrameSeries['columns'], texts: FrameSeries['texts']): void {
  const lengths = new Set([...Object.values(columns), ...Object.values(texts)].map((column) => column.length));
  if (lengths.size > 1) throw new FrameError(`the columns of ${file} differ in length`);
}

function readExtent(extent: Record<string, unknown>, axis: string, file: string): Extent {
  const pair = extent[axis];
  if (pair === null || pair === undefined) return null;
  if (!Array.isArray(pair) || pair.length !== 2 || !pair.every((v) => typeof v === 'number')) {
    throw new FrameError(`the extent of ${axis} of ${file} is not a pair of numbers`);
  }
  return [pair[0] as number, pair[1] as number];
}

function record(value: unknown, what: string): Record<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new FrameError(`${what} is not a record`);
  return value as Record<string, unknown>;
}

function field(from: Record<string, unknown>, key: string, fits: (value: unknown) => boolean, expected: string): unknown {
  const value = from[key];
  if (!fits(value)) throw new FrameError(`${key} of the frame's header is not ${expected}`);
  return value;
}

function optional(from: Record<string, unknown>, key: string, fits: (value: unknown) => boolean, expected: string): unknown {
  return from[key] === undefined ? undefined : field(from, key, fits, expected);
}

function isShare(value: unknown): boolean {
  return typeof value === 'number' && value >= 0 && value <= 1;
}

function isText(value: unknown): value is string {
  return typeof value === 'string';
}

function isBoolean(value: unknown): boolean {
  return typeof value === 'boolean';
}

function isCount(value: unknown): boolean {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
}

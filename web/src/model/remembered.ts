/** What a reload of the page brings back: selection, what was known of the directory, zoom, live. */
import type { Range } from './drawing';
import { isRecord } from './listing';
import type { Known, Selection, Shown } from './selection';

export interface Remembered {
  readonly selection: Selection;
  readonly known: Known;
  readonly range: Range | null;
  readonly live: boolean | null;
}

/** Where it is kept. The tab's storage: a reload finds it, a chart that is opened anew starts from its own `display`. */
export interface Shelf {
  get(key: string): string | null;
  set(key: string, value: string): void;
}

export function shelfKey(segment: string, view: string | null): string {
  return `charts:${segment}:${view ?? ''}`;
}

export function recall(shelf: Shelf, key: string): Remembered | null {
  try {
    const [text, known] = [shelf.get(key), shelf.get(knownKey(key))];
    return text === null || known === null ? null : parse(JSON.parse(text), JSON.parse(known));
  } catch {
    return null;
  }
}

/** Keeps what it can: a full or forbidden storage costs the memory, never the chart. */
export function remember(shelf: Shelf, key: string, state: Omit<Remembered, 'known'>): void {
  put(shelf, key, state);
}

/** Apart, since it is long where a directory holds many series, and changes with the directory alone. */
export function rememberKnown(shelf: Shelf, key: string, known: Known): void {
  put(shelf, knownKey(key), [...known]);
}

function knownKey(key: string): string {
  return `${key}:known`;
}

function put(shelf: Shelf, key: string, value: unknown): void {
  try {
    shelf.set(key, JSON.stringify(value));
  } catch {
    return;
  }
}

function parse(from: unknown, known: unknown): Remembered | null {
  if (!isRecord(from) || !Array.isArray(from['selection']) || !Array.isArray(known)) return null;
  const { selection, range, live } = from;
  return {
    selection: (selection as unknown[]).filter(isShown),
    known: new Map((known as unknown[]).filter(isKnown)),
    range: isRange(range) ? { from: range.from, to: range.to } : null,
    live: typeof live === 'boolean' ? live : null,
  };
}

function isShown(value: unknown): value is Shown {
  return isRecord(value) && typeof value['file'] === 'string' && Number.isSafeInteger(value['slot']) && (value['slot'] as number) >= 0;
}

function isKnown(value: unknown): value is [string, boolean] {
  return Array.isArray(value) && value.length === 2 && typeof value[0] === 'string' && typeof value[1] === 'boolean';
}

function isRange(value: unknown): value is Range {
  return isRecord(value) && Number.isFinite(value['from']) && Number.isFinite(value['to']) && (value['from'] as number) < (value['to'] as number);
}

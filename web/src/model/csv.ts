/** The shown series as CSV (RFC 4180): one row per x, one column per value. */
import type { SeriesWindow } from './drawing';

const VALUE_ROLES = ['y', 'open', 'high', 'low', 'close'] as const;

type Key = number | string;

interface Row {
  readonly key: Key;
  readonly cells: (number | undefined)[];
}

export function toCsv(series: readonly SeriesWindow[]): string {
  const titles: string[] = [];
  const rows = new Map<string, Row>();
  for (const one of series) addSeries(one, titles, rows);
  const times = series.some((one) => one.attributes['xtype'] === 'datetime');
  const lines = [...rows.values()].sort((a, b) => byKey(a.key, b.key)).map(({ key, cells }) => [
    typeof key === 'string' ? cell(key) : times ? timeText(key) : String(key),
    ...titles.map((_, i) => numberText(cells[i])),
  ]);
  const head = [times ? 'time' : 'x', ...titles.map(cell)];
  return [head, ...lines].map((line) => line.join(',')).join('\r\n') + '\r\n';
}

/** The n-th point at one x shares its row with the n-th points of the other series there: no point is lost. */
function addSeries(series: SeriesWindow, titles: string[], rows: Map<string, Row>): void {
  const roles = VALUE_ROLES.filter((role) => series.columns[role] !== undefined);
  const first = titles.length;
  titles.push(...roles.map((role) => (roles.length === 1 ? series.name : `${series.name} ${role}`)));
  const seen = new Map<Key, number>();
  const length = series.columns[roles[0] ?? 'y']?.length ?? 0;
  for (let i = 0; i < length; i++) {
    const key = series.texts['label']?.[i] ?? series.columns['x']?.[i] ?? i;
    const values = roles.map((role) => series.columns[role]?.[i] ?? NaN);
    if (Number.isNaN(key) || values.every(Number.isNaN)) continue;
    const nth = seen.get(key) ?? 0;
    seen.set(key, nth + 1);
    const id = `${typeof key} ${nth} ${key}`;
    const row = rows.get(id) ?? { key, cells: [] };
    values.forEach((value, column) => (row.cells[first + column] = value));
    rows.set(id, row);
  }
}

/** Numbers before texts; texts as they come. */
function byKey(a: Key, b: Key): number {
  if (typeof a === 'number' && typeof b === 'number') return a - b;
  if (typeof a === typeof b) return 0;
  return typeof a === 'number' ? -1 : 1;
}

function timeText(ms: number): string {
  const time = new Date(ms);
  return Number.isNaN(time.getTime()) ? String(ms) : time.toISOString();
}

function numberText(value: number | undefined): string {
  return value === undefined || !Number.isFinite(value) ? '' : String(value);
}

/** Quoted where needed; a text that a spreadsheet would run as a formula is made plain by a leading apostrophe. */
function cell(text: string): string {
  const plain = /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(plain) ? `"${plain.replaceAll('"', '""')}"` : plain;
}

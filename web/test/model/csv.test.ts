import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { SeriesWindow } from '../../src/model/drawing';
import { toCsv } from '../../src/model/csv';

const series = (name: string, columns: Record<string, number[]>, more: Partial<SeriesWindow> = {}): SeriesWindow => ({
  file: `${name}.json`, name, color: '', kind: 'xy', attributes: {}, texts: {}, raw: true, sorted: true, count: 0, extent: { x: null, y: null },
  stamp: 's1', progress: null, stacked: false, bins: null,
  columns: Object.fromEntries(Object.entries(columns).map(([role, values]) => [role, Float64Array.from(values)])), ...more,
});

test('one row per x, gaps empty', () => {
  assert.equal(toCsv([series('A', { x: [0, 1], y: [5, NaN] }), series('B', { x: [1, 2], y: [7, 8] })]), 'x,A,B\r\n0,5,\r\n1,,7\r\n2,,8\r\n');
});

test('points at the same x are all kept', () => {
  assert.equal(toCsv([series('A', { x: [1, 1], y: [5, 6] }), series('B', { x: [1], y: [7] })]), 'x,A,B\r\n1,5,7\r\n1,6,\r\n');
});

test('times are ISO 8601; open, high, low and close have a column each', () => {
  const ohlc = series('O', { x: [0], open: [1], high: [4], low: [0.5], close: [2] }, { attributes: { xtype: 'datetime' } });
  assert.equal(toCsv([ohlc]), 'time,O open,O high,O low,O close\r\n1970-01-01T00:00:00.000Z,1,4,0.5,2\r\n');
});

test('a text is quoted where needed, and never a formula', () => {
  assert.equal(toCsv([series('a,"b"', { x: [], y: [] }), series('=cmd()', { x: [], y: [] })]), 'x,"a,""b""",\'=cmd()\r\n');
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { drawOhlc } from '../../src/engine/candles';
import { type Columns, columnBox, fillColumns, placeOf } from '../../src/engine/columns';
import { stackAreas, stackColumns } from '../../src/engine/stacking';
import { recordingPen } from './windows';

const request = { room: 100, index: 0, of: 1, groupPadding: 0.1, pointPadding: 0, pointWidth: undefined, maxPointWidth: 1000, thinnest: 1 };

test('columns share the room of one x', () => {
  assert.deepEqual(placeOf(request), { offset: 0, width: 80 });
  const two = [0, 1].map((index) => placeOf({ ...request, of: 2, index }));
  assert.deepEqual(two, [{ offset: -20, width: 40 }, { offset: 20, width: 40 }]);
  assert.deepEqual(placeOf({ ...request, maxPointWidth: 10, of: 2 }), { offset: -5, width: 10 });
  assert.equal(placeOf({ ...request, room: 0.01 }).width, 1);
});

function columns(v: readonly number[], more: Partial<Columns> = {}): Columns {
  return { u: Float64Array.from(v, (_, i) => 50 + 100 * i), v: Float64Array.from(v), base: 100, start: 0, end: v.length, swapped: false, place: { offset: 0, width: 20 }, radius: 0, ratio: 1, ...more };
}

test('a column reaches from its base to its value, up or down', () => {
  assert.deepEqual(columnBox(columns([60]), 0), { x: 40, y: 60, width: 20, height: 40 });
  assert.deepEqual(columnBox(columns([130]), 0), { x: 40, y: 100, width: 20, height: 30 });
  assert.deepEqual(columnBox(columns([60], { swapped: true }), 0), { x: 60, y: 40, width: 40, height: 20 });
  assert.equal(columnBox(columns([NaN]), 0), null);
});

test('all columns are one path', () => {
  const { pen, calls, path } = recordingPen();
  fillColumns(pen, columns([60, 70]), 'red', { width: 0, color: 'white' });
  assert.equal(path(), 'R40,60,20,40 R140,70,20,30');
  assert.equal(calls.filter(([name]) => name === 'fill').length, 1);
});

test('columns stack on earlier ones of the same x; negative ones hang', () => {
  const x = Float64Array.of(0, 1, 2);
  const [, b] = stackColumns([{ x, y: Float64Array.of(1, -2, NaN) }, { x, y: Float64Array.of(3, -1, 5) }], 'normal');
  assert.deepEqual([...b!.base], [1, -2, 0]);
  assert.deepEqual([...b!.top], [4, -3, 5]);
  const [p, q] = stackColumns([{ x, y: Float64Array.of(1, 0, 2) }, { x, y: Float64Array.of(3, 0, 2) }], 'percent');
  assert.deepEqual([...p!.top], [25, 0, 50]);
  assert.deepEqual([...q!.top], [100, 0, 100]);
});

test('areas of different x are summed between their points', () => {
  const [a, b] = stackAreas([{ x: Float64Array.of(0, 10), y: Float64Array.of(0, 10) }, { x: Float64Array.of(0, 5, 10), y: Float64Array.of(1, 1, 1) }], 'normal');
  assert.deepEqual([...a!.x], [0, 5, 10]);
  assert.deepEqual([...a!.top], [0, 5, 10]);
  assert.deepEqual([...b!.base], [0, 5, 10]);
  assert.deepEqual([...b!.top], [1, 6, 11]);
  assert.ok(Number.isNaN(a!.own[1]!));
});

test('an open-high-low-close bar has a stem and two ticks, of the colour of its direction', () => {
  const { pen, path } = recordingPen();
  const one = (v: number): Float64Array => Float64Array.of(v);
  drawOhlc(pen, { u: one(50), open: one(40), high: one(10), low: one(60), close: one(20), rising: () => true, start: 0, end: 1, swapped: false, room: 20, ratio: 1 }, { up: 'u', down: 'd' }, 2);
  assert.equal(path(), 'R49,10,2,50 R42.4,39,7.6,2 R50,19,7.6,2');
});

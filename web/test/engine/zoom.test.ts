import assert from 'node:assert/strict';
import { test } from 'node:test';
import { UTC } from '../../src/engine/time';
import { buttonSpan, isWhole, panned, within, zoomed } from '../../src/engine/zoom';

test('zooming keeps what is under the pointer where it is', () => {
  assert.deepEqual(zoomed([0, 100], [0, 100], 0.25, 0.5, false), [12.5, 62.5]);
  assert.deepEqual(zoomed([0, 100], [0, 100], 0.5, 4, false), [0, 100]);
  const [low, high] = zoomed([1, 10_000], [1, 10_000], 0.5, 0.5, true);
  assert.ok(Math.abs(low - 10) < 1e-9 && Math.abs(high - 1000) < 1e-9);
});

test('zooming ends where doubles do', () => {
  let span: readonly [number, number] = [1.7e12, 1.8e12];
  for (let i = 0; i < 200; i++) span = zoomed(span, [1.7e12, 1.8e12], 0.3, 0.5, false);
  assert.ok(span[1] > span[0]);
});

test('panning stops at the ends', () => {
  assert.deepEqual(panned([10, 20], [0, 100], 0.5, false), [15, 25]);
  assert.deepEqual(panned([10, 20], [0, 100], -5, false), [0, 10]);
  assert.deepEqual(within([90, 120], [0, 100]), [70, 100]);
  assert.equal(isWhole([0, 100], [0, 100]), true);
  assert.equal(isWhole([1, 100], [0, 100]), false);
});

test('range buttons count calendar months back from the end of what is shown', () => {
  const whole = [Date.UTC(2020, 0, 1), Date.UTC(2024, 2, 31)] as const;
  const span = (type: string, count: number, shown: readonly [number, number] = whole): string[] | null =>
    buttonSpan({ type, count }, shown, whole, UTC)?.map((t) => new Date(t).toISOString().slice(0, 10)) ?? null;
  assert.deepEqual(span('month', 1), ['2024-02-29', '2024-03-31']);
  assert.deepEqual(span('year', 1), ['2023-03-31', '2024-03-31']);
  assert.deepEqual(span('ytd', 1), ['2024-01-01', '2024-03-31']);
  assert.equal(span('all', 1), null);
  assert.deepEqual(span('month', 3, [Date.UTC(2020, 0, 1), Date.UTC(2020, 1, 1)]), ['2020-01-01', '2020-04-02']);
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { at, effective, equal, merge, parseView } from '../../src/model/options';

test('settings take the place of the view’s options; the view’s own arguments win over both', () => {
  const view = parseView({ type: 'area', height: 500, options: { title: { text: 'own' } } });
  assert.deepEqual(effective(view, null), { title: { text: 'own' }, chart: { type: 'area', height: 500 } });
  assert.deepEqual(effective(view, { chart: { type: 'bar', width: 9 } }), { chart: { type: 'area', height: 500, width: 9 } });
  assert.deepEqual(effective(parseView({}), { chart: { type: 'bar' } }), { chart: { type: 'bar' } });
});

test('a view is read leniently: what is not as it should be is left out', () => {
  assert.deepEqual(parseView({ height: 'tall', width: -1, stock: 1, live: true, settings: '', options: [] }), { live: true });
  assert.deepEqual(parseView(null), {});
});

test('merging joins records and replaces everything else', () => {
  const base = { a: { b: 1, c: [1, 2] }, d: 1 };
  assert.deepEqual(merge(base, { a: { c: [3] }, d: { e: 2 } }), { a: { b: 1, c: [3] }, d: { e: 2 } });
  assert.deepEqual(base, { a: { b: 1, c: [1, 2] }, d: 1 }, 'the base is left as it was');
});

test('a key called __proto__ is a key and no more', () => {
  const merged = merge({}, JSON.parse('{"__proto__": {"polluted": true}}') as Record<string, unknown>);
  assert.equal(({} as Record<string, unknown>)['polluted'], undefined);
  assert.deepEqual(Object.keys(merged), ['__proto__']);
  assert.equal(at({}, 'constructor'), undefined);
});

test('reads a place, through a list its first', () => {
  assert.equal(at({ xAxis: { type: 'logarithmic' } }, 'xAxis', 'type'), 'logarithmic');
  assert.equal(at({ xAxis: [{ type: 'logarithmic' }] }, 'xAxis', 'type'), 'logarithmic');
  assert.equal(at({ xAxis: 3 }, 'xAxis', 'type'), undefined);
});

test('equal as JSON', () => {
  assert.ok(equal({ a: [1, { b: null }], c: 'x' }, { c: 'x', a: [1, { b: null }] }));
  assert.ok(!equal({ a: 1 }, { a: 1, b: undefined }));
  assert.ok(!equal([1, 2], [2, 1]));
  assert.ok(!equal(null, {}));
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseListing } from '../../src/model/listing';
import { closeness, matches } from '../../src/model/search';

test('the name that was typed comes before those that merely hold it', () => {
  const names = ['Series 12', 'Series 20', 'my series 2', 'SERIES 2', 'Series 2', '2 Series'];
  const order = [...names].sort((a, b) => closeness(b, ' Series 2') - closeness(a, ' Series 2'));
  assert.deepEqual(order, ['Series 2', 'SERIES 2', 'Series 20', 'my series 2', 'Series 12', '2 Series']);
});

test('every word must be held, in any order, whatever its capitals and accents; no more are given than are wanted', () => {
  const names = ['Zürich air', 'air of Zurich', 'Zurich', 'Genève'];
  const listing = parseListing({ revision: 'r', series: names.map((name) => ({ file: `${name}.json`, name, kind: 'y' })) });
  const found = (typed: string, most = 10, without: string[] = []): string[] => matches(listing, typed, most, new Set(without)).map((one) => one.name);
  assert.deepEqual(found('zurich AIR'), ['Zürich air', 'air of Zurich']);
  assert.deepEqual(found('zurich'), ['Zurich', 'Zürich air', 'air of Zurich']);
  assert.deepEqual(found('zürich', 2), ['Zurich', 'Zürich air']);
  assert.deepEqual(found('geneve'), ['Genève']);
  assert.deepEqual(found('', 2, ['Zürich air.json']), ['air of Zurich', 'Zurich']);
  assert.deepEqual(found('paris'), []);
});

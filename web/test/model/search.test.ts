import assert from 'node:assert/strict';
import { test } from 'node:test';
import { closeness } from '../../src/model/search';

test('the name that was typed comes before those that merely hold it', () => {
  const names = ['Series 12', 'Series 20', 'my series 2', 'SERIES 2', 'Series 2', '2 Series'];
  const order = [...names].sort((a, b) => closeness(b, ' Series 2') - closeness(a, ' Series 2'));
  assert.deepEqual(order, ['Series 2', 'SERIES 2', 'Series 20', 'my series 2', 'Series 12', '2 Series']);
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { follow, union } from '../../src/model/follow';

test('a window at the right edge follows, keeping its width', () => {
  assert.deepEqual(follow({ from: 80, to: 100 }, [0, 100], [0, 110]), { from: 90, to: 110 });
});

test('any other window holds still', () => {
  assert.deepEqual(follow({ from: 20, to: 50 }, [0, 100], [0, 110]), { from: 20, to: 50 });
  assert.deepEqual(follow({ from: 80, to: 99 }, [0, 100], [0, 110]), { from: 80, to: 99 });
});

test('a window beyond the edge waits until the data reach its own', () => {
  const range = { from: 90, to: 120 };
  assert.equal(follow(range, [0, 100], [0, 110]), range);
  assert.deepEqual(follow(range, [0, 110], [0, 125]), { from: 95, to: 125 });
});

test('everything stays everything; data that shrink or were not there move nothing', () => {
  assert.equal(follow(null, [0, 100], [0, 110]), null);
  const range = { from: 80, to: 100 };
  assert.equal(follow(range, [0, 100], [0, 90]), range);
  assert.equal(follow(range, null, [0, 90]), range);
});

test('the union of extents', () => {
  assert.deepEqual(union([[0, 2], null, [-1, 1]]), [-1, 2]);
  assert.equal(union([null]), null);
});

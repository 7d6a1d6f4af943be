import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseListing, sameContent, withStamps, type Listing } from '../../src/model/listing';
import { add, known, MOST_SHOWN, opening, remove, SHOWN_BY_THEMSELVES, update, type Selection } from '../../src/model/selection';

type Given = Record<string, unknown> & { name: string };

const listing = (...series: Given[]): Listing => parseListing({
  revision: 'r', series: series.map((one, i) => ({ file: `${one.name}.json`, display: true, index: i, stamp: 's', size: 1, kind: 'xy', attributes: {}, ...one })),
});
const names = (selection: Selection): string[] => selection.map((one) => one.file.replace('.json', ''));
const slots = (selection: Selection): number[] => selection.map((one) => one.slot);
const pick = (from: Listing, colors: number, ...files: string[]): Selection =>
  files.reduce<Selection>((selection, name) => add(selection, from.byFile.get(`${name}.json`)!, colors), []);

test('opens with the series whose display is true, in order', () => {
  assert.deepEqual(names(opening(listing({ name: 'A' }, { name: 'B', display: false }, { name: 'C' }), 10)), ['A', 'C']);
});

test('a colour is the index in the palette, so that coupled charts agree', () => {
  const all = listing({ name: 'A' }, { name: 'B' }, { name: 'C' });
  assert.deepEqual(slots(pick(all, 10, 'C', 'A')), [2, 0]);
});

test('a colour that is shown already gives way to the next free one', () => {
  const all = listing({ name: 'A', index: 0 }, { name: 'B', index: 10 }, { name: 'C', index: 1 });
  assert.deepEqual(slots(pick(all, 10, 'A', 'B', 'C')), [0, 1, 2]);
});

test('the search for a free colour goes round; when all are taken the least taken is used', () => {
  const all = listing({ name: 'A', index: 2 }, { name: 'B', index: 2 }, { name: 'C', index: 2 }, { name: 'D', index: 2 }, { name: 'E', index: 2 });
  assert.deepEqual(slots(pick(all, 3, 'A', 'B', 'C', 'D', 'E')), [2, 0, 1, 2, 0]);
});

test('colours stay while others come and go', () => {
  const all = listing({ name: 'A' }, { name: 'B' }, { name: 'C' });
  const left = remove(pick(all, 10, 'A', 'B', 'C'), 'A.json');
  assert.deepEqual(slots(left), [1, 2]);
  assert.deepEqual(slots(add(left, all.byFile.get('A.json')!, 10)), [1, 2, 0]);
});

test('adding twice adds once', () => {
  assert.deepEqual(names(pick(listing({ name: 'A' }), 10, 'A', 'A')), ['A']);
});

test('update shows what is new with display, and nothing else', () => {
  const before = listing({ name: 'A' });
  const now = listing({ name: 'A' }, { name: 'MSFT' }, { name: 'OHLC', display: false });
  assert.deepEqual(names(update(opening(before, 10), known(before), now, 10)), ['A', 'MSFT']);
});

test('update leaves what the person added and removed', () => {
  const before = listing({ name: 'A' }, { name: 'B', display: false });
  const own = add(remove(opening(before, 10), 'A.json'), before.byFile.get('B.json')!, 10);
  const now = listing({ name: 'A', stamp: 's2' }, { name: 'B', display: false, stamp: 's2' });
  assert.deepEqual(names(update(own, known(before), now, 10)), ['B']);
});

test('display acts when it changes: it rises and shows, it falls and hides', () => {
  const before = listing({ name: 'A' }, { name: 'B', display: false });
  const now = listing({ name: 'A', display: false }, { name: 'B' });
  assert.deepEqual(names(update(opening(before, 10), known(before), now, 10)), ['B']);
});

test('a series that is gone goes, and comes back as a new one', () => {
  const before = listing({ name: 'A' }, { name: 'B' });
  const without = listing({ name: 'B' });
  const after = update(opening(before, 10), known(before), without, 10);
  assert.deepEqual(names(after), ['B']);
  assert.deepEqual(names(update(after, known(without), before, 10)), ['B', 'A']);
});

test('display alone shows no more than the page can bear; the person no more than a request holds', () => {
  const many = listing(...Array.from({ length: 1500 }, (_, i) => ({ name: `n${i}` })));
  assert.equal(opening(many, 10).length, SHOWN_BY_THEMSELVES);
  assert.equal(update([], new Map(), many, 10).length, SHOWN_BY_THEMSELVES);
  assert.equal(many.series.reduce<Selection>((selection, one) => add(selection, one, 10), []).length, MOST_SHOWN);
});

test('a listing is checked: what is missing gets its default, what is no listing is refused', () => {
  const one = parseListing({ series: [{ file: 'x.json' }] }).series[0];
  assert.deepEqual(one, { file: 'x.json', name: 'x.json', display: true, index: 0, stamp: '', size: 0, kind: 'empty', attributes: {} });
  assert.throws(() => parseListing({}), TypeError);
  assert.throws(() => parseListing({ series: [{}] }), TypeError);
});

test('content is the same when every stamp, display and broken file is', () => {
  const a = listing({ name: 'A' }, { name: 'B' });
  assert.ok(sameContent(a, listing({ name: 'A' }, { name: 'B' })));
  assert.ok(!sameContent(a, listing({ name: 'A', stamp: 't' }, { name: 'B' })));
  assert.ok(!sameContent(a, listing({ name: 'A', display: false }, { name: 'B' })));
  assert.ok(!sameContent(a, listing({ name: 'A' })));
  assert.ok(sameContent(withStamps(a, 'r2', new Map([['A.json', 't']])), listing({ name: 'A', stamp: 't' }, { name: 'B' })));
});

test('a series whose file is broken for a moment keeps its place and its colour', () => {
  const before = listing({ name: 'A' }, { name: 'B', display: false }, { name: 'C' });
  const selection = pick(before, 10, 'B', 'C', 'A');
  const half: Listing = { ...listing({ name: 'A' }, { name: 'C', index: 2 }), broken: [{ file: 'B.json', reason: 'the text ends too early' }] };
  const kept = update(selection, known(before), half, 10);
  assert.deepEqual(kept, selection);
  assert.deepEqual(update(kept, known(half), before, 10), selection);
});

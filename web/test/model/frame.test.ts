import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decodeFrame, FrameError, isFailure, type FrameSeries } from '../../src/model/frame';
import { assemble, entryOf, frameOf } from './frames';

const COLUMN = '"role":"x","type":"f64"';
const withColumns = (columns: string, parts: Uint8Array[] = []): ArrayBuffer =>
  assemble(`{"series":[${JSON.stringify(entryOf('A.json')).slice(0, -1)},"columns":[${columns}]}]}`, parts);

test('reads numbers, texts and failures in the order of the request', () => {
  const frame = frameOf([
    { entry: entryOf('A.json'), columns: [{ role: 'x', numbers: [0, 1] }, { role: 'y', numbers: [5, NaN] }] },
    { entry: { file: 'gone.json', error: 'there is no series gone.json' } },
    { entry: entryOf('N.json', { kind: 'named' }), columns: [{ role: 'label', texts: ['äpfel', '', '🎉'] }, { role: 'y', numbers: [1, 2, 3] }] },
  ]);
  const [a, gone, n] = decodeFrame(frame);
  assert.ok(a !== undefined && !isFailure(a) && gone !== undefined && isFailure(gone) && n !== undefined && !isFailure(n));
  assert.deepEqual([...(a.columns['x'] ?? [])], [0, 1]);
  assert.ok(Number.isNaN(a.columns['y']?.[1]));
  assert.equal(a.columns['x']?.buffer, frame, 'columns are views, not copies');
  assert.deepEqual(a.extent, { x: [0, 1], y: [5, 6] });
  assert.equal(gone.error, 'there is no series gone.json');
  assert.deepEqual(n.texts['label'], ['äpfel', '', '🎉']);
});

test('ignores roles that it does not know', () => {
  const [a] = decodeFrame(frameOf([{ entry: entryOf('A.json'), columns: [{ role: 'x', numbers: [1] }, { role: 'size', numbers: [1, 2, 3] }] }]));
  assert.ok(a !== undefined && !isFailure(a));
  assert.deepEqual(Object.keys(a.columns), ['x']);
});

test('an empty series has no extent', () => {
  const [a] = decodeFrame(frameOf([{ entry: entryOf('A.json', { kind: 'empty', count: 0, extent: null }) }]));
  assert.ok(a !== undefined && !isFailure(a));
  assert.deepEqual(a.extent, { x: null, y: null });
});

const malformed: [string, ArrayBuffer, RegExp][] = [
  ['nothing', new ArrayBuffer(0), /at least 12 bytes/],
  ['another magic', new TextEncoder().encode('CHARTSF2\0\0\0\0\0\0\0\0').buffer as ArrayBuffer, /version 1/],
  ['a header beyond the end', assemble('{"series":[]}').slice(0, 16), /ends beyond the frame/],
  ['a header that is not JSON', assemble('{"series":['), /not JSON/],
  ['a header that is a list', assemble('[]'), /not a record/],
  ['no series', assemble('{}'), /series .* not a list/],
  ['a series without file', assemble('{"series":[{}]}'), /file .* not text/],
  ['an unknown kind', frameOf([{ entry: entryOf('A.json', { kind: 'pie' }) }]), /kind/],
  ['a count below zero', frameOf([{ entry: entryOf('A.json', { count: -1 }) }]), /count/],
  ['an extent of one number', frameOf([{ entry: entryOf('A.json', { extent: { x: [1] } }) }]), /extent of x/],
  ['a column beyond the end', withColumns(`{${COLUMN},"offset":0,"count":1}`), /ends beyond the frame/],
  ['a column that is enormous', withColumns(`{${COLUMN},"offset":0,"count":9007199254740991}`), /ends beyond the frame/],
  ['a column off its alignment', withColumns(`{${COLUMN},"offset":4,"count":1}`, [new Uint8Array(16)]), /multiple of 8/],
  ['a column of another type', withColumns('{"role":"x","type":"f32","offset":0,"count":1}', [new Uint8Array(8)]), /expected f64/],
  ['a role twice', withColumns(`{${COLUMN},"offset":0,"count":1},{${COLUMN},"offset":0,"count":1}`, [new Uint8Array(8)]), /two columns x/],
  ['columns of different lengths', frameOf([{ entry: entryOf('A.json'), columns: [{ role: 'x', numbers: [1] }, { role: 'y', numbers: [1, 2] }] }]), /differ in length/],
  ['texts outside the frame', withColumns('{"role":"label","type":"text","offset":0,"count":1}', [Uint8Array.of(0, 0, 0, 0, 255, 0, 0, 0)]), /outside the frame/],
  ['texts that run backwards', withColumns('{"role":"label","type":"text","offset":0,"count":1}', [Uint8Array.of(4, 0, 0, 0, 0, 0, 0, 0)]), /outside the frame/],
];

for (const [what, bytes, message] of malformed) {
  test(`refuses ${what}`, () => {
    assert.throws(() => decodeFrame(bytes), (error: unknown) => error instanceof FrameError && message.test(error.message));
  });
}

test('refuses every truncation', () => {
  const whole = frameOf([{ entry: entryOf('A.json'), columns: [{ role: 'x', numbers: [0, 1] }, { role: 'label', texts: ['ab', 'c'] }] }]);
  for (let length = 0; length < whole.byteLength - 8; length++) assert.throws(() => decodeFrame(whole.slice(0, length)), FrameError, `${length} bytes`);
});

test('progress, sums and counts are read; absent, there are none', () => {
  const frame = frameOf([
    { entry: entryOf('A', { raw: false, progress: 0.25 }), columns: [{ role: 'x', numbers: [1] }, { role: 'y', numbers: [2] }] },
    { entry: entryOf('B', { raw: false, stacked: true }), columns: [] },
    { entry: entryOf('C', { raw: false, binned: true }), columns: [{ role: 'x', numbers: [1] }, { role: 'y', numbers: [2] }, { role: 'count', numbers: [7] }] },
    { entry: entryOf('D') },
  ]);
  const read = decodeFrame(frame) as FrameSeries[];
  assert.deepEqual(read.map(({ progress, stacked, binned }) => [progress, stacked, binned]), [[0.25, false, false], [null, true, false], [null, false, true], [null, false, false]]);
  assert.deepEqual([...read[2]!.columns['count']!], [7]);
  assert.throws(() => decodeFrame(frameOf([{ entry: entryOf('A', { progress: 'half' }) }])), /progress .* is not a number from 0 to 1/);
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Track, fillArea, runsOf, strokeLine } from '../../src/engine/lines';
import { recordingPen } from './windows';

const stroke = { color: 'red', width: 2, dash: [] };

function track(v: readonly number[], more: Partial<Track> = {}): Track {
  return { u: Float64Array.from(v, (_, i) => i * 10), v: Float64Array.from(v), start: 0, end: v.length, shape: 'straight', swapped: false, ...more };
}

test('a line is the polyline through every vertex', () => {
  const { pen, calls, path } = recordingPen();
  strokeLine(pen, track([1, 2, 3]), stroke);
  assert.equal(path(), 'M0,1 L10,2 L20,3');
  assert.equal(pen.lineJoin, 'round');
  assert.equal(pen.lineWidth, 2);
  assert.equal(calls.filter(([name]) => name === 'stroke').length, 1);
});

test('a thousand vertices within one pixel are all drawn', () => {
  const { pen, calls } = recordingPen();
  const n = 1000;
  strokeLine(pen, { ...track([]), u: Float64Array.from({ length: n }, (_, i) => i / n), v: new Float64Array(n), end: n }, stroke);
  assert.equal(calls.filter(([name]) => name === 'lineTo').length, n - 1);
});

test('NaN breaks the line, a lone point is a dot', () => {
  const { pen, path } = recordingPen();
  const gaps = track([NaN, 1, 2, NaN, 3, NaN, 4, 5]);
  assert.deepEqual(runsOf(gaps), [[1, 3], [4, 5], [6, 8]]);
  strokeLine(pen, gaps, stroke);
  assert.equal(path(), 'M10,1 L20,2 M60,4 L70,5 M41,3 A40,3,1,0,6.28');
});

test('swapped axes swap every coordinate', () => {
  const { pen, path } = recordingPen();
  strokeLine(pen, track([1, 2], { swapped: true }), stroke);
  assert.equal(path(), 'M1,0 L2,10');
});

test('steps rise where they are told', () => {
  const drawn = (shape: Track['shape']): string => {
    const { pen, path } = recordingPen();
    strokeLine(pen, track([1, 5], { shape }), stroke);
    return path();
  };
  assert.equal(drawn('left'), 'M0,1 L10,1 L10,5 L10,5');
  assert.equal(drawn('right'), 'M0,1 L0,1 L0,5 L10,5');
  assert.equal(drawn('center'), 'M0,1 L5,1 L5,5 L10,5');
});

test('a spline never leaves the range of its points', () => {
  const { pen, calls } = recordingPen();
  strokeLine(pen, track([0, 10, 10, 0, 5], { shape: 'spline' }), stroke);
  const curves = calls.filter(([name]) => name === 'bezierCurveTo');
  assert.equal(curves.length, 4);
  for (const [, , b, , d] of curves) for (const v of [b, d]) assert.ok((v as number) >= 0 && (v as number) <= 10);
});

test('an area returns along its base', () => {
  const flat = recordingPen();
  fillArea(flat.pen, track([1, 2, 3]), 9, 'red');
  assert.equal(flat.path(), 'M0,1 L10,2 L20,3 L20,9 L0,9 Z');
  const stacked = recordingPen();
  fillArea(stacked.pen, track([1, 2, 3]), Float64Array.of(7, 8, 9), 'red');
  assert.equal(stacked.path(), 'M0,1 L10,2 L20,3 L20,9 L10,8 L0,7 Z');
});

test('the base of a stepped area has the same corners as its line', () => {
  const { pen, path } = recordingPen();
  fillArea(pen, track([1, 5], { shape: 'left' }), Float64Array.of(8, 9), 'red');
  assert.equal(path(), 'M0,1 L10,1 L10,5 L10,5 L10,9 L10,9 L10,8 L0,8 Z');
});

test('an opaque line is drawn in pieces that leave nothing out; one that shines through in one', () => {
  const n = 1500;
  const long: Track = { u: Float64Array.from({ length: n }, (_, i) => i), v: new Float64Array(n), start: 0, end: n, shape: 'straight', swapped: false };
  const drawn = (opaque: boolean): { strokes: number; path: string } => {
    const { pen, calls, path } = recordingPen();
    strokeLine(pen, long, { color: 'red', width: 2, dash: [], opaque });
    return { strokes: calls.filter(([name]) => name === 'stroke').length, path: path() };
  };
  const [whole, pieces] = [drawn(false), drawn(true)];
  assert.deepEqual([whole.strokes, pieces.strokes], [1, 3]);
  assert.equal(pieces.path.replace(/ M[\d,]+/g, ''), whole.path, 'the same vertices, in the same order');
  assert.deepEqual(pieces.path.match(/M[\d,]+/g), ['M0,0', 'M512,0', 'M1024,0']);
});

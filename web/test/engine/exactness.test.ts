// What is drawn and read where a window holds no points of the series themselves: sums, counts, vertices.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { demandsOf } from '../../src/engine/demands';
import { densityOf, opacityOf } from '../../src/engine/density';
import { Draft } from '../../src/engine/draft';
import { drawScene } from '../../src/engine/layer';
import { fillBetween, heightAt } from '../../src/engine/lines';
import { nearestSamples } from '../../src/engine/nearest';
import { type Plan, planChart } from '../../src/engine/plan';
import { readoutOf } from '../../src/engine/readout';
import { toPixel } from '../../src/engine/scale';
import { Truths, wantsTruth } from '../../src/engine/truth';
import type { Options, SeriesWindow } from '../../src/model/drawing';
import { measure, recordingPen, windowOf } from './windows';

const place = { width: 800, height: 400, ratio: 1, measure };

function plan(series: readonly SeriesWindow[], options: Options = {}): Plan {
  return planChart(series, { options: { lang: { locale: 'en-US' }, ...options }, stock: false, dark: false }, null, place);
}

const pixels = { columns: 1000, rows: 300 };
const demands = (series: readonly SeriesWindow[], options: Options): ReturnType<typeof demandsOf> => demandsOf(series, { options, stock: false, dark: false }, pixels);

test('stacks are asked for as they are drawn: by type, axis and stack, of what can be summed', () => {
  const [A, B, C, D] = ['A', 'B', 'C', 'D'].map((name) => windowOf(name, 'xy', {})) as [SeriesWindow, SeriesWindow, SeriesWindow, SeriesWindow];
  const normal = { plotOptions: { series: { stacking: 'normal' } } };
  assert.deepEqual(demands([A, B, C], normal).stacks, [['A.json', 'B.json', 'C.json']]);
  assert.deepEqual(demands([A, { ...B, attributes: { type: 'column' } }, C, { ...D, attributes: { type: 'column' } }], normal).stacks, [['A.json', 'C.json'], ['B.json', 'D.json']]);
  assert.deepEqual(demands([A, { ...B, attributes: { stack: 'other' } }], normal).stacks, [], 'one alone is its own sum');
  assert.deepEqual(demands([A, { ...B, kind: 'ohlc' }], normal).stacks, []);
  assert.deepEqual(demands([A, B], { plotOptions: { series: { stacking: 'percent' } } }).stacks, []);
  assert.deepEqual(demands([A, B], {}), { stacks: [], bins: null });
});

test('points are counted in the plot’s pixels, within the limits that the axis names', () => {
  const series = [windowOf('P', 'xy', {}, { attributes: { type: 'scatter' } }), windowOf('L', 'xy', {})];
  assert.deepEqual(demands(series, {}).bins, { series: ['P.json'], columns: 1000, rows: 300, low: null, high: null });
  assert.deepEqual(demands(series, { yAxis: { min: 0, max: 5 } }).bins, { series: ['P.json'], columns: 1000, rows: 300, low: 0, high: 5 });
  const apart = [series[0]!, windowOf('Q', 'xy', {}, { attributes: { type: 'scatter', yAxis: 1 } })];
  assert.deepEqual(demands(apart, { yAxis: [{ min: 0, max: 5 }, {}] }).bins, { series: ['P.json', 'Q.json'], columns: 1000, rows: 300, low: null, high: null });
});

const summed = [
  windowOf('A', 'xy', { x: [0, 2, 4], y: [1, 3, 1] }, { raw: false, stacked: true }),
  windowOf('B', 'xy', { x: [0, 1, 4], y: [4, 6, 2] }, { raw: false, stacked: true }),
];
const stacking = { chart: { type: 'area' }, plotOptions: { series: { stacking: 'normal' } } };

test('sums are drawn between each line and the one below, whose vertices have x of their own', () => {
  const { marks, notices, yAxes, scene } = plan(summed, stacking);
  assert.deepEqual(marks.map((mark) => [[...mark.y], mark.under === null ? null : [...mark.under.y]]), [[[1, 3, 1], null], [[4, 6, 2], [1, 3, 1]]]);
  assert.deepEqual(notices, []);
  assert.ok(yAxes[0]!.min <= 0 && yAxes[0]!.max >= 6);
  drawScene(recordingPen().pen, scene);
  const { pen, path } = recordingPen();
  fillBetween(pen, { u: Float64Array.of(0, 1, 4), v: Float64Array.of(4, 6, 2), start: 0, end: 3, shape: 'straight', swapped: false }, { u: Float64Array.of(0, 2, 4), v: Float64Array.of(1, 3, 1) }, 'red');
  assert.equal(path(), 'M0,4 L1,6 L4,2 L4,1 L2,3 L0,1 Z');
});

test('a gap of the sums is a gap of the area; beside it the line below is cut where the gap is', () => {
  const { pen, path } = recordingPen();
  fillBetween(pen, { u: Float64Array.of(0, 1, 1, 3, 4), v: Float64Array.of(4, 6, NaN, 5, 2), start: 0, end: 5, shape: 'straight', swapped: false }, { u: Float64Array.of(0, 2, 4), v: Float64Array.of(1, 3, 1) }, 'red');
  assert.equal(path(), 'M0,4 L1,6 L1,2 L0,1 Z M3,5 L4,2 L4,1 L3,2 Z');
  assert.equal(heightAt({ u: Float64Array.of(4, 2, 0), v: Float64Array.of(1, 3, 1) }, 3), 2, 'a reversed axis');
});

test('columns of sums begin at the bottom, the lowest drawn last', () => {
  const { marks } = plan(summed, { ...stacking, chart: { type: 'column' } });
  assert.deepEqual(marks.map((mark) => mark.series.name), ['B', 'A']);
});

test('what the page sums from reduced points it says, but not while it is coarse, and not of sums', () => {
  const apart = summed.map((one) => ({ ...one, stacked: false }));
  assert.match(plan(apart, stacking).notices.join(), /do not share their x: it is summed from reduced points/);
  assert.match(plan(apart, { ...stacking, plotOptions: { series: { stacking: 'percent' } } }).notices.join(), /summed from reduced points/);
  assert.deepEqual(plan(apart.map((one) => ({ ...one, progress: 0.5 })), stacking).notices, []);
});

const counted = windowOf('P', 'xy', { x: [0.5, 9.5, 4.5], y: [0.5, 3.5, 1.5], count: [1, 1000, 30] }, {
  attributes: { type: 'scatter' }, raw: false, count: 1031, extent: { x: [0, 10], y: [0, 4] }, bins: { columns: 10, rows: 4, x: [0, 10], y: [0, 4] },
});

test('counted points are drawn as a density: all of them, none where there is none, stronger where there are more', () => {
  const { marks, scene, notices } = plan([counted]);
  assert.deepEqual(notices, []);
  const { counts, width, height, most } = densityOf(marks[0]!, scene.stage);
  assert.deepEqual([width, height], [scene.plot.width, scene.plot.height]);
  assert.ok(Math.abs(counts.reduce((sum, count) => sum + count, 0) - 1031) < 0.01);
  assert.ok(most > 0 && counts.some((count) => count === 0));
  assert.equal(opacityOf(0, 1000), 0);
  assert.ok(opacityOf(1, 1000) > 50 && opacityOf(30, 1000) > opacityOf(1, 1000) && opacityOf(1000, 1000) === 255);
  drawScene(recordingPen().pen, scene);
});

test('the values of a bin are its count and its range; nothing is asked for', () => {
  const made = plan([counted]);
  const { stage } = made.scene;
  const [sample] = nearestSamples(made, toPixel(stage.x, 4.4), toPixel(stage.y[0]!, 1.6));
  assert.deepEqual([sample?.index, wantsTruth(sample!.mark)], [2, false]);
  const readout = readoutOf(made, [sample!], 5, 0);
  assert.equal(readout?.header, '4 – 5');
  assert.deepEqual(readout?.rows.map(({ value, details }) => [value, details]), [['30 points', 'from 1 to 2']]);
});

const reduced = windowOf('R', 'xy', { x: [0, 10, 20], y: [1, 9, 2] }, { raw: false });
const sampleOf = (file: string, x: number, more: Record<string, number>): { file: string; stamp: string; columns: Record<string, Float64Array> } => ({
  file, stamp: 's1', columns: { x: Float64Array.of(x), ...Object.fromEntries(Object.entries(more).map(([role, value]) => [role, Float64Array.of(value)])) },
});

test('a vertex is read until the true sample has come, then what is nearer; of another state nothing is used', () => {
  const made = plan([reduced]);
  const truths = new Truths();
  const vertex = nearestSamples(made, toPixel(made.scene.stage.x, 9), 0)[0]!;
  const read = (x: number): [number, number] => {
    const sample = truths.at(made, vertex, x)!;
    return [sample.mark.x[sample.index]!, sample.mark.own[sample.index]!];
  };
  assert.deepEqual(read(9), [10, 9]);
  truths.take([sampleOf('R.json', 9.01, { y: 4 })]);
  assert.deepEqual(read(9), [9.01, 4]);
  assert.deepEqual(read(10), [10, 9]);
  truths.take([{ ...sampleOf('R.json', 9.01, { y: 4 }), stamp: 's2' }]);
  assert.deepEqual(read(9), [10, 9]);
  assert.ok(!wantsTruth(plan([{ ...reduced, raw: true }]).marks[0]!), 'raw windows hold every sample');
});

test('of sums and of bars of many samples nothing is said before the sample has come', () => {
  const made = plan(summed, stacking);
  const truths = new Truths();
  const samples = nearestSamples(made, toPixel(made.scene.stage.x, 3), 0);
  assert.equal(samples.length, 2);
  assert.deepEqual(samples.map((sample) => truths.at(made, sample, 3)), [null, null]);
  truths.take([sampleOf('A.json', 3, { y: 2 }), sampleOf('B.json', 3, { y: 1.25 })]);
  const found = samples.flatMap((sample) => truths.at(made, sample, 3) ?? []);
  const readout = readoutOf(made, found, 5, 0);
  assert.deepEqual(readout?.rows.map(({ name, value }) => [name, value]), [['A', '2'], ['B', '1.25']], 'own values, as they are stored');
  const upper = found.find(({ mark }) => mark.series.name === 'B')!;
  assert.equal(upper.py, toPixel(made.scene.stage.y[0]!, 6 - (4 * 2) / 3), 'the dot stands on the line of the sums');
});

test('a draft covers what the line covers', () => {
  const draft = new Draft({ left: 0, top: 0, width: 20, height: 20 }, 1);
  draft.line({ u: Float64Array.of(2, 18), v: Float64Array.of(10, 10), start: 0, end: 2, shape: 'straight', swapped: false }, 2, [10, 20, 30]);
  draft.paint();
  const at = (x: number, y: number): number[] => [...draft.bytes.slice(4 * (y * 20 + x), 4 * (y * 20 + x) + 4)];
  assert.deepEqual([at(10, 8)[3], at(10, 9), at(10, 10), at(10, 11)[3]], [0, [10, 20, 30, 255], [10, 20, 30, 255], 0]);
  draft.clear();
  draft.line({ u: Float64Array.of(10.5, 10.5, 15.5), v: Float64Array.of(-50, 50, NaN), start: 0, end: 3, shape: 'straight', swapped: false }, 2, [255, 0, 0]);
  draft.paint();
  assert.deepEqual([8, 9, 10, 11, 12].map((x) => at(x, 5)[3]), [0, 128, 255, 128, 0], 'an upright line is as wide as it should be');
  assert.equal(at(15, 5)[3], 0, 'a gap is a gap');
});

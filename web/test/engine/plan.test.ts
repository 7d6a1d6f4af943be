import assert from 'node:assert/strict';
import { test } from 'node:test';
import { drawnType } from '../../src/engine/attributes';
import { drawnExtent } from '../../src/engine/extent';
import { drawScene } from '../../src/engine/layer';
import { nearestSamples, sameSample, sampleAt } from '../../src/engine/nearest';
import { sliceReadout, slicesOf } from '../../src/engine/pie';
import { type Plan, planChart } from '../../src/engine/plan';
import { readoutOf } from '../../src/engine/readout';
import { toPixel } from '../../src/engine/scale';
import type { Options, Range, SeriesWindow } from '../../src/model/drawing';
import { measure, recordingPen, windowOf, yWindow } from './windows';

const DAY = 86_400_000;
const place = { width: 800, height: 400, ratio: 1, measure };

function plan(series: readonly SeriesWindow[], options: Options = {}, range: Range | null = null, stock = false): Plan {
  return planChart(series, { options: { lang: { locale: 'en-US' }, ...options }, stock, dark: false }, range, place);
}

const times = windowOf('T', 'xy', { x: [0, DAY, 2 * DAY], y: [10, 30, 20] }, { attributes: { xtype: 'datetime' } });

test('the series’ type wins over the chart’s, its data over both', () => {
  assert.equal(drawnType('y', undefined, undefined, undefined), 'line');
  assert.equal(drawnType('y', undefined, undefined, 'area'), 'area');
  assert.equal(drawnType('y', 'line', undefined, 'bar'), 'line');
  assert.equal(drawnType('ohlc', undefined, undefined, undefined), 'ohlc');
  assert.equal(drawnType('ohlc', undefined, undefined, 'line'), 'ohlc');
  assert.equal(drawnType('ohlc', undefined, undefined, 'candlestick'), 'candlestick');
  assert.equal(drawnType('ohlc', 'line', undefined, undefined), 'line');
  assert.equal(drawnType('range', undefined, undefined, 'area'), 'arearange');
  assert.equal(drawnType('y', 'candlestick', undefined, undefined), 'line');
  assert.equal(drawnType('y', 'nonsense', undefined, undefined), 'line');
});

test('plotOptions.series, plotOptions.TYPE and the series itself, in this order', () => {
  const { marks } = plan([yWindow('A', [1, 2], { lineWidth: 5 }), yWindow('B', [1, 2])], { plotOptions: { series: { lineWidth: 1, opacity: 0.5 }, line: { lineWidth: 3 } } });
  assert.deepEqual(marks.map((m) => [m.options['lineWidth'], m.options['opacity']]), [[5, 0.5], [3, 0.5]]);
});

test('y is fitted to lines, and includes zero for areas and columns', () => {
  const line = plan([yWindow('A', [50, 60])]).yAxes[0]!;
  assert.ok(line.min > 0 && line.min <= 50 && line.max >= 60);
  assert.equal(plan([yWindow('A', [50, 60])], { chart: { type: 'area' } }).yAxes[0]!.min, 0);
  assert.equal(plan([yWindow('A', [50, 60])], { chart: { type: 'column' } }).yAxes[0]!.min, 0);
  assert.ok(plan([yWindow('A', [50, 60], { threshold: null })], { chart: { type: 'area' } }).yAxes[0]!.min > 0);
});

test('y fits what is shown, where the line crosses the edges too', () => {
  const { yAxes, shown } = plan([yWindow('A', [0, 100, 0, 10, 10, 10])], {}, { from: 2.5, to: 5 });
  assert.deepEqual(shown, [2.5, 5]);
  assert.ok(yAxes[0]!.max < 20);
  assert.ok(yAxes[0]!.min <= 5);
});

test('limits that are given hold exactly', () => {
  const [axis] = plan([yWindow('A', [1, 9])], { yAxis: { min: -3, max: 12.5 } }).yAxes;
  assert.deepEqual([axis!.min, axis!.max], [-3, 12.5]);
});

test('whole x has whole ticks; x in time has a time axis; names are categories', () => {
  assert.deepEqual(plan([yWindow('A', [1, 2, 4, 9])]).xAxis.labels, ['0', '1', '2', '3']);
  assert.equal(plan([times]).xAxis.kind, 'time');
  const named = plan([windowOf('N', 'named', { y: [1, 2] }, { texts: { label: ['a', 'b'] } }), windowOf('M', 'named', { y: [3, 4] }, { texts: { label: ['b', 'c'] } })]);
  assert.deepEqual(named.xAxis.labels, ['a', 'b', 'c']);
  assert.deepEqual([...named.marks[1]!.x], [1, 2]);
  assert.deepEqual(named.domain.whole, [-0.5, 2.5]);
});

test('times over plain numbers are told', () => {
  const { notices } = plan([times, yWindow('A', [1, 2])]);
  assert.match(notices.join(), /“T” has times and “A” plain numbers/);
});

test('a bar chart swaps its axes, and lines in it follow', () => {
  const swapped = plan([yWindow('A', [1, 2]), yWindow('L', [1, 2], { type: 'line' })], { chart: { type: 'bar' } });
  assert.equal(swapped.swapped, true);
  const { x, y } = swapped.scene.stage;
  assert.ok(toPixel(x, 0) < toPixel(x, 1), 'x runs downwards');
  assert.ok(toPixel(y[0]!, 0) < toPixel(y[0]!, 2), 'y runs to the right');
  const { pen, calls } = recordingPen();
  drawScene(pen, swapped.scene);
  const [, px, py] = calls.filter(([name]) => name === 'lineTo').at(-1)!;
  assert.deepEqual([px, py], [toPixel(y[0]!, 2), toPixel(x, 1)]);
});

test('a stock chart has its y axis on the right', () => {
  assert.equal(plan([times], {}, null, true).yAxes[0]!.opposite, true);
  assert.equal(plan([times]).yAxes[0]!.opposite, false);
});

test('series find their y axis by number or id; one that is not there is told', () => {
  const { marks, notices, yAxes } = plan([yWindow('A', [1, 2], { yAxis: 1 }), yWindow('B', [1, 2], { yAxis: 'vol' }), yWindow('C', [1, 2], { yAxis: 7 })], { yAxis: [{}, { id: 'vol' }] });
  assert.deepEqual(marks.map((m) => m.yAxis), [1, 1, 0]);
  assert.match(notices.join(), /“C” wants y axis 7/);
  assert.equal(yAxes.length, 2);
});

test('panes divide the plot', () => {
  const { scene, plot } = plan([yWindow('A', [1, 2]), yWindow('B', [1, 2], { yAxis: 1 })], { yAxis: [{ height: '60%' }, { top: '70%', height: '30%' }] });
  const [a, b] = scene.stage.panes;
  assert.equal(a!.top, plot.top);
  assert.ok(b!.top >= a!.top + a!.height);
  assert.ok(b!.top + b!.height <= plot.top + plot.height);
});

test('stacked percentages end at 100', () => {
  const { marks, yAxes } = plan([yWindow('A', [1, 2]), yWindow('B', [3, 2])], { chart: { type: 'column' }, plotOptions: { column: { stacking: 'percent' } } });
  assert.deepEqual([...marks[1]!.y], [100, 100]);
  assert.deepEqual([yAxes[0]!.min, yAxes[0]!.max], [0, 100]);
  assert.equal(yAxes[0]!.labels.at(-1), '100%');
});

test('a reduced window of a scatter is told', () => {
  const { notices } = plan([{ ...yWindow('A', [1, 2], { type: 'scatter' }), raw: false, count: 1e6 }]);
  assert.match(notices.join(), /1,000,000 points/);
});

test('the nearest samples: all series at one x, true values, gaps left out', () => {
  const made = plan([yWindow('A', [1, 2, 3]), yWindow('B', [10, NaN, 30])]);
  const { x } = made.scene.stage;
  const samples = nearestSamples(made, toPixel(x, 1) + 3, 100);
  assert.deepEqual(samples.map((s) => [s.mark.series.name, s.index]), [['A', 1]]);
  const both = readoutOf(made, nearestSamples(made, toPixel(x, 2) - 3, 100), 10, 0)!;
  assert.deepEqual(both.rows.map((r) => [r.name, r.value]), [['A', '3'], ['B', '30']]);
  assert.equal(both.header, '2');
});

test('the readout says a bar in full, prefix and suffix, and a time as exact as the data', () => {
  const bar = windowOf('O', 'ohlc', { x: [0, DAY], open: [1, 2], high: [4, 5], low: [0.5, 1], close: [3, 4] }, { attributes: { xtype: 'datetime' } });
  const made = plan([bar], { tooltip: { valuePrefix: '$', valueDecimals: 2 } });
  const { header, rows } = readoutOf(made, nearestSamples(made, toPixel(made.scene.stage.x, DAY), 100), 10, 0)!;
  assert.equal(header, 'Fri, 2 Jan 1970');
  assert.deepEqual([rows[0]!.value, rows[0]!.details], ['$4.00', 'open $2.00  high $5.00  low $1.00']);
});

test('formats of the tooltip are templates over the point’s own record', () => {
  const points = windowOf('P', 'points', { x: [1], y: [2] }, { texts: { point: ['{"x":1,"y":2,"note":"<b>hi</b>"}'] } });
  const made = plan([points], { tooltip: { headerFormat: 'x={point.x}', pointFormat: '<i>{series.name}</i> {point.note} {point.y:.1f}' } });
  const readout = readoutOf(made, nearestSamples(made, made.plot.left + made.plot.width / 2, 100), 10, 0)!;
  assert.equal(readout.header, 'x=1');
  assert.equal(readout.rows[0]!.text, 'P <b>hi</b> 2.0');
});

test('what is drawn: points and extents of what is shown', () => {
  const made = plan([yWindow('A', [1, 2, NaN, 9])]);
  assert.deepEqual(drawnExtent(made.marks[0]!, ...made.shown), { points: 3, x: [0, 3], y: [1, 9] });
});

test('empty and hopeless data draw without error', () => {
  for (const series of [[], [windowOf('E', 'empty', {})], [yWindow('A', [])], [yWindow('A', [NaN, NaN])], [yWindow('A', [7])], [yWindow('A', [5, 5, 5])], [yWindow('A', [1e308, -1e308])]]) {
    for (const type of ['line', 'area', 'column', 'bar', 'scatter', 'pie', 'spline', 'ohlc']) {
      const made = plan(series, { chart: { type } });
      const { pen } = recordingPen();
      drawScene(pen, made.scene);
      for (const axis of [made.xAxis, ...made.yAxes]) assert.ok(axis.max > axis.min, `${type} ${axis.min} ${axis.max}`);
    }
  }
});

test('options of the wrong shape do no harm', () => {
  const options = { chart: 5, xAxis: 'x', yAxis: [1, null], legend: [], tooltip: 'no', plotOptions: [], series: {}, title: 3 } as unknown as Options;
  assert.ok(plan([yWindow('A', [1, 2])], options).plot.width > 100);
});

test('many slices: the largest, and the rest as one', () => {
  const [pie] = plan([yWindow('A', Array.from({ length: 200 }, (_, i) => i + 1), { type: 'pie' })]).pies;
  const slices = slicesOf(pie!, null);
  assert.equal(slices.length, 60);
  assert.equal(slices.reduce((sum, s) => sum + s.value, 0), (200 * 201) / 2);
});

test('columns have air around their own ends only: the dates of a stock chart are those of its data', () => {
  const long = windowOf('L', 'xy', { x: [0, 10 * DAY], y: [1, 2] }, { attributes: { xtype: 'datetime' } });
  const bars = windowOf('O', 'ohlc', { x: [DAY, 2 * DAY], open: [1, 2], high: [4, 5], low: [0.5, 1], close: [3, 4] }, { attributes: { xtype: 'datetime' } });
  const both = plan([long, bars]).domain;
  assert.deepEqual([both.data, both.whole], [[0, 10 * DAY], [0, 10 * DAY]]);
  const alone = plan([bars]).domain;
  assert.deepEqual([alone.data, alone.whole], [[DAY, 2 * DAY], [0.5 * DAY, 2.5 * DAY]]);
});

test('of categories only the one under the pointer is read', () => {
  const named = (name: string, label: string[], y: number[]): SeriesWindow => windowOf(name, 'named', { y }, { texts: { label } });
  const made = plan([named('A', ['a', 'b', 'c'], [1, 2, 3]), named('B', ['a', 'c'], [4, 5])], { chart: { type: 'column' } });
  const read = (x: number): unknown => readoutOf(made, nearestSamples(made, toPixel(made.scene.stage.x, x), 100), 10, 0)!.rows.map((row) => [row.name, row.value]);
  assert.deepEqual([read(1), read(2)], [[['A', '2']], [['A', '3'], ['B', '5']]]);
});

test('values are read in the order of the series, whatever is drawn first', () => {
  const made = plan([yWindow('line', [1, 2]), yWindow('bars', [3, 4], { type: 'column' })]);
  assert.deepEqual(made.marks.map((mark) => mark.series.name), ['bars', 'line']);
  assert.deepEqual(readoutOf(made, nearestSamples(made, toPixel(made.scene.stage.x, 1), 100), 10, 0)!.rows.map((row) => row.name), ['line', 'bars']);
});

test('a sample is found again in the next drawing, by its x', () => {
  const before = plan([yWindow('A', [1, 2, 3])]);
  const sample = sampleAt(before, before.marks[0]!, 1);
  const grown = sameSample(plan([windowOf('A', 'y', { x: [0.5, 1, 7], y: [5, 6, 7] })]), sample);
  assert.deepEqual([grown?.index, grown?.mark.y[1]], [1, 6]);
  assert.equal(sameSample(plan([windowOf('A', 'y', { x: [0, 2], y: [5, 6] })]), sample), null);
});

test('very large numbers on an axis are short', () => {
  const [axis] = plan([yWindow('A', [1e15, 3e18])]).yAxes;
  assert.ok(axis!.labels.every((label) => label.length < 8), axis!.labels.join());
});

test('what is said of a slice has the slice’s own colour', () => {
  const made = plan([yWindow('A', [1, 3], { type: 'pie' })]);
  const { rows } = sliceReadout(made.pies[0]!, 1, made)!;
  assert.deepEqual([rows[0]!.color, rows[0]!.value], [made.scene.stage.palette[1], '3 (75.0%)']);
  assert.equal(sliceReadout(made.pies[0]!, 2, made), null);
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { alignedTicks, linearTicks, logTicks, multiples, roundStep, stepDecimals, timeLabel, timeTicks } from '../../src/engine/ticks';
import { UTC, makeClock } from '../../src/engine/time';

test('round steps', () => {
  assert.equal(roundStep(0.3), 0.5);
  assert.equal(roundStep(2.1), 5);
  assert.equal(roundStep(22), 25);
  assert.equal(roundStep(0.2, true), 1);
  assert.equal(roundStep(NaN), 1);
  assert.equal(stepDecimals(0.25), 2);
  assert.equal(stepDecimals(1e-3), 3);
});

test('ticks carry no binary dust', () => {
  assert.deepEqual(linearTicks(0, 0.5, 5).values, [0, 0.1, 0.2, 0.3, 0.4, 0.5]);
  assert.deepEqual(multiples(-1, 1, 0.5), [-1, -0.5, 0, 0.5, 1]);
  assert.ok(multiples(0, 1e12, 1).length <= 501);
});

test('aligned axes get exactly the wanted number of steps', () => {
  const { min, max, step } = alignedTicks(3.2, 97, 5);
  assert.ok(min <= 3.2 && max >= 97);
  assert.equal(Math.round((max - min) / step), 5);
});

test('powers of ten', () => {
  assert.deepEqual(logTicks(1, 1000, 4).values, [1, 10, 100, 1000]);
  assert.deepEqual(logTicks(1, 10, 6).values, [1, 2, 5, 10]);
  assert.deepEqual(logTicks(0.095, 1.05e6, 8).values, [0.1, 1, 10, 100, 1000, 1e4, 1e5, 1e6]);
  assert.deepEqual(logTicks(0.02, 1e6, 4).values, logTicks(0.5, 1e6, 4).values.filter((v) => v >= 1), 'every second power is counted from 1');
});

test('time ticks are calendar times of the zone', () => {
  const year = timeTicks(Date.UTC(2020, 0, 15), Date.UTC(2024, 5, 1), 6, UTC).values;
  assert.deepEqual(year.map((t) => new Date(t).toISOString().slice(0, 10)), ['2021-01-01', '2022-01-01', '2023-01-01', '2024-01-01']);
  const berlin = makeClock('Europe/Berlin')!;
  const days = timeTicks(Date.UTC(2024, 2, 29, 23), Date.UTC(2024, 3, 2, 22), 4, berlin).values;
  assert.deepEqual(days.map((t) => new Date(t).toISOString()), ['2024-03-29T23:00:00.000Z', '2024-03-30T23:00:00.000Z', '2024-03-31T22:00:00.000Z', '2024-04-01T22:00:00.000Z', '2024-04-02T22:00:00.000Z']);
  assert.equal(timeLabel(berlin, 'en', days[0]!), '30 Mar');
  assert.equal(timeLabel(UTC, 'en', Date.UTC(2024, 0, 1)), '2024');
  assert.equal(timeLabel(UTC, 'en', Date.UTC(2024, 3, 1)), 'Apr');
  assert.equal(timeLabel(UTC, 'en', Date.UTC(2024, 3, 1, 6, 30)), '06:30');
});

test('no range makes too many ticks', () => {
  for (const [from, to] of [[0, 1], [0, 8e15], [-8e15, 8e15], [1e12, 1e12 + 5000]] as const) {
    assert.ok(timeTicks(from, to, 8, UTC).values.length <= 40, `${from} ${to}`);
  }
});

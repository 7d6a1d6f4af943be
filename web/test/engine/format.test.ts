import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fillTemplate, formatNumber, formatValue, makeWriting } from '../../src/engine/format';
import { UTC, formatTime, instantOf, makeClock, wallTime } from '../../src/engine/time';

const writing = makeWriting({ lang: { locale: 'en-US' } }, undefined, []);

test('numbers have thousands separators and as many decimals as there are', () => {
  assert.equal(formatNumber(writing, 1234567.89), '1,234,567.89');
  assert.equal(formatNumber(writing, 0.1 + 0.2), '0.3');
  assert.equal(formatNumber(writing, 1234.5, { decimals: 2 }), '1,234.50');
  assert.equal(formatNumber(writing, 91.624204, { most: 3 }), '91.624');
  assert.equal(formatNumber(writing, NaN), '–');
  assert.equal(formatNumber(writing, -Infinity), '−∞');
  assert.equal(formatNumber(writing, 1e21), '1e+21');
  assert.equal(formatNumber(writing, 0), '0');
});

test('lang names separators', () => {
  const german = makeWriting({ lang: { locale: 'en-US', thousandsSep: '.', decimalPoint: ',' } }, undefined, []);
  assert.equal(formatNumber(german, 1234567.5), '1.234.567,5');
});

test('an unknown locale or zone is told, not thrown', () => {
  const notices: string[] = [];
  const made = makeWriting({ lang: { locale: 'not a locale' }, time: { timezone: 'Mars/Olympus' } }, undefined, notices);
  assert.equal(notices.length, 2);
  assert.equal(made.clock.zone, 'UTC');
});

test('the chart’s zone wins over the series’, that over UTC', () => {
  assert.equal(makeWriting({}, undefined, []).clock, UTC);
  assert.equal(makeWriting({}, 'Asia/Tokyo', []).clock.zone, 'Asia/Tokyo');
  assert.equal(makeWriting({ time: { timezone: 'Europe/Berlin' } }, 'Asia/Tokyo', []).clock.zone, 'Europe/Berlin');
});

test('templates: values, formats, times, text', () => {
  const scope = { series: { name: 'A' }, point: { x: Date.UTC(2024, 1, 3, 4, 5), y: 1234.567 } };
  assert.equal(fillTemplate(writing, '{series.name}: {point.y:.2f}', scope), 'A: 1234.57');
  assert.equal(fillTemplate(writing, '{point.y:,.1f}', scope), '1,234.6');
  assert.equal(fillTemplate(writing, '{point.x:%Y-%m-%d %H:%M}', scope), '2024-02-03 04:05');
  assert.equal(fillTemplate(writing, '<b>{series.name}</b><br/>{point.z}', scope), 'A\n');
  assert.equal(fillTemplate(writing, '{constructor.name} {__proto__}', scope), ' ');
});

test('tags in values stay text', () => {
  assert.equal(fillTemplate(writing, '{series.name}', { series: { name: '<img src=x onerror=alert(1)>' } }), '<img src=x onerror=alert(1)>');
  assert.equal(formatValue(writing, { a: 1 }, undefined), '');
});

test('times in a zone with summer time', () => {
  const berlin = makeClock('Europe/Berlin')!;
  assert.equal(formatTime(berlin, 'en', '%Y-%m-%d %H:%M %z', Date.UTC(2024, 6, 1, 12)), '2024-07-01 14:00 +02:00');
  assert.equal(formatTime(berlin, 'en', '%H:%M', Date.UTC(2024, 0, 1, 12)), '13:00');
  assert.equal(instantOf(berlin, wallTime(2024, 2, 31, 12)), Date.UTC(2024, 2, 31, 10));
  assert.equal(makeClock('No/Where'), null);
  assert.equal(formatTime(UTC, 'en', '%a %A %b %B %e %j %y %I%p %L %%', Date.UTC(2024, 11, 31, 15, 0, 0, 7)), 'Tue Tuesday Dec December 31 366 24 03PM 007 %');
  assert.equal(formatTime(UTC, 'en', '%Y', 1e20), '100000000000000000000');
});

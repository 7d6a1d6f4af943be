// A stock chart: range buttons, dates, the overview strip that drags, and a zoom that stays when data is added.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Chart, LuaSession, launch, scratch, screenshot } from './harness.mjs';

const DAY = 86_400_000;

test('a stock chart zooms by button, date and strip, and keeps the zoom when data is added', async (context) => {
  const folder = scratch('stock');
  const browser = await launch(context);
  const lua = new LuaSession(context, folder, { CHARTS_BROWSER: 'true' });
  await lua.type('charts = require "charts"');
  await lua.type('c = charts.plotasync({charts.data.ohlc()}, {save = "s", stock = true, type = "candlestick"})');
  const page = await browser.newPage();
  await page.goto((await lua.type('print(c:url())')).match(/http:\S+/)[0]);
  const chart = new Chart(page.mainFrame());
  const range = async () => {
    await chart.ready();
    return page.evaluate(() => window.__charts.range());
  };
  const [whole] = await chart.drawn();
  assert.equal(whole.type, 'candlestick');
  const last = whole.x[1];
  const day = (instant) => new Date(instant).toISOString().slice(0, 10);
  const dates = async () => [await page.getByLabel('From').inputValue(), await page.getByLabel('To').inputValue()];
  const pressed = () => page.locator('.cx-buttons [aria-pressed="true"]').allTextContents();
  assert.deepEqual(await dates(), whole.x.map(day), 'the dates are those of the data');
  assert.deepEqual(await pressed(), ['All']);
  await screenshot(page, 'stock-1-whole');

  await page.getByRole('button', { name: '6m' }).click();
  const half = await range();
  assert.ok(Math.abs(half.to - last) < DAY, 'the six months end with the data');
  assert.ok(Math.abs(half.to - half.from - 182 * DAY) < 4 * DAY, `six months are ${(half.to - half.from) / DAY} days`);
  const drawn = (await chart.drawn())[0];
  assert.deepEqual(await pressed(), ['6m']);
  assert.ok(drawn.points < whole.points && drawn.x[0] >= half.from - 8 * DAY, 'only the six months are drawn');
  await screenshot(page, 'stock-2-six-months');

  await page.getByLabel('From').fill('2006-01-02');
  await page.getByLabel('To').fill('2006-12-29');
  await page.getByLabel('To').blur();
  const year = await range();
  assert.equal(day(year.from), '2006-01-02');
  assert.deepEqual(await dates(), ['2006-01-02', '2006-12-29'], 'the dates stay as they were typed');
  assert.equal((await chart.drawn())[0].x.map(day).join(), '2006-01-03,2006-12-29', 'and both days are shown');

  const strip = await page.locator('.cx-window').boundingBox();
  const [x, y] = [strip.x + strip.width / 2, strip.y + strip.height / 2];
  await page.mouse.move(x, y);
  await page.mouse.down();
  await page.mouse.move(x + 60, y, { steps: 6 });
  await page.mouse.up();
  const dragged = await range();
  assert.ok(dragged.from > year.from + 20 * DAY, 'the window moved to the right');
  assert.ok(Math.abs(dragged.to - dragged.from - (year.to - year.from)) < DAY, 'and kept its width');

  await lua.type('c:plot({charts.data.aapl()}, {display = true})');
  await chart.updateAvailable();
  await chart.update();
  assert.deepEqual(await chart.names(), ['OHLC', 'AAPL']);
  assert.deepEqual(await range(), dragged);
  await screenshot(page, 'stock-3-data-added');

  await page.getByRole('button', { name: 'All', exact: true }).click();
  const all = (await chart.drawn()).find((series) => series.name === 'AAPL');
  assert.ok(all.x[1] > dragged.to);

  await page.reload();
  await chart.waitForNames(['OHLC', 'AAPL']);
});

test('a year that is still being typed shows nothing beyond the data', async (context) => {
  const folder = scratch('typing');
  const browser = await launch(context);
  const lua = new LuaSession(context, folder, { CHARTS_BROWSER: 'true' });
  await lua.type('charts = require "charts"');
  await lua.type('c = charts.plotasync({charts.data.ohlc()}, {save = "s", stock = true, options = {rangeSelector = {selected = 1}}})');
  const page = await browser.newPage({ locale: 'en-US' });
  await page.goto((await lua.type('print(c:url())')).match(/http:\S+/)[0]);
  const chart = new Chart(page.mainFrame());
  const [{ x }] = await chart.drawn();
  assert.equal(await page.locator('.cx-buttons [aria-pressed="true"]').textContent(), '3m', 'the button that rangeSelector.selected names');
  await page.getByLabel('From').focus();
  const seen = [];
  // What the input says while the year is typed; the keys themselves are taken differently by different Chromiums.
  for (const value of ['0002-01-02', '0020-01-02', '0200-01-02', '2006-01-02']) {
    await page.getByLabel('From').fill(value);
    await chart.ready();
    const range = await page.evaluate(() => window.__charts.range());
    if (range !== null) seen.push(range.from);
  }
  assert.ok(seen.every((from) => from > Date.UTC(2004, 0, 1)), seen.map((from) => new Date(from).toISOString()).join());
  assert.equal(new Date(seen.at(-1)).toISOString(), '2006-01-02T00:00:00.000Z');
  assert.ok((await chart.drawn())[0].x[0] < x[0]);
});

test('every type is drawn, and types mix in one chart', async (context) => {
  const folder = scratch('types');
  const browser = await launch(context);
  const lua = new LuaSession(context, folder, { CHARTS_BROWSER: 'true' });
  await lua.type('charts = require "charts"');
  const page = await browser.newPage();
  const show = async (arguments_) => {
    await lua.type(`c = charts.plotasync(${arguments_})`);
    await page.goto('about:blank');
    await page.goto((await lua.type('print(c:url())')).match(/http:\S+/)[0]);
    return new Chart(page.mainFrame());
  };
  for (const type of ['line', 'spline', 'area', 'areaspline', 'column', 'bar', 'scatter', 'pie']) {
    const chart = await show(`{{name = "fruit", data = {{"apples", 3}, {"pears", 5}, {"plums", 2}}}}, {save = "${type}", type = "${type}"}`);
    const [fruit] = await chart.drawn();
    assert.deepEqual([fruit.type, fruit.points], [type, 3]);
    await screenshot(page, `type-${type}`);
  }
  for (const type of ['candlestick', 'ohlc']) {
    const chart = await show(`{charts.data.ohlc()}, {save = "${type}", type = "${type}"}`);
    assert.equal((await chart.drawn())[0].type, type);
    await screenshot(page, `type-${type}`);
  }
  const mixed = await show('{{name = "bars", type = "column", data = {3, 1, 2}}, {name = "trend", type = "spline", data = {2, 2.5, 1}}, {name = "band", data = {{0, 1, 4}, {1, 0, 3}, {2, 1, 2}}}}, {save = "mixed"}');
  assert.deepEqual((await mixed.drawn()).map((series) => series.type), ['column', 'spline', 'arearange']);
  await screenshot(page, 'type-mixed');
});

// Ten thousand series in one directory, and fifty long ones in one chart.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Chart, LuaSession, launch, scratch, screenshot } from './harness.mjs';

const SERIES = 10_000;
/** What the selector offers at once. */
const OFFERED = 50;

async function start(context, name, code) {
  const folder = scratch(name);
  const browser = await launch(context);
  const lua = new LuaSession(context, folder, { CHARTS_BROWSER: 'true' });
  await lua.type('charts = require "charts"');
  await lua.type(code);
  const page = await browser.newPage();
  const faults = [];
  page.on('pageerror', (error) => faults.push(String(error)));
  context.after(() => assert.deepEqual(faults, [], 'the page reports no errors'));
  const windows = [];
  page.on('request', (request) => { if (request.url().endsWith('/window')) windows.push(request.postDataJSON()); });
  await page.goto((await lua.type('print(c:url())')).match(/http:\S+/)[0]);
  const chart = new Chart(page.mainFrame());
  await chart.ready();
  return { lua, page, chart, windows };
}

test('one of ten thousand series is found and added, and Update brings what is new', async (context) => {
  const { lua, page, chart, windows } = await start(context, 'many',
    `m = {} for k = 1, ${SERIES} do m[k] = {name = string.format("Series %05d", k), data = {k, k + 1, k + 2}} end c = charts.plotasync(m, {save = "d", display = false})`);
  assert.deepEqual(await chart.names(), []);
  const input = page.getByRole('combobox', { name: 'Add a series' });
  const offered = async (count) => {
    await page.waitForFunction((wanted) => document.querySelectorAll('[role="option"]').length === wanted, count);
    assert.ok((await page.locator('option').count()) <= OFFERED, 'nor do more stand in the select behind the list');
  };
  await input.click();
  await offered(OFFERED);
  for (const [typed, name] of [['09876', 'Series 09876'], ['series 00012', 'Series 00012']]) {
    await input.pressSequentially(typed);
    await page.getByRole('option', { name, exact: true }).waitFor();
    await offered(1);
    await input.press('Enter');
    await offered(OFFERED);
  }
  await input.pressSequentially('no such series');
  await page.getByText('No series of this name').waitFor();
  await input.fill('');
  await input.press('Escape');
  await chart.waitForNames(['Series 09876', 'Series 00012']);
  await page.getByPlaceholder(`${(SERIES - 2).toLocaleString('en')} waiting`).waitFor();
  await screenshot(page, 'many-found');

  const asked = windows.length;
  await lua.type('c:plot({{name = "the new one", data = {1, 2, 3}}}, {display = true})');
  await chart.updateAvailable();
  assert.deepEqual(await chart.names(), ['Series 09876', 'Series 00012'], 'nothing changes before Update');
  await chart.update();
  assert.deepEqual(await chart.names(), ['Series 09876', 'Series 00012', 'the new one']);
  assert.deepEqual(windows.slice(asked).map((request) => request.series), [['the new one.json']], 'what the page has it does not ask for again');
  await page.getByRole('button', { name: 'Remove Series 09876' }).click();
  assert.deepEqual(await chart.names(), ['Series 00012', 'the new one']);
  await page.reload();
  await chart.waitForNames(['Series 00012', 'the new one']);
});

test('fifty series of many points are drawn together', async (context) => {
  const { page, chart, windows } = await start(context, 'fifty',
    'm = {} for k = 1, 50 do d = {} v = k * 10 for i = 1, 20000 do v = v + math.random() - 0.5 d[i] = {i, v} end m[k] = {name = "S" .. k, data = d} end c = charts.plotasync(m, {save = "d", display = true})');
  const drawn = await chart.drawn();
  assert.equal(drawn.length, 50);
  for (const { name, points, x } of drawn) assert.ok(points > 1000 && x[0] === 1 && x[1] === 20000, `${name}: ${points} points from ${x}`);
  assert.ok(windows.every((request) => request.series.length === 50), 'one request for all of them');
  await screenshot(page, 'many-fifty');

  const { x, y, width, height } = await page.locator('.cx-host').boundingBox();
  await page.mouse.move(x + width / 2, y + height / 2);
  const asked = windows.length;
  await page.mouse.wheel(0, -400);
  await page.waitForFunction(() => window.__charts.range() !== null);
  await chart.ready();
  // The wheel comes to rest a moment after its last turn: then the finer window is asked for.
  await page.waitForFunction(() => window.__charts.layer().canvas.hidden);
  await chart.ready();
  const columns = await page.evaluate(() => Math.round(window.__charts.layer().plot.width * devicePixelRatio));
  const widths = windows.slice(asked).map((request) => request.columns);
  assert.equal(widths.at(-1), 4 * columns, 'at rest four columns for each device pixel');
  assert.ok(widths.slice(0, -1).every((one) => one === columns), `while it moves one: ${widths} at ${columns}`);
  const before = await page.evaluate(() => window.__charts.range());
  const requests = windows.length;
  // Back to everything: that window has been here a moment ago.
  await page.getByRole('button', { name: 'Reset zoom' }).click();
  await chart.ready();
  assert.equal(await page.evaluate(() => window.__charts.range()), null);
  assert.ok(before !== null);
  assert.equal(windows.length, requests, 'a window that was shown before is not asked for again');
});

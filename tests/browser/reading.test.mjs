// Reading values: the tooltip stays while data come, keys and fingers read too, and a frame holds its chart exactly.
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { Chart, LuaSession, launch, scratch, screenshot } from './harness.mjs';

async function start(context, name) {
  const folder = scratch(name);
  const browser = await launch(context);
  const lua = new LuaSession(context, folder, { CHARTS_BROWSER: 'true' });
  await lua.type('charts = require "charts"');
  const open = async (made, options = {}) => {
    await lua.type(`c = charts.plotasync(${made})`);
    const page = await browser.newPage(options);
    const faults = [];
    page.on('pageerror', (error) => faults.push(String(error)));
    page.on('console', (message) => { if (message.type() === 'error') faults.push(message.text()); });
    context.after(() => assert.deepEqual(faults, [], 'the page reports no errors'));
    await page.goto((await lua.type('print(c:url())')).match(/http:\S+/)[0]);
    const chart = new Chart(page.mainFrame());
    await chart.ready();
    return { page, chart };
  };
  return { folder, browser, lua, open };
}

const tip = (page) => page.locator('.cx-tip:not([hidden])');
const box = (page) => page.locator('.cx-host').boundingBox();

test('the tooltip says what is under the pointer, also when the data change beneath it', async (context) => {
  const { lua, open } = await start(context, 'tip');
  const { page, chart } = await open('{{name = "A", data = {1, 2, 3}}, {name = "B", type = "column", data = {4, 5, 6}}}, {save = "d", live = true}');
  const { x, y, width, height } = await box(page);
  await page.mouse.move(x + width / 2, y + height / 2);
  assert.deepEqual(await tip(page).locator('.cx-row').allTextContents(), ['A2', 'B5']);
  await lua.type('c:plot({7, 8, 9}, "A")');
  await tip(page).getByText('8', { exact: true }).waitFor();
  await chart.ready();
  assert.deepEqual(await tip(page).locator('.cx-row').allTextContents(), ['A8', 'B5']);
  await screenshot(page, 'reading-tooltip');
  await page.mouse.move(x + width / 2, y - 40);
  await tip(page).waitFor({ state: 'detached' });
});

test('a button of the legend is the same one after a drawing: no press is lost', async (context) => {
  const { lua, open } = await start(context, 'legend');
  const { page, chart } = await open('{{name = "A", data = {1, 2, 3}}, {name = "B", data = {4, 5, 6}}}, {save = "d", live = true}');
  const entry = page.locator('.cx-legend button').first();
  const { x, y, width, height } = await entry.boundingBox();
  await page.mouse.move(x + width / 2, y + height / 2);
  await page.mouse.down();
  await lua.type('c:plot({7, 8, 9, 10}, "A")');
  await page.waitForFunction(() => window.__charts.drawn()[0].points === 4);
  await page.mouse.up();
  await chart.ready();
  assert.deepEqual(await chart.names(), ['B'], 'the press has hidden A');
});

test('arrow keys read values, of slices too; what they read is spoken', async (context) => {
  const { open } = await start(context, 'keys');
  const spoken = (page) => page.locator('.cx > .cx-unseen').textContent();
  const line = await open('{{name = "A", data = {1, 2, 3}}, {name = "B", data = {4, 5, 6}}}, {save = "line"}');
  await line.page.locator('.cx-host').focus();
  await line.page.keyboard.press('ArrowRight');
  await line.page.keyboard.press('ArrowRight');
  assert.equal(await spoken(line.page), '1, A 2, B 5');
  const pie = await open('{{name = "fruit", data = {{"apples", 3}, {"pears", 5}, {"plums", 2}}}}, {save = "pie", type = "pie"}');
  await pie.page.locator('.cx-host').focus();
  await pie.page.keyboard.press('ArrowRight');
  await pie.page.keyboard.press('ArrowRight');
  assert.equal(await spoken(pie.page), 'fruit, pears 5 (50.0%)');
  await screenshot(pie.page, 'reading-slice');
  await pie.page.keyboard.press('Escape');
  await tip(pie.page).waitFor({ state: 'detached' });
});

test('a finger that taps reads what it has tapped', async (context) => {
  const { open } = await start(context, 'touch');
  const { page } = await open('{{name = "A", data = {1, 2, 3}}}, {save = "d"}', { hasTouch: true, viewport: { width: 390, height: 700 } });
  const { x, y, width, height } = await box(page);
  await page.touchscreen.tap(x + width / 2, y + height / 2);
  assert.deepEqual(await tip(page).locator('.cx-row').allTextContents(), ['A2']);
});

test('a frame holds toolbar and chart exactly, scrolls nowhere, and leaves the wheel to its page', async (context) => {
  const { browser, folder, lua } = await start(context, 'frame');
  await lua.type('c = charts.plotasync({charts.data.aapl(), charts.data.ohlc()}, {save = "d", show = "inline", height = 400, stock = true, options = {title = {text = "In a frame"}}})');
  await lua.type('f = io.open("frame.html", "w"); f:write("<!doctype html><meta charset=utf-8>" .. c:show()); f:close()');
  for (const width of [1000, 420]) {
    const page = await browser.newPage({ viewport: { width, height: 600 } });
    await page.goto(pathToFileURL(join(folder, 'frame.html')).href);
    const frame = await (await page.waitForSelector('iframe')).contentFrame();
    await new Chart(frame).ready();
    const sizes = await frame.evaluate(() => ({ frame: innerHeight, page: document.documentElement.scrollHeight, plot: document.querySelector('.plot').offsetHeight }));
    assert.equal(sizes.page, sizes.frame, 'nothing to scroll');
    assert.equal(sizes.frame - sizes.plot, 40, 'what a frame needs beside the chart');
    await screenshot(page, `reading-frame-${width}`);
    const range = () => frame.evaluate(() => window.__charts.range());
    await frame.locator('.cx-host').hover();
    await page.mouse.wheel(0, -240);
    assert.equal(await range(), null, 'the wheel scrolls the page around a frame');
    await page.keyboard.down('Control');
    await page.mouse.wheel(0, -240);
    await frame.waitForFunction(() => window.__charts.range() !== null);
    await page.keyboard.up('Control');
    await page.close();
  }
});

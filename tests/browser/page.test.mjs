// The page around the chart: the gallery, honest states, notices of options, and what axe finds.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { Chart, LuaSession, launch, scratch, screenshot } from './harness.mjs';

const axe = readFileSync(createRequire(fileURLToPath(new URL('../../web/package.json', import.meta.url))).resolve('axe-core/axe.min.js'), 'utf8');

/** What axe finds in a page; it is run from outside, so the page's own policy stays as it is. */
async function violations(page) {
  await page.evaluate(axe);
  const { violations: found } = await page.evaluate(() => window.axe.run(document));
  return found.map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.html).join(' ').slice(0, 300)}`);
}

async function start(context, name) {
  const folder = scratch(name);
  const browser = await launch(context);
  const lua = new LuaSession(context, folder, { CHARTS_BROWSER: 'true' });
  await lua.type('charts = require "charts"');
  return { folder, browser, lua };
}

test('axe finds nothing in the chart, its settings and the gallery, light and dark', async (context) => {
  const { browser, lua } = await start(context, 'axe');
  await lua.type('c = charts.plotasync({charts.data.aapl(), charts.data.ohlc()}, {save = "stocks", stock = true, options = {title = {text = "Stocks"}}})');
  await lua.type('d = charts.plotasync({1, 2, 4}, {name = "A", save = "bars", type = "column", show = "none"}) d:show()');
  const address = (await lua.type('print(c:url())')).match(/http:\S+/)[0];
  for (const colorScheme of ['light', 'dark']) {
    const page = await browser.newPage({ colorScheme });
    await page.goto(address);
    const chart = new Chart(page.mainFrame());
    assert.deepEqual(await chart.names(), ['AAPL', 'OHLC']);
    assert.deepEqual(await violations(page), []);
    await screenshot(page, `page-chart-${colorScheme}`);
    await page.getByRole('button', { name: 'Settings' }).click();
    await page.locator('.cm-content').waitFor();
    assert.deepEqual(await violations(page), []);
    await page.goto(new URL(`/${new URL(address).hash}`, address).href);
    await page.getByRole('link', { name: /stocks/ }).waitFor();
    assert.deepEqual(await violations(page), []);
    await screenshot(page, `page-gallery-${colorScheme}`);
    await page.getByRole('link', { name: /bars/ }).click();
    assert.deepEqual(await new Chart(page.mainFrame()).names(), ['A']);
    await page.close();
  }
});

test('an option that is understood nowhere is named in the page and by the language', async (context) => {
  const { browser, lua } = await start(context, 'options');
  await lua.type('c = charts.plotasync({1, 2, 4}, {name = "A", save = "d", options = {titel = {text = "x"}}})');
  await lua.hears(/options\.titel is not known \(did you mean title\?\)/);
  const page = await browser.newPage();
  await page.goto((await lua.type('print(c:url())')).match(/http:\S+/)[0]);
  await new Chart(page.mainFrame()).ready();
  await page.locator('.messages').getByText('titel').first().waitFor();
});

test('an address without its token says what to do, and shows nothing', async (context) => {
  const { browser, lua } = await start(context, 'denied');
  await lua.type('c = charts.plotasync({1, 2, 4}, {name = "secret", save = "d"})');
  const address = new URL((await lua.type('print(c:url())')).match(/http:\S+/)[0]);
  const page = await browser.newPage();
  for (const hash of ['', '#t=00000000000000000000000000000000']) {
    await page.goto('about:blank');
    await page.goto(`${address.origin}${address.pathname}${hash}`);
    await page.getByText('charts url').first().waitFor();
    assert.equal(await page.getByText('secret').count(), 0);
  }
  await screenshot(page, 'page-denied');
});

test('a page whose server is gone says so, and goes on when it is told', async (context) => {
  const { browser, lua } = await start(context, 'gone');
  await lua.type('c = charts.plotasync({1, 2, 4}, {name = "A", save = "d"})');
  const page = await browser.newPage();
  await page.goto((await lua.type('print(c:url())')).match(/http:\S+/)[0]);
  await new Chart(page.mainFrame()).ready();
  await lua.end();
  await page.getByRole('alert').getByText('charts url').waitFor();
  await screenshot(page, 'page-gone');
});

test('Enter adds the series that was typed, not one that merely holds its name', async (context) => {
  const { browser, lua } = await start(context, 'typed');
  await lua.type('many = {} for i = 1, 30 do many[i] = {name = "Series " .. i, data = {i, i}} end');
  await lua.type('c = charts.plotasync(many, {save = "d", display = false})');
  const page = await browser.newPage();
  await page.goto((await lua.type('print(c:url())')).match(/http:\S+/)[0]);
  const chart = new Chart(page.mainFrame());
  await chart.ready();
  const input = page.getByRole('combobox', { name: 'Add a series' });
  for (const name of ['Series 2', 'series 1']) {
    await input.pressSequentially(name);
    await page.getByRole('option', { name: new RegExp(`^${name}$`, 'i') }).waitFor();
    await input.press('Enter');
  }
  await chart.waitForNames(['Series 2', 'Series 1']);
});

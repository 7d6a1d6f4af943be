// The tutorial, step by step, as a person does it: an R session and a Lua session on one folder, and a browser.
import assert from 'node:assert/strict';
import { existsSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { Chart, LuaSession, RSession, Recorder, launch, scratch, screenshot } from './harness.mjs';

/** A page of a notebook's kind: some text, and the HTML that an inline chart gives. */
async function openInline(browser, folder, file) {
  const html = readFileSync(join(folder, file), 'utf8');
  writeFileSync(join(folder, `page-${file}`), `<!doctype html><meta charset="utf-8"><title>A notebook</title><p>Out [10]:</p>${html}`);
  const page = await browser.newPage();
  await page.goto(pathToFileURL(join(folder, `page-${file}`)).href);
  const frame = await (await page.waitForSelector('iframe')).contentFrame();
  return { page, chart: new Chart(frame) };
}

async function openTab(browser, address) {
  const page = await browser.newPage();
  await page.goto(address);
  return { page, chart: new Chart(page.mainFrame()) };
}

/** Chooses a series in the variable selector by typing its name. */
async function choose(chart, name) {
  const input = chart.frame.getByRole('combobox', { name: 'Add a series' });
  await input.click();
  await input.pressSequentially(name);
  await chart.frame.getByRole('option', { name, exact: true }).waitFor();
  await input.press('Enter');
  await input.press('Escape');
  await chart.ready();
}

test('the tutorial, from R and Lua, in the browser', async (context) => {
  const folder = scratch('tutorial');
  const recorder = new Recorder(context, folder);
  const environment = { CHARTS_BROWSER: recorder.program };
  const browser = await launch(context);
  const r = new RSession(context, folder, environment);
  const lua = new LuaSession(context, folder, environment);
  await r.type('library(charts)');
  await lua.type('charts = require "charts"');
  await lua.type('aapl, msft, ohlc = charts.data.aapl(), charts.data.msft(), charts.data.ohlc()');
  await r.hears(/Server running in the folder .*charts-tutorial-.* at http:\/\/127\.0\.0\.1:\d+/);
  await lua.hears(/Server running in the folder .*charts-tutorial-.* at http:\/\/127\.0\.0\.1:\d+/);

  let inline;
  await context.test('an inline chart from R, with settings that do not exist yet', async () => {
    await r.type(`inline_chart <- plotasync(list(aapl), options = 'testfile', stock = TRUE, show = 'inline',
      save = 'stocks', display = TRUE)`);
    assert.ok(existsSync(join(folder, 'stocks/AAPL.json')));
    await r.type('writeLines(as.character(inline_chart$show()), "stocks.html")');
    inline = await openInline(browser, folder, 'stocks.html');
    assert.deepEqual(await inline.chart.names(), ['AAPL']);
    const [aapl] = await inline.chart.drawn();
    assert.ok(aapl.points > 1000, `AAPL is drawn with ${aapl.points} points`);
    await screenshot(inline.page, 'tutorial-1-inline');
  });

  await context.test('data added: nothing happens until Update, then MSFT shows and OHLC is found by typing', async () => {
    await r.type("inline_chart$plot(list(msft, ohlc), display = 'MSFT')");
    await inline.chart.updateAvailable();
    assert.deepEqual(await inline.chart.names(), ['AAPL']);
    await inline.chart.update();
    assert.deepEqual(await inline.chart.names(), ['AAPL', 'MSFT']);
    await screenshot(inline.page, 'tutorial-2-updated');
    await choose(inline.chart, 'OHLC');
    assert.deepEqual(await inline.chart.names(), ['AAPL', 'MSFT', 'OHLC']);
    assert.match((await inline.chart.drawn())[2].type, /ohlc|candlestick/);
    await screenshot(inline.page, 'tutorial-3-ohlc');
  });

  await context.test('settings saved in the page are what options="testfile" gives in Lua', async () => {
    const { frame } = inline.chart;
    await frame.getByRole('button', { name: 'Settings' }).click();
    await frame.locator('.cm-content').click();
    await inline.page.keyboard.press('Control+A');
    await inline.page.keyboard.insertText('{"title": {"text": "Saved in the page"}, "yAxis": {"title": {"text": "USD"}}}');
    await frame.getByLabel('Save as').fill('testfile');
    await frame.getByRole('button', { name: 'Save', exact: true }).click();
    await frame.getByText('Saved.').waitFor();
    await screenshot(inline.page, 'tutorial-4-settings');
    const saved = JSON.parse(readFileSync(join(folder, 'stocks/.charts/settings/testfile.json'), 'utf8'));
    assert.deepEqual(saved.title, { text: 'Saved in the page' });

    await lua.type('again = charts.plotasync({save = "stocks", options = "testfile", show = "inline", stock = true})');
    await lua.type('f = io.open("again.html", "w"); f:write(again:show()); f:close()');
    const { page, chart } = await openInline(browser, folder, 'again.html');
    const options = await chart.options();
    assert.equal(options.title.text, 'Saved in the page');
    assert.equal(options.yAxis.title.text, 'USD');
    assert.deepEqual(await chart.names(), ['AAPL', 'MSFT']);
    await screenshot(page, 'tutorial-5-settings-from-lua');
    await page.close();
  });

  await context.test('a chart in a new tab, live, 500 pixels high', async () => {
    const said = r.errors.length;
    await r.type("options <- list(title = list(text = 'Asynchronous Chart'))");
    await r.type(`tab_chart <- plotasync(msft, options, height = 500, show = 'tab', purge = TRUE, stock = TRUE,
      save = 'different-stocks', live = TRUE)`);
    await r.type('tab_chart$show()');
    await r.hears(/Opening new tab\.\.\./, said);
    const { page, chart } = await openTab(browser, await recorder.next());
    assert.deepEqual(await chart.names(), ['MSFT']);
    assert.equal((await chart.options()).title.text, 'Asynchronous Chart');
    const height = await page.evaluate(() => document.querySelector('.plot')?.getBoundingClientRect().height);
    assert.equal(height, 500);
    await screenshot(page, 'tutorial-6-tab');
    await r.type('tab_chart$plot(aapl)');
    await chart.waitForNames(['MSFT', 'AAPL']);
    await chart.ready();
    await screenshot(page, 'tutorial-7-live');
    await page.close();
  });

  await context.test('coupled charts: bars from R and areas from Lua share A, C, B and D', async (step) => {
    await r.type(`bar <- plotasync(list(data = c(1, 2, 4, 9), name = "A"), options = list(chart = list(type = 'bar')),
      show = 'tab', purge = TRUE, save = 'temp-3', display = TRUE)`);
    await r.type('bar$show()');
    const bar = await openTab(browser, await recorder.next());
    assert.deepEqual(await bar.chart.names(), ['A']);
    assert.equal((await bar.chart.drawn())[0].type, 'bar');

    await lua.type('area = charts.plotasync({data = {9, 3, 6, 9}, name = "C"}, {type = "area", show = "inline", purge = false, save = "temp-3", display = true})');
    await lua.type('f = io.open("area.html", "w"); f:write(area:show()); f:close()');
    const area = await openInline(browser, folder, 'area.html');
    assert.deepEqual(await area.chart.names(), ['A', 'C']);
    assert.deepEqual((await area.chart.drawn()).map((series) => series.type), ['area', 'area']);

    await bar.chart.updateAvailable();
    assert.deepEqual(await bar.chart.names(), ['A']);
    await bar.chart.update();
    assert.deepEqual(await bar.chart.names(), ['A', 'C']);

    await lua.type('area:plot({10, 10, 6, 0}, "B", {display = false})');
    await r.type("bar$plot(c(0, 2, 8, 20), 'D', display = TRUE)");
    for (const { chart } of [bar, area]) {
      await chart.updateAvailable();
      await chart.update();
      await chart.waitForNames(['A', 'C', 'D']);
    }
    await choose(area.chart, 'B');
    assert.deepEqual(await area.chart.names(), ['A', 'C', 'D', 'B']);
    assert.deepEqual(await bar.chart.names(), ['A', 'C', 'D']);
    await screenshot(bar.page, 'tutorial-8-bar');
    await screenshot(area.page, 'tutorial-9-area');
    assert.deepEqual(readdirSync(join(folder, 'temp-3')).filter((file) => !file.startsWith('.')).sort(),
      ['A.json', 'B.json', 'C.json', 'D.json']);

    await step.test('plotting a name again replaces its data in every chart', async () => {
      await lua.type('area:plot({5, 5}, "A")');
      for (const { chart } of [bar, area]) {
        await chart.updateAvailable();
        await chart.update();
        assert.equal((await chart.drawn()).find((series) => series.name === 'A').points, 2);
      }
    });
  });
});

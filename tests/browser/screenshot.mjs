// Makes the picture of the README, web/screenshot.png, from a real page:
//
//     build/run node tests/browser/screenshot.mjs
import { statSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Chart, LuaSession, launch, scratch } from './harness.mjs';

const picture = fileURLToPath(new URL('../../web/screenshot.png', import.meta.url));
const DAY = 86_400_000;

/** Stands for a test: what is opened is closed in the end, the last first. */
const ends = [];
const context = { after: (end) => ends.unshift(end) };
try {
  const folder = scratch('screenshot');
  const browser = await launch(context);
  const lua = new LuaSession(context, folder, { CHARTS_BROWSER: 'true' });
  await lua.type('charts = require "charts"');
  await lua.type('aapl = charts.data.aapl() aapl.yAxis = 1 aapl.type = "area"');
  await lua.type(`c = charts.plotasync({charts.data.ohlc(), aapl, charts.data.msft()}, {save = "stocks", stock = true, display = {"OHLC", "AAPL"}, type = "candlestick",
    options = {title = {text = "Asynchronous Chart"}, yAxis = {{title = {text = "OHLC"}, height = "64%"}, {title = {text = "AAPL"}, top = "70%", height = "30%", opposite = true}}}})`.replaceAll('\n', ' '));
  const page = await browser.newPage({ viewport: { width: 1280, height: 720 }, colorScheme: 'light', locale: 'en-GB' });
  await page.goto((await lua.type('print(c:url())')).match(/http:\S+/)[0]);
  const chart = new Chart(page.mainFrame());
  await chart.ready();
  for (const [label, day] of [['From', '2008-04-14'], ['To', '2008-10-14']]) await page.getByLabel(label).fill(day);
  await page.getByLabel('To').blur();
  await chart.ready();
  const plot = await page.locator('.cx-host').boundingBox();
  await page.mouse.move(plot.x + plot.width * 0.12, plot.y + plot.height * 0.6);
  await page.locator('.cx-tip:not([hidden])').waitFor();
  await page.screenshot({ path: picture });
  const range = await page.evaluate(() => window.__charts.range());
  process.stdout.write(`${picture}: ${statSync(picture).size} bytes, ${Math.round((range.to - range.from) / DAY)} days\n`);
} finally {
  for (const end of ends) await end();
}

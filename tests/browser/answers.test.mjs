// What the page makes of answers that only long series bring: coarse samples, counted points, sums, true samples. The answers are the test's.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Chart, LuaSession, launch, scratch, screenshot } from './harness.mjs';

/** A frame (FORMAT.md, section 5) of series with number columns. */
function frameOf(series) {
  let offset = 0;
  const parts = [];
  const entries = series.map(({ columns, ...entry }) => ({
    ...entry,
    columns: Object.entries(columns).map(([role, values]) => {
      const column = { role, type: 'f64', offset, count: values.length };
      parts.push(Buffer.from(Float64Array.from(values).buffer));
      offset += 8 * values.length;
      return column;
    }),
  }));
  let header = JSON.stringify({ series: entries });
  while ((12 + Buffer.byteLength(header)) % 8 !== 0) header += ' ';
  const length = Buffer.alloc(4);
  length.writeUInt32LE(Buffer.byteLength(header));
  return Buffer.concat([Buffer.from('CHARTSF1'), length, Buffer.from(header), ...parts]);
}

const entry = (file, stamp, more) => ({ file, stamp, kind: 'xy', raw: false, sorted: true, count: 1_000_000, ...more });

/** A chart of the series that `code` makes, whose windows and nearest samples `answers` gives. */
async function open(context, name, code, answers) {
  const folder = scratch(name);
  const browser = await launch(context);
  const lua = new LuaSession(context, folder, { CHARTS_BROWSER: 'true' });
  await lua.type('charts = require "charts"');
  await lua.type(`c = charts.plotasync(${code})`);
  const page = await browser.newPage({ viewport: { width: 1000, height: 640 } });
  const faults = [];
  page.on('pageerror', (error) => faults.push(String(error)));
  context.after(() => assert.deepEqual(faults, [], 'the page reports no errors'));
  const stamps = {};
  await page.route(/\/series$/, async (route) => {
    const response = await route.fetch();
    for (const { file, stamp } of (await response.json()).series) stamps[file] = stamp;
    await route.fulfill({ response });
  });
  for (const kind of ['window', 'nearest']) {
    await page.route(new RegExp(`/${kind}$`), async (route) => {
      const request = route.request().postDataJSON();
      await route.fulfill({ contentType: 'application/vnd.charts.frame', body: frameOf(answers[kind](request, stamps)) });
    });
  }
  await page.goto((await lua.type('print(c:url())')).match(/http:\S+/)[0]);
  return { page, chart: new Chart(page.mainFrame()) };
}

const tip = (page) => page.locator('.cx-tip:not([hidden])');
const middle = async (page) => {
  const { x, y, width, height } = await page.locator('.cx-host').boundingBox();
  return [x + width / 2, y + height / 2];
};

test('a series that is being indexed is drawn from samples, says how far it is, and is asked for until it is done', async (context) => {
  const progress = [0, 0.42, 0.99, null];
  let asked = 0;
  let go;
  const looked = new Promise((resolve) => (go = resolve));
  const { page, chart } = await open(context, 'indexing', '{{name = "long", data = {1, 2, 3}}}, {save = "d"}', {
    window: ({ series }, stamps) => series.map((file) => {
      // It goes on when the test has looked at it.
      const share = progress[Math.min(asked, progress.length - 1)];
      if (share !== 0.42) asked++;
      else looked.then(() => (asked = 2));
      const x = Array.from({ length: 400 }, (_, i) => i);
      return entry(file, stamps[file], { ...(share === null ? {} : { progress: share }), extent: { x: [0, 399], y: [-1, 1] }, columns: { x, y: x.map((v) => Math.sin(v / 30)) } });
    }),
    nearest: () => [],
  });
  await page.getByText('Indexing long: 42 %').waitFor();
  assert.equal(await page.getByRole('progressbar', { name: 'Indexing long' }).getAttribute('aria-valuenow'), '42');
  assert.equal(await page.evaluate(() => window.__charts.drawn()[0].points), 400);
  assert.equal(await page.locator('.messages').isVisible(), false, 'nothing is amiss');
  await page.evaluate(() => void window.__charts.ready().then(() => (window.isReady = true)));
  for (let turn = 0; turn < 2; turn++) await page.waitForRequest(/\/window$/);
  assert.equal(await page.evaluate(() => window.isReady), undefined, 'it is not ready while it is being indexed');
  await screenshot(page, 'answers-indexing');
  go();
  await chart.ready();
  assert.deepEqual(await page.evaluate(() => window.__charts.indexing()), []);
  assert.equal(await page.locator('.indexing').isVisible(), false);
});

test('counted points are a density, and say how many they are', async (context) => {
  const requests = [];
  const { page, chart } = await open(context, 'bins', '{{name = "cloud", type = "scatter", data = {{0, 0}, {1, 1}}}}, {save = "d"}', {
    window: (request, stamps) => {
      requests.push(request);
      const { columns, bins } = request;
      const [x, y, count] = [[], [], []];
      for (let i = 0; i < columns; i++) {
        for (let k = 0; k < bins.rows; k++) {
          const [u, v] = [(i + 0.5) / columns, (k + 0.5) / bins.rows];
          const n = Math.round(3000 * Math.exp(-((u - 0.5) ** 2 + (v - 0.3 - 0.4 * u) ** 2 * 6) * 30));
          if (n === 0 && i > 0 && i < columns - 1) continue;
          if (n === 0 && k > 0 && k < bins.rows - 1) continue;
          [x, y, count].forEach((list, c) => list.push([100 * u, 40 * v, Math.max(n, 1)][c]));
        }
      }
      return request.series.map((file) => entry(file, stamps[file], { binned: true, sorted: false, extent: { x: [0, 100], y: [0, 40] }, columns: { x, y, count } }));
    },
    nearest: () => assert.fail('counted points are not asked for'),
  });
  await chart.ready();
  const { columns, bins, series } = requests.at(-1);
  const plot = await page.evaluate(() => window.__charts.layer().plot);
  assert.deepEqual([columns, bins], [plot.width, { series, rows: plot.height, low: null, high: null }]);
  const painted = await page.evaluate(() => {
    const { canvas } = window.__charts.layer();
    const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
    const levels = new Set();
    for (let i = 3; i < data.length; i += 4) levels.add(data[i]);
    return levels.size;
  });
  assert.ok(painted > 20, `${painted} levels of opacity`);
  await page.mouse.move(...(await middle(page)));
  await tip(page).getByText(/^[\d,]+ points$/).waitFor();
  await tip(page).getByText(/^from [\d.]+ to [\d.]+$/).waitFor();
  assert.equal(await page.locator('.messages').isVisible(), false, 'nothing is left out');
  await screenshot(page, 'answers-density');
});

test('sums are drawn as the server made them; what is read are the series’ own values', async (context) => {
  const requests = [];
  const asked = [];
  const own = { 'A.json': 1.125, 'B.json': 2.125, 'C.json': 3.125 };
  const heights = { 'A.json': (x) => 3 + Math.sin(x / 8), 'B.json': (x) => 5 + 2 * Math.sin(x / 8) + Math.cos(x / 5), 'C.json': (x) => 8 + 2 * Math.sin(x / 8) + Math.cos(x / 5) };
  const { page, chart } = await open(context, 'sums',
    '{{name = "A", data = {1, 2}}, {name = "B", data = {1, 2}}, {name = "C", data = {1, 2}}}, {save = "d", type = "area", options = {plotOptions = {series = {stacking = "normal"}}}}', {
      window: (request, stamps) => {
        requests.push(request);
        return request.series.map((file, k) => {
          const x = Array.from({ length: 101 }, (_, i) => i + (i === 0 || i === 100 ? 0 : k / 3));
          return entry(file, stamps[file], { stacked: true, extent: { x: [0, 100], y: [0, 10] }, columns: { x, y: x.map(heights[file]) } });
        });
      },
      nearest: (request, stamps) => {
        asked.push(request);
        return request.series.map((file) => entry(file, stamps[file], { raw: true, extent: { x: [0, 100], y: [0, 10] }, columns: { x: [request.x + 0.01], y: [own[file]] } }));
      },
    });
  await chart.ready();
  assert.deepEqual(requests.at(-1).stacks, [['A.json', 'B.json', 'C.json']]);
  await page.mouse.move(...(await middle(page)));
  await tip(page).getByText('3.125').waitFor();
  assert.deepEqual(await tip(page).locator('.cx-row').allTextContents(), ['A1.125', 'B2.125', 'C3.125']);
  assert.deepEqual([...asked[0].series].sort(), ['A.json', 'B.json', 'C.json']);
  assert.equal(await page.locator('.messages').isVisible(), false);
  await screenshot(page, 'answers-sums');
  // A series that is hidden is no part of the sums.
  await page.locator('.cx-legend button').nth(1).click();
  await chart.ready();
  assert.deepEqual(requests.at(-1).stacks, [['A.json', 'C.json']]);
});

test('the pointer and keys read the true sample, one question at a time', async (context) => {
  const asked = [];
  const { page, chart } = await open(context, 'nearest', '{{name = "A", data = {1, 2}}}, {save = "d"}', {
    window: ({ series }, stamps) => series.map((file) => {
      const x = Array.from({ length: 11 }, (_, i) => 10 * i);
      return entry(file, stamps[file], { extent: { x: [0, 100], y: [0, 10] }, columns: { x, y: x.map((v, i) => (i % 2 ? 10 : 0)) } });
    }),
    nearest: ({ series, x }, stamps) => {
      asked.push(x);
      return series.map((file) => entry(file, stamps[file], { raw: true, extent: { x: [0, 100], y: [0, 10] }, columns: { x: [Math.round(x)], y: [4.75] } }));
    },
  });
  await chart.ready();
  const [x, y] = await middle(page);
  await page.mouse.move(x + 30, y);
  await tip(page).getByText('4.75').waitFor();
  const dot = await page.locator('.cx-dot:not([hidden])').boundingBox();
  assert.ok(Math.abs(dot.x + dot.width / 2 - (x + 30)) < 8, 'the dot stands at the sample, not at the vertex');
  assert.equal(asked.length, 1);
  await screenshot(page, 'answers-nearest');
  await page.mouse.move(x, y - 400);
  await page.locator('.cx-host').focus();
  for (let i = 0; i < 3; i++) await page.keyboard.press('ArrowRight');
  assert.equal(await page.locator('.cx > .cx-unseen').textContent(), '20, A 0', 'a vertex is a sample too');
});

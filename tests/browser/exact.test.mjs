// Lines of many points: the page's picture, made from a window of few vertices, against a plain canvas polyline through all points.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Chart, LuaSession, launch, scratch, screenshot } from './harness.mjs';

const POINTS = 200_000;

/** What a line is worst drawn with: noise, lone spikes, gaps (also beside lone points), and plateaus with steps. */
const SHAPES = {
  walk: 'v = v + random() - 0.5; return v',
  spikes: 'if i % 1371 == 0 then return random() * 100 end; return math.sin(i / 9000)',
  gaps: 'v = v + random() - 0.5; if i % 5003 < 40 or i % 1999 == 0 or (i % 7000 < 9 and i % 2 == 0) then return 0 / 0 end; return v',
  plateaus: 'if i % 700 == 0 then v = random() end; return v',
};

/** Runs in the page: how many pixels of the marks' canvas are off by more than `limits`, and how many there are. */
async function compare({ limits, width }) {
  const token = new URLSearchParams(location.hash.slice(1)).get('t');
  const answer = async (path) => (await fetch(`../api/d${location.pathname}${path}`, { headers: { Authorization: `Bearer ${token}` } })).json();
  const { series: [{ file }] } = await answer('series');
  const { data } = await answer(`series/${encodeURIComponent(file)}`);
  const { canvas, ratio, plot, x, y } = window.__charts.layer();
  const plain = document.createElement('canvas');
  [plain.width, plain.height] = [canvas.width, canvas.height];
  const pen = plain.getContext('2d');
  pen.scale(ratio, ratio);
  pen.rect(plot.left, plot.top - 1, plot.width, plot.height + 2);
  pen.clip();
  pen.strokeStyle = pen.fillStyle = window.__charts.drawn()[0].color;
  [pen.lineWidth, pen.lineJoin, pen.lineCap] = [width, 'round', 'round'];
  const u = (value) => plot.left + (plot.width / (x[1] - x[0])) * (value - x[0]);
  const v = (value) => plot.top + plot.height - (plot.height / (y[1] - y[0])) * (value - y[0]);
  const lone = [];
  pen.beginPath();
  data.forEach(([at, value], i) => {
    if (value === null) return;
    const [before, after] = [data[i - 1]?.[1] ?? null, data[i + 1]?.[1] ?? null];
    if (before === null && after === null) lone.push([u(at), v(value)]);
    else if (before === null) pen.moveTo(u(at), v(value));
    else pen.lineTo(u(at), v(value));
  });
  pen.stroke();
  pen.beginPath();
  for (const [px, py] of lone) {
    pen.moveTo(px + Math.max(width / 2, 1), py);
    pen.arc(px, py, Math.max(width / 2, 1), 0, 2 * Math.PI);
  }
  pen.fill();
  const read = (one) => one.getContext('2d').getImageData(0, 0, one.width, one.height).data;
  const [ours, theirs] = [read(canvas), read(plain)];
  const counts = limits.map(() => 0);
  // One colour on nothing: only the opacity can differ.
  for (let i = 3; i < ours.length; i += 4) {
    const off = Math.abs(ours[i] - theirs[i]);
    limits.forEach((limit, k) => { if (off > limit) counts[k]++; });
  }
  return { pixels: ours.length / 4, counts, painted: theirs.filter((value, i) => i % 4 === 3 && value > 0).length };
}

test('a line is drawn as if all its points were', async (context) => {
  const folder = scratch('exact');
  const browser = await launch(context);
  const lua = new LuaSession(context, folder, { CHARTS_BROWSER: 'true' });
  await lua.type('charts = require "charts"');
  await lua.type('seed = 42; function random() seed = (seed * 1103515245 + 12345) % 2147483648; return seed / 2147483648 end');
  const addresses = {};
  for (const [shape, code] of Object.entries(SHAPES)) {
    await lua.type(`v = 0; function value(i) ${code} end; d = {} for i = 1, ${POINTS} do d[i] = {i, value(i)} end`);
    for (const width of [1, 2]) {
      await lua.type(`c = charts.plotasync({{name = "${shape}", data = d}}, {save = "${shape}", options = {plotOptions = {series = {lineWidth = ${width}}}}})`);
      addresses[`${shape} ${width}`] = (await lua.type('print(c:url())')).match(/http:\S+/)[0];
    }
  }
  const failures = [];
  for (const deviceScaleFactor of [1, 2]) {
    const page = await browser.newPage({ deviceScaleFactor, viewport: { width: 1000, height: 600 } });
    for (const width of [1, 2]) {
      const sum = { pixels: 0, over: [0, 0, 0] };
      for (const shape of Object.keys(SHAPES)) {
        await page.goto('about:blank');
        await page.goto(addresses[`${shape} ${width}`]);
        const [drawn] = await new Chart(page.mainFrame()).drawn();
        assert.ok(drawn.points < POINTS / 4, `${shape} is drawn from ${drawn.points} vertices`);
        const { pixels, counts, painted } = await page.evaluate(compare, { limits: [0, 64, 128], width });
        assert.ok(painted > 1000, `${shape} leaves ${painted} pixels`);
        context.diagnostic(`${shape}, ${deviceScaleFactor} device pixels, width ${width}: of ${pixels} pixels ${counts[0]} differ, ${counts[1]} by more than 64, ${counts[2]} by more than 128`);
        sum.pixels += pixels;
        counts.forEach((count, i) => (sum.over[i] += count));
        if (width === 2 && deviceScaleFactor === 2) await screenshot(page, `exact-${shape}`);
      }
      console.log(`${deviceScaleFactor} device pixels, width ${width}: of ${sum.pixels} pixels ${sum.over[0]} differ, ${sum.over[1]} by more than 64, ${sum.over[2]} by more than 128`);
      if (width === 2 && (sum.over[1] > sum.pixels / 100_000 || sum.over[2] > 0)) failures.push(`${deviceScaleFactor} device pixels: ${sum.over.slice(1)} of ${sum.pixels}`);
    }
    await page.close();
  }
  assert.deepEqual(failures, []);
});

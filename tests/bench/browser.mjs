// One page in a Chromium of its own: node browser.mjs open|frames|live REQUEST
// REQUEST is a record: {"kind":"ours"|"plotly"|"dygraphs","url":…,"count":…,"seconds":…}, with `from` and `to` for a zoom,
// with `command` for live. Prints one record.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { createInterface } from 'node:readline';
import { watch } from './watch.mjs';

const { chromium } = createRequire(new URL('../../web/package.json', import.meta.url))('playwright-core');
const ARGUMENTS = ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
  '--disable-component-update', '--disable-sync', '--enable-precise-memory-info'];
const MIB = 1024 * 1024;
const DRAG_STEPS = 60;
const CHANGES = 100;

/** The page when it is drawn. Playwright gives every launch a new profile. */
async function open(request) {
  const browser = await chromium.launch({ executablePath: '/usr/bin/chromium', args: ARGUMENTS });
  const page = await browser.newPage({ viewport: { width: 1280, height: 800 } });
  page.setDefaultTimeout(1000 * request.seconds);
  const crashed = new Promise((_, reject) => page.once('crash', () => reject(new Error('the page crashed'))));
  crashed.catch(() => {});
  await page.addInitScript(watch, { kind: request.kind, count: request.count ?? 1 });
  await Promise.race([crashed, page.goto(request.url, { waitUntil: 'commit' }).then(() => page.waitForFunction(() => window.__bench.painted > 0, null, { polling: 50 }))]);
  return { browser, page, crashed, cdp: await page.context().newCDPSession(page) };
}

async function metrics(cdp) {
  await cdp.send('Performance.enable');
  const { metrics: all } = await cdp.send('Performance.getMetrics');
  return Object.fromEntries(all.map(({ name, value }) => [name, value]));
}

/** MiB of the renderer that holds most: the page's. */
async function rendererMemory(browser) {
  const session = await browser.newBrowserCDPSession();
  const { processInfo } = await session.send('SystemInfo.getProcessInfo');
  const sizes = processInfo.filter(({ type }) => type === 'renderer').map(({ id }) => {
    const status = readFileSync(`/proc/${id}/status`, 'latin1');
    return { rss: Number(/^VmRSS:\s+(\d+)/m.exec(status)[1]) / 1024, most: Number(/^VmHWM:\s+(\d+)/m.exec(status)[1]) / 1024 };
  });
  return sizes.reduce((a, b) => (b.rss > a.rss ? b : a));
}

/**
 * Drags over the plot from one share of its width to another, in `steps` moves, each in a frame of its own; `held` is
 * called before the button is released. Gives the milliseconds from then until the page is at rest.
 */
async function drag(page, from, to, steps, held = async () => {}) {
  const box = await page.locator('.cx-host').boundingBox();
  const y = box.y + box.height / 2;
  const x = (share) => box.x + box.width * share;
  await page.mouse.move(x(from), y);
  await page.mouse.down();
  for (let i = 1; i <= steps; i++) {
    await page.mouse.move(x(from + ((to - from) * i) / steps), y);
    await page.evaluate(() => window.__bench.frame());
  }
  await held();
  await page.evaluate(() => (window.__bench.rested = 0));
  await page.mouse.up();
  await page.waitForFunction(() => window.__bench.rested > 0, null, { polling: 20 });
  return page.evaluate(() => window.__bench.rested - window.__bench.released);
}

/** Milliseconds until the middle hundredth is drawn: ours by a drag, as a person does it, the peers by their call. */
async function zoom({ page }, request) {
  if (request.kind === 'ours') {
    const zoomMs = await drag(page, 0.495, 0.505, 3);
    const range = await page.evaluate(() => window.__bench.range());
    return { zoom_ms: zoomMs, zoom_share: range === null ? 1 : (range.to - range.from) / (request.whole ?? (request.to - request.from) * 100) };
  }
  const zoomMs = await page.evaluate(async ([from, to]) => {
    const start = performance.now();
    await window.__bench.zoom(from, to);
    await window.__bench.frames(2);
    return performance.now() - start;
  }, [request.from, request.to]);
  return { zoom_ms: zoomMs };
}

async function runOpen(request, opened) {
  const { browser, page, cdp, crashed } = opened;
  const result = await page.evaluate(() => ({ load_ms: window.__bench.painted, points: window.__bench.points() }));
  result.heap_mib = (await metrics(cdp)).JSHeapUsedSize / MIB;
  const { rss, most } = await rendererMemory(browser);
  Object.assign(result, { rss_mib: rss, most_mib: most });
  if (request.from !== undefined) Object.assign(result, await Promise.race([crashed, zoom(opened, request)]));
  return result;
}

function percentile(numbers, share) {
  const sorted = [...numbers].sort((a, b) => a - b);
  return sorted[Math.min(Math.floor(share * sorted.length), sorted.length - 1)] ?? null;
}

/** What the page itself says that its frames cost, where it says it: numbers, or records with `work`. */
async function ownFrames(page) {
  const frames = await page.evaluate(() => (typeof window.__charts.frames === 'function' ? window.__charts.frames() : null));
  if (!Array.isArray(frames)) return null;
  const numbers = frames.map((one) => (typeof one === 'number' ? one : one?.work)).filter(Number.isFinite);
  return numbers.length === 0 ? null : numbers;
}

/** Moves half of the range over the screen, and says what each frame of it cost. */
async function runFrames(_request, { page, cdp }) {
  const zoomMs = await drag(page, 0.25, 0.75, 3);
  const before = await metrics(cdp);
  const old = (await ownFrames(page))?.length ?? 0;
  await page.evaluate(() => (window.__bench.work = []));
  await page.keyboard.down('Shift');
  let after, work, own;
  const restMs = await drag(page, 0.7, 0.3, DRAG_STEPS, async () => { // what is drawn at rest is no frame of a drag
    after = await metrics(cdp);
    work = await page.evaluate(() => window.__bench.work);
    own = (await ownFrames(page))?.slice(old) ?? null;
  });
  await page.keyboard.up('Shift');
  const callbacks = work.map(({ took }) => took).filter((took) => took > 0.5);
  const spent = (name) => (1000 * (after[name] - before[name])) / DRAG_STEPS;
  return {
    zoom_ms: zoomMs, rest_ms: restMs, frames: callbacks.length, callbacks_p50: percentile(callbacks, 0.5), callbacks_p95: percentile(callbacks, 0.95),
    own_p50: own === null ? null : percentile(own, 0.5), own_p95: own === null ? null : percentile(own, 0.95),
    script_ms: spent('ScriptDuration'), layout_ms: spent('LayoutDuration') + spent('RecalcStyleDuration'), task_ms: spent('TaskDuration'),
  };
}

/** Changes, one after the other; each from the moment that the writer's call returned. */
async function runLive({ page }, writer, how, next) {
  const [heard, shown] = [[], []];
  await page.getByRole('button', { name: 'Live', exact: true }).click();
  for (let i = 0; i < CHANGES + 3; i++) {
    await page.evaluate(() => (window.__bench.heard = []));
    writer.stdin.write('\n');
    const { at, x } = await next();
    const time = await page.evaluate((wanted) => window.__bench.shows(wanted), x);
    const first = await page.evaluate(() => window.__bench.heard[0] ?? null);
    if (i < 3) continue; // to warm
    shown.push(time - at);
    if (first !== null) heard.push(first - at);
  }
  return { how, heard, shown };
}

/** The writer makes the chart; the page is opened when it is there. */
async function withWriter(request) {
  const [program, ...words] = request.command;
  const writer = spawn(program, words, { stdio: ['pipe', 'pipe', 'inherit'] });
  const ended = once(writer, 'exit');
  const lines = createInterface({ input: writer.stdout })[Symbol.asyncIterator]();
  const next = async () => {
    const { value, done } = await lines.next();
    if (done) throw new Error('the writer ended');
    return JSON.parse(value);
  };
  try {
    const { how } = await next();
    return await withPage(request, (_, opened) => runLive(opened, writer, how, next));
  } finally {
    writer.stdin.end();
    await ended;
  }
}

async function withPage(request, work) {
  const opened = await open(request);
  try {
    return await work(request, opened);
  } finally {
    await opened.browser.close();
  }
}

const [mode, text] = process.argv.slice(2);
const request = JSON.parse(text);
try {
  const result = mode === 'live' ? await withWriter(request) : await withPage(request, mode === 'open' ? runOpen : runFrames);
  console.log(JSON.stringify(result));
} catch (error) {
  console.error(error.message.split('\n')[0]);
  process.exitCode = 1;
}

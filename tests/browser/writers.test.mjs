// Sixteen programs in three languages write one directory (what they do: tests/fault/test_writers.py); pages show what it holds at the end.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { isDeepStrictEqual } from 'node:util';
import { build, launch, openPage, scratch, screenshot, Server } from './harness.mjs';

const PROGRAMS = resolve(dirname(fileURLToPath(import.meta.url)), '../fault');
const CALLS = 100;
const WRITERS = [
  ...Array(6).fill([join(build, 'fault/writer'), 'write']),
  ...Array(5).fill(['lua5.4', join(PROGRAMS, 'writer.lua')]),
  ...Array(5).fill(['Rscript', '--vanilla', join(PROGRAMS, 'writer.R')]),
];

/** What the files hold, by the names of the series: how many points, and the ranges of x and y. */
function held(directory) {
  const range = (values) => [Math.min(...values), Math.max(...values)];
  const found = new Map();
  for (const file of readdirSync(directory).filter((name) => name.endsWith('.json'))) {
    const { name, data } = JSON.parse(readFileSync(join(directory, file), 'utf8'));
    const rows = data.map((point, i) => (Array.isArray(point) ? point : [i, point]));
    found.set(name, { points: rows.length, x: range(rows.map(([x]) => x)), y: range(rows.map(([, y]) => y)) });
  }
  return found;
}

/** Runs all writers to their end; a failing one fails the test. */
async function write(context, folder) {
  const environment = { ...process.env, XDG_RUNTIME_DIR: join(folder, '.run'), CHARTS_QUIET: '1' };
  await Promise.all(WRITERS.map(async (command, writer) => {
    const args = [...command, 'd', String(writer), String(CALLS)];
    const child = spawn(join(build, 'run'), args, { cwd: folder, env: environment, stdio: ['ignore', 'ignore', 'inherit'] });
    context.after(() => child.kill());
    const [code] = await once(child, 'exit');
    assert.equal(code, 0, command.join(' '));
  }));
}

/** Waits until a page draws what is wanted, in the order in which it got to know the series; says what differs where it never does. */
async function agree(chart, wanted) {
  const limit = performance.now() + 30_000;
  let drawn = await chart.extents();
  while (!isDeepStrictEqual(drawn, wanted) && performance.now() < limit) drawn = await chart.extents();
  assert.deepEqual(drawn, wanted);
}

test('a live page and one that is updated by hand agree with the files after sixteen writers', async (context) => {
  const folder = scratch('writers');
  mkdirSync(join(folder, 'd', '.charts'), { recursive: true });
  mkdirSync(join(folder, '.run'), { mode: 0o700 });
  const server = await Server.start(context, folder);
  const browser = await launch(context);
  const live = await openPage(browser, server.address, true);
  const still = await openPage(browser, server.address);
  await write(context, folder);
  const wanted = held(join(folder, 'd'));
  // Sixteen own series, logs and pairs of new ones, and what all share: as many as the writers have put, each once.
  assert.equal(wanted.size, 16 * 4 + 6);
  await still.chart.updateAvailable();
  await still.chart.update();
  for (const { chart } of [live, still]) await agree(chart, wanted);
  await screenshot(live.page, 'page-writers');
});

// Scripts that end: their page stays and answers Update, scripts of both languages share one server, and one tab is enough.
import assert from 'node:assert/strict';
import { execFile, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { Chart, Recorder, build, launch, scratch, screenshot } from './harness.mjs';

const run = promisify(execFile);

const FIRST = `library(charts)
c <- plotasync(list(name = "from R", data = c(1, 4, 9)), save = "shared")
c$show()
`;
const SECOND = `local charts = require "charts"
charts.plotasync({name = "from Lua", data = {9, 4, 1}}, {save = "shared"}):show()
`;

test('charts outlive their scripts, also one that is killed, on one server and in one tab', async (context) => {
  const folder = scratch('scripts');
  const recorder = new Recorder(context, folder);
  const env = { ...process.env, CHARTS_BROWSER: recorder.program, CHARTS_IDLE: '60', XDG_RUNTIME_DIR: folder };
  const options = { cwd: folder, env };
  writeFileSync(join(folder, 'first.R'), FIRST);
  writeFileSync(join(folder, 'killed.R'), `${FIRST}cat("shown\\n")\nreadLines(file("stdin"))\n`);
  writeFileSync(join(folder, 'second.lua'), SECOND);
  const charts = (...args) => execFileSync(join(build, 'run'), ['charts', ...args], { ...options, encoding: 'utf8' }).trim();
  context.after(() => charts('stop', folder));

  await run(join(build, 'run'), ['Rscript', '--vanilla', 'first.R'], options);
  const address = await recorder.next();
  const browser = await launch(context);
  const page = await browser.newPage();
  await page.goto(address);
  const chart = new Chart(page.mainFrame());
  assert.deepEqual(await chart.names(), ['from R']);

  await context.test('a script in the other language adds through the same server', async () => {
    await run(join(build, 'run'), ['lua5.4', 'second.lua'], options);
    await chart.waitForNames(['from R', 'from Lua']);
    await screenshot(page, 'scripts-both');
    assert.equal(new URL(charts('url', folder)).origin, new URL(address).origin);
  });

  await context.test('a script that is killed leaves its page and its data', async () => {
    const killed = spawn(join(build, 'run'), ['Rscript', '--vanilla', 'killed.R'], { ...options, stdio: ['pipe', 'pipe', 'ignore'] });
    await once(killed.stdout, 'data');
    killed.kill('SIGKILL');
    await once(killed, 'exit');
    writeFileSync(join(folder, 'shared/dropped.json'), '{"name":"dropped","data":[2,2,2]}');
    // The page may still be coming up to date for the script's own show, and then holds the file already.
    await page.waitForFunction(() => window.__charts.updateAvailable() || window.__charts.selected().includes('dropped'));
    await chart.update();
    assert.deepEqual(await chart.names(), ['from R', 'from Lua', 'dropped']);
  });

  await context.test('the first script ten more times: no further tab, no further server', async () => {
    const opened = recorder.opened;
    for (let i = 0; i < 10; i++) await run(join(build, 'run'), ['Rscript', '--vanilla', 'first.R'], options);
    assert.equal(recorder.opened, opened);
    assert.equal(recorder.text.trim(), '');
    assert.equal(new URL(charts('url', folder)).origin, new URL(address).origin);
    assert.deepEqual(await chart.names(), ['from R', 'from Lua', 'dropped']);
  });
});

// The tutorial's inline chart in a real Jupyter notebook: IRkernel runs the cells, and the chart stands in the cell's output.
import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { test } from 'node:test';
import { Chart, build, launch, scratch, screenshot } from './harness.mjs';

const cells = [
  'library(charts)',
  "inline_chart <- plotasync(\n  list(aapl), options='testfile', stock=TRUE, show='inline', save='stocks', display=TRUE)",
  'inline_chart$show()',
  "inline_chart$plot(list(msft, ohlc), display='MSFT')",
];

function writeNotebook(file) {
  const code = (source) => ({ cell_type: 'code', execution_count: null, metadata: {}, outputs: [], source });
  const kernelspec = { name: 'ir', display_name: 'R', language: 'R' };
  writeFileSync(file, JSON.stringify({ cells: cells.map(code), metadata: { kernelspec }, nbformat: 4, nbformat_minor: 4 }));
}

/** Registers IRkernel where only this test's Jupyter looks. */
function writeKernel(data) {
  const folder = join(data, 'kernels/ir');
  mkdirSync(folder, { recursive: true });
  const argv = ['R', '--no-echo', '-e', 'IRkernel::main()', '--args', '{connection_file}'];
  writeFileSync(join(folder, 'kernel.json'), JSON.stringify({ argv, display_name: 'R', language: 'R' }));
}

/** A port that was free a moment ago. Jupyter takes the next one when somebody else was faster, and says which. */
async function likelyPort() {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address();
  server.close();
  await once(server, 'close');
  return port;
}

/** Starts Jupyter in a folder; gives the address of one of its notebooks. */
async function startJupyter(context, folder, environment) {
  const runtime = environment.JUPYTER_RUNTIME_DIR;
  const port = await likelyPort();
  const child = spawn(join(build, 'run'),
    ['jupyter-notebook', '--no-browser', '--allow-root', '--ip=127.0.0.1', `--port=${port}`], {
      cwd: folder, env: { ...process.env, ...environment }, stdio: ['ignore', 'ignore', 'pipe'],
    });
  context.after(async () => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const gone = once(child, 'exit');
    child.kill('SIGTERM');
    await gone;
  });
  let log = '';
  child.stderr.setEncoding('utf8');
  await new Promise((ready, failed) => {
    child.stderr.on('data', (part) => {
      log += part;
      if (log.includes('To access the notebook')) ready(); // its runtime file is written by then
    });
    child.on('exit', () => failed(new Error(`Jupyter ended:\n${log}`)));
  });
  const info = readdirSync(runtime).find((name) => /^nbserver-\d+\.json$/.test(name));
  const { url, token } = JSON.parse(readFileSync(join(runtime, info), 'utf8'));
  return (notebook) => `${url}notebooks/${notebook}?token=${token}`;
}

/** Runs the selected cell, as a person does, and waits until the kernel has answered. */
async function runCell(page, place) {
  const cell = page.locator('.code_cell').nth(place);
  await cell.locator('.CodeMirror').click();
  await page.keyboard.press('Shift+Enter');
  await page.waitForFunction((at) => /\[\d+\]/.test(document.querySelectorAll('.code_cell .input_prompt')[at].textContent), place);
  return cell;
}

test('a chart is shown in the cell of a Jupyter notebook', { timeout: 200_000 }, (context) => tutorial(context, scratch('notebook')));

async function tutorial(context, folder) {
  const hidden = join(folder, '.jupyter-test');
  const environment = {
    HOME: folder, CHARTS_QUIET: '', CHARTS_IDLE: '60', XDG_RUNTIME_DIR: join(hidden, 'xdg'),
    JUPYTER_DATA_DIR: join(hidden, 'data'), JUPYTER_RUNTIME_DIR: join(hidden, 'runtime'), JUPYTER_CONFIG_DIR: join(hidden, 'config'),
  };
  for (const name of ['xdg', 'runtime', 'config']) mkdirSync(join(hidden, name), { recursive: true, mode: 0o700 });
  writeKernel(environment.JUPYTER_DATA_DIR);
  writeNotebook(join(folder, 'tutorial.ipynb'));
  context.after(() => execFileSync(join(build, 'run'), ['charts', 'stop', folder],
    { cwd: folder, env: { ...process.env, ...environment }, stdio: 'ignore' }));

  const browser = await launch(context);
  const address = await startJupyter(context, folder, environment);
  const page = await browser.newPage({ viewport: { width: 1100, height: 1000 } });
  const problems = [];
  page.on('console', (message) => /Content Security Policy/.test(message.text()) && problems.push(message.text()));
  await page.goto(address('tutorial.ipynb'));
  await page.waitForFunction(() => window.Jupyter?.notebook?.kernel?.is_connected());

  // Loading says nothing in a notebook, which is a script; making the chart shows nothing.
  const loading = await runCell(page, 0);
  assert.equal(await loading.locator('.output_area').count(), 0);
  const making = await runCell(page, 1);
  assert.equal(await making.locator('iframe').count(), 0);
  assert.match(await making.locator('.output_area').innerText(), /testfile/);

  const shown = await runCell(page, 2);
  const iframe = shown.locator('.output_html iframe');
  await iframe.waitFor();
  assert.equal(await shown.locator('.output_error').count(), 0);
  const chart = new Chart(await (await iframe.elementHandle()).contentFrame());
  assert.deepEqual(await chart.names(), ['AAPL']);
  const box = await iframe.boundingBox();
  assert.ok(box.width > 500 && box.height >= 440, JSON.stringify(box));
  await iframe.scrollIntoViewIfNeeded();
  await screenshot(page, 'notebook-1-inline');

  await runCell(page, 3);
  await chart.updateAvailable();
  assert.deepEqual(await chart.names(), ['AAPL']);
  await chart.update();
  assert.deepEqual(await chart.names(), ['AAPL', 'MSFT']);
  await iframe.scrollIntoViewIfNeeded();
  await screenshot(page, 'notebook-2-updated');

  // The saved notebook's text output, which is all that a log would show, does not hold the token.
  const texts = await page.evaluate(() => window.Jupyter.notebook.get_cell(2).output_area.outputs
    .map((output) => (output.data ? output.data['text/plain'] : output.text)));
  assert.ok(texts.length > 0);
  for (const text of texts) assert.doesNotMatch(text, /#t=/);
  assert.deepEqual(problems, []);
}

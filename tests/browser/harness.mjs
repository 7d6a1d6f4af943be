// What the browser tests share: real R and Lua sessions, Debian's Chromium, and the recorder that stands for a person's browser.
import { spawn, execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { constants, mkdirSync, mkdtempSync, openSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = resolve(dirname(fileURLToPath(import.meta.url)), '../..');
const { chromium } = createRequire(join(root, 'web/package.json'))('playwright-core');

export const build = process.env.CHARTS_BUILD ?? join(root, 'build');
const screenshots = join(build, 'screenshots');

/** By the clock: a frame that is scrolled out of sight paints nothing, and would never look. */
const POLLED = { polling: 50 };

/** A folder of its own, removed when the test's process ends: after everything that the test's hooks end in it. */
export function scratch(name) {
  const folder = mkdtempSync(join(tmpdir(), `charts-${name}-`));
  process.on('exit', () => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** Chromium; every page is a new context. Requests that leave this machine do not happen: the page loads nothing from elsewhere. */
export async function launch(context, options = {}) {
  const browser = await chromium.launch({
    executablePath: '/usr/bin/chromium',
    args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
      '--disable-component-update', '--disable-sync'],
    ...options,
  });
  context.after(() => browser.close());
  return browser;
}

export async function screenshot(page, name) {
  mkdirSync(screenshots, { recursive: true });
  await page.screenshot({ path: join(screenshots, `${name}.png`) });
}

/** Stands for the person's browser: CHARTS_BROWSER is a program that hands what it was called with to the test. */
export class Recorder {
  constructor(context, folder) {
    this.pipe = join(folder, '.opened');
    this.program = join(folder, '.browser');
    execFileSync('mkfifo', [this.pipe]);
    writeFileSync(this.program, `#!/bin/sh\nfor last; do :; done\ncat "$last" > "${this.pipe}"\n`, { mode: 0o755 });
    // Held open for writing too, so that the stream does not end between two tabs.
    this.stream = new Socket({ fd: openSync(this.pipe, constants.O_RDWR | constants.O_NONBLOCK), readable: true, writable: false });
    this.stream.setEncoding('utf8');
    this.text = '';
    this.opened = 0;
    this.stream.on('data', (part) => {
      this.text += part;
      this.stream.emit('more');
    });
    context.after(() => this.stream.destroy());
  }

  /** The address of the next tab that is opened. */
  async next() {
    for (;;) {
      const found = /http:\/\/[^\s"'<>]+#[^\s"'<>]+/.exec(this.text);
      const end = this.text.indexOf('</html>');
      if (found && end >= 0) {
        this.text = this.text.slice(end + '</html>'.length);
        this.opened++;
        return found[0].replaceAll('&amp;', '&');
      }
      await once(this.stream, 'more');
    }
  }
}

/** A language session that a person types into. */
class Session {
  constructor(context, command, args, folder, environment) {
    this.child = spawn(join(build, 'run'), [command, ...args], {
      cwd: folder,
      env: { ...process.env, CHARTS_QUIET: '', ...environment },
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    this.output = '';
    this.errors = '';
    this.count = 0;
    this.child.stdout.setEncoding('utf8').on('data', (part) => {
      this.output += part;
      this.child.emit('said');
    });
    this.child.stderr.setEncoding('utf8').on('data', (part) => {
      this.errors += part;
      this.child.emit('said');
    });
    this.child.on('exit', () => this.child.emit('said'));
    context.after(() => this.end());
  }

  async until(test, what) {
    while (!test()) {
      if (this.child.exitCode !== null || this.child.signalCode !== null) {
        throw new Error(`the session ended before ${what}\n${this.output}\n${this.errors}`);
      }
      await once(this.child, 'said');
    }
  }

  /** Waits until the session has said, on standard error, what the pattern finds; from `from` on. */
  async hears(pattern, from = 0) {
    await this.until(() => pattern.test(this.errors.slice(from)), `it said ${pattern}`);
  }

  /** Types code and waits until it has been run; returns what it printed. Fails when it reports an error. */
  async type(code) {
    const mark = `#done-${++this.count}#`;
    const before = this.output.length;
    const errorsBefore = this.errors.length;
    this.child.stdin.write(`${code}\n${this.echo(mark)}\n`);
    await this.until(() => this.printed(mark, before), `${code} was run`);
    const said = this.errors.slice(errorsBefore);
    const printed = this.output.slice(before);
    if (this.failed(said + printed)) throw new Error(`${code}\n${printed}\n${said}`);
    return printed;
  }

  async end() {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return;
    const gone = once(this.child, 'exit');
    this.child.stdin.end();
    await gone;
  }
}

export class RSession extends Session {
  constructor(context, folder, environment) {
    super(context, 'R', ['--vanilla', '--interactive', '--no-readline', '--quiet', '--no-echo'], folder, environment);
  }
  echo(mark) {
    const half = mark.length >> 1; // in two halves, so that an echo of the command is not taken for its result
    return `cat(paste0("${mark.slice(0, half)}", "${mark.slice(half)}"), "\\n")`;
  }
  printed(mark, from) {
    return this.output.indexOf(mark, from) >= 0;
  }
  failed(text) {
    return /^Error/m.test(text);
  }
}

export class LuaSession extends Session {
  constructor(context, folder, environment) {
    super(context, 'lua5.4', ['-i'], folder, environment);
  }
  echo(mark) {
    const half = mark.length >> 1;
    return `print("${mark.slice(0, half)}" .. "${mark.slice(half)}")`;
  }
  printed(mark, from) {
    return this.output.indexOf(mark, from) >= 0;
  }
  failed(text) {
    return /stack traceback|^lua5\.4:|syntax error|stdin:1:/m.test(text);
  }
}

/** The chart in a page or frame, through the object that the page exposes for tests. */
export class Chart {
  constructor(frame) {
    this.frame = frame;
  }
  async ready() {
    // Not evaluate, which would wait for ever: this one ends with an error.
    await this.frame.waitForFunction(() => window.__charts?.ready().then(() => true), null, POLLED);
  }
  async drawn() {
    await this.ready();
    return this.frame.evaluate(() => window.__charts.drawn());
  }
  async names() {
    return (await this.drawn()).map((series) => series.name);
  }
  async options() {
    await this.ready();
    return this.frame.evaluate(() => window.__charts.options());
  }
  /** Waits until the page has noticed that the directory holds something new. */
  async updateAvailable() {
    await this.frame.waitForFunction(() => window.__charts.updateAvailable(), null, POLLED);
  }
  async waitForNames(names) {
    await this.frame.waitForFunction(
      (wanted) => JSON.stringify(window.__charts.drawn().map((series) => series.name)) === wanted,
      JSON.stringify(names),
      POLLED,
    );
  }
  /** What is drawn of each series: its points, and the ranges of x and y. */
  async extents() {
    return new Map((await this.drawn()).map(({ name, points, x, y }) => [name, { points, x, y }]));
  }
  async update() {
    await this.frame.getByRole('button', { name: 'Update' }).click();
    await this.ready();
  }
}

/** `charts serve` of a folder that holds `.run`, and what a page of its chart directory `d` needs. */
export class Server {
  static async start(context, folder, port = '', more = {}) {
    const server = new Server();
    const environment = { ...process.env, XDG_RUNTIME_DIR: join(folder, '.run'), CHARTS_QUIET: '1', ...(port === '' ? {} : { CHARTS_PORT: String(port) }), ...more };
    server.child = spawn(join(build, 'charts'), ['serve', folder], { env: environment, stdio: ['ignore', 'pipe', 'inherit'] });
    context.after(() => server.end());
    let said = '';
    while (!/127\.0\.0\.1:\d+/.test(said)) said += String((await once(server.child.stdout, 'data'))[0]);
    const state = join(folder, '.run', 'charts');
    const { port: own, token } = JSON.parse(readFileSync(join(state, readdirSync(state).find((file) => file.endsWith('.json'))), 'utf8'));
    server.port = own;
    server.address = `http://127.0.0.1:${own}/d/#t=${token}`;
    return server;
  }

  async end() {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return;
    const gone = once(this.child, 'exit');
    this.child.kill('SIGTERM');
    await gone;
  }
}

/** A page of an address, in live mode where that is wanted. */
export async function openPage(browser, address, live = false) {
  const page = await browser.newPage();
  await page.goto(address);
  const chart = new Chart(page.mainFrame());
  await chart.ready();
  if (live) await page.getByRole('button', { name: 'Live' }).click();
  return { page, chart };
}

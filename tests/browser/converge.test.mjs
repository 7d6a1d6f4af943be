// Pages come to show what the directory holds: after bursts of changes, without it, without the network, and beside another server.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdirSync, readFileSync, renameSync, rmSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { join } from 'node:path';
import { test } from 'node:test';
import { launch, openPage as open, scratch, screenshot, Server } from './harness.mjs';

/** A folder with the chart directory `d`. */
function makeFolder(name) {
  const folder = scratch(name);
  mkdirSync(join(folder, 'd', '.charts'), { recursive: true });
  mkdirSync(join(folder, '.run'), { mode: 0o700 });
  put(folder, 'A', [1, 2, 4]);
  return folder;
}

/** As every program should: a temporary, then a rename. */
function put(folder, name, data) {
  const temporary = join(folder, 'd', `.${name}.tmp`);
  writeFileSync(temporary, JSON.stringify({ name, data }));
  renameSync(temporary, join(folder, 'd', `${name}.json`));
}

/** A port that is free now. */
async function freePort() {
  const listener = createServer().listen(0, '127.0.0.1');
  await once(listener, 'listening');
  const { port } = listener.address();
  listener.close();
  await once(listener, 'close');
  return port;
}

test('a live page and one that is updated by hand show the end of a burst', async (context) => {
  const folder = makeFolder('burst');
  const server = await Server.start(context, folder);
  const browser = await launch(context);
  const live = await open(browser, server.address, true);
  const still = await open(browser, server.address);
  const most = Number(readFileSync('/proc/sys/fs/inotify/max_queued_events', 'utf8'));
  process.kill(server.child.pid, 'SIGSTOP'); // what happens now is more than inotify queues
  try {
    for (let i = 0; i <= most; i++) utimesSync(join(folder, 'd', 'A.json'), 1000, i % 2 ? 1000 : 2000);
    for (const name of ['B', 'C']) put(folder, name, [1, 2]);
    for (let i = 0; i <= most; i++) utimesSync(join(folder, 'd', i % 2 ? 'A.json' : 'B.json'), 1000, 1000 + i);
    put(folder, 'D', [5, 6]);
    rmSync(join(folder, 'd', 'B.json'));
  } finally {
    process.kill(server.child.pid, 'SIGCONT');
  }
  await live.chart.waitForNames(['A', 'C', 'D']);
  await still.chart.updateAvailable();
  await still.chart.update();
  await still.chart.waitForNames(['A', 'C', 'D']);
});

test('a directory that is renamed, removed or replaced by a link is said to be missing, and shown again when it is back', async (context) => {
  const folder = makeFolder('missing');
  const server = await Server.start(context, folder);
  const browser = await launch(context);
  const pages = [await open(browser, server.address, true), await open(browser, server.address)];
  const place = join(folder, 'd');
  const ways = [() => renameSync(place, join(folder, 'away')), () => rmSync(place, { recursive: true }),
    () => (renameSync(place, join(folder, 'elsewhere')), symlinkSync(join(folder, 'elsewhere'), place))];
  for (const [round, leave] of ways.entries()) {
    leave();
    for (const { page } of pages) await page.getByRole('alert').getByText('is not there any more').waitFor();
    if (round === 0) await screenshot(pages[0].page, 'page-missing');
    rmSync(place, { recursive: true, force: true });
    mkdirSync(join(place, '.charts'), { recursive: true });
    put(folder, 'A', [1, 2]);
    put(folder, `R${round}`, [round, 1]);
    for (const { page } of pages) await page.getByRole('alert').waitFor({ state: 'hidden' });
    await pages[0].chart.waitForNames(['A', `R${round}`]);
    await pages[1].chart.updateAvailable();
    await pages[1].chart.update();
    await pages[1].chart.waitForNames(['A', `R${round}`]);
  }
});

/** A proxy before a server: the network, which may fail. */
class Network {
  static async start(context) {
    const network = new Network();
    network.port = await freePort();
    network.sockets = new Set();
    network.listener = createServer((incoming) => network.join(incoming));
    await network.mend();
    context.after(() => network.cut());
    return network;
  }

  join(incoming) {
    const outgoing = connect(this.server, '127.0.0.1');
    for (const [one, other] of [[incoming, outgoing], [outgoing, incoming]]) {
      this.sockets.add(one);
      one.pipe(other);
      one.on('error', () => other.destroy());
      one.on('close', () => {
        this.sockets.delete(one);
        other.destroy();
      });
    }
  }

  async mend() {
    this.listener.listen(this.port, '127.0.0.1');
    await once(this.listener, 'listening');
  }

  /** Nothing goes through any more. */
  async cut() {
    if (!this.listener.listening) return;
    this.listener.close();
    for (const socket of this.sockets) socket.destroy();
    await once(this.listener, 'close');
  }
}

test('a page without the network comes back to its server by itself', async (context) => {
  const folder = makeFolder('offline');
  const network = await Network.start(context);
  const server = await Server.start(context, folder, '', { CHARTS_BASE_URL: `http://127.0.0.1:${network.port}/` });
  network.server = server.port;
  const { page, chart } = await open(await launch(context), server.address.replace(`:${server.port}/`, `:${network.port}/`), true);
  const connected = page.locator('.connection[data-state="open"]');
  await connected.waitFor();
  await network.cut();
  await page.getByRole('alert').getByText('charts url d').waitFor();
  put(folder, 'B', [1]);
  await network.mend();
  await page.evaluate(() => window.dispatchEvent(new Event('online'))); // it does not wait for its pause to end
  await connected.waitFor();
  await page.getByRole('alert').waitFor({ state: 'hidden' });
  await chart.waitForNames(['A', 'B']);
  // Requests fail while the channel stays: the news that came over it is not forgotten.
  await page.route('**/api/d/d/series', (route) => route.abort());
  put(folder, 'C', [1]);
  await page.getByRole('alert').getByText('charts url d').waitFor();
  await page.unroute('**/api/d/d/series');
  await connected.waitFor();
  await chart.waitForNames(['A', 'B', 'C']);
});

test('another server at the same port is not taken for the one that is gone', async (context) => {
  const folder = makeFolder('restart');
  const port = await freePort();
  const first = await Server.start(context, folder, port);
  const browser = await launch(context);
  const { page } = await open(browser, first.address);
  await first.end();
  await page.getByRole('alert').getByText('The server has ended').waitFor();
  await page.getByRole('alert').getByText('charts url d').waitFor();
  for (const colorScheme of ['light', 'dark']) {
    await page.emulateMedia({ colorScheme });
    await page.evaluate(() => new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve))));
    await screenshot(page, `page-server-gone-${colorScheme}`);
  }
  const other = makeFolder('other');
  put(other, 'secret', [1]);
  const second = await Server.start(context, other, port);
  assert.equal(second.port, first.port);
  await page.getByRole('button', { name: 'Try again' }).click();
  await page.getByRole('alert').getByText('This address is no longer valid').waitFor();
  await page.locator('.connection[data-state="denied"]').waitFor();
  assert.equal(await page.getByText('secret').count(), 0);
  await screenshot(page, 'page-server-other');
});

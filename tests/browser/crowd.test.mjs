// More pages than a program's server keeps up to date: the one too many says so, and how to go on.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:net';
import { test } from 'node:test';
import { Chart, LuaSession, launch, scratch, screenshot } from './harness.mjs';

const PAGES = 40;

/** Stands for a page that is open elsewhere. */
async function viewer({ host, port }, token) {
  const socket = connect(port, '127.0.0.1');
  socket.write(`GET /api/d/d/live HTTP/1.1\r\nHost: ${host}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n`
    + `Sec-WebSocket-Key: AAECAwQFBgcICQoLDA0ODw==\r\nSec-WebSocket-Protocol: charts.token.${token}, charts\r\n\r\n`);
  const [answer] = await once(socket, 'data');
  assert.match(String(answer), /^HTTP\/1.1 101 /);
  socket.resume();
  return socket;
}

test('one page too many says so, still finds what is new, and is told again when there is room', async (context) => {
  const browser = await launch(context);
  const lua = new LuaSession(context, scratch('crowd'), { CHARTS_BROWSER: 'true' });
  await lua.type('charts = require "charts"');
  await lua.type('c = charts.plotasync({1, 4, 9}, {name = "squares", save = "d"})');
  const address = new URL((await lua.type('print(c:url())')).match(/http:\S+/)[0]);
  const token = new URLSearchParams(address.hash.slice(1)).get('t');
  const others = [];
  context.after(() => others.forEach((one) => one.destroy()));
  for (let i = 0; i < PAGES; i++) others.push(await viewer(address, token));
  const page = await browser.newPage();
  await page.goto(address.href);
  const chart = new Chart(page.mainFrame());
  assert.deepEqual(await chart.names(), ['squares']);
  const banner = page.getByRole('alert');
  await banner.getByText('Too many pages are open').waitFor();
  await banner.getByText(`${PAGES} pages`).waitFor();
  await screenshot(page, 'crowd');
  await lua.type('c:plot({1, 2, 3}, "more")');
  await chart.updateAvailable();
  await chart.update();
  await chart.waitForNames(['squares', 'more']);
  const gone = once(others[0], 'close');
  others.shift().destroy();
  await gone;
  await banner.getByRole('button', { name: 'Try again' }).click();
  await banner.waitFor({ state: 'hidden' });
  await page.getByText('Connected').waitFor();
});

// What hostile data and hostile pages try: names, texts, options and files that would be code, and pages of other origins that want the data.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { Chart, LuaSession, launch, scratch, screenshot } from './harness.mjs';

const EVIL = 'http://evil.example:9';
const MARKUP = [
  '<img src=x onerror=alert(1)>', '</script><script>alert(2)</script>', '"><svg onload=alert(3)>', "javascript:alert(4)", `<a href="javascript:alert(5)">x</a>`,
  `<iframe srcdoc="<script>alert(6)</script>">`, '{{constructor.constructor("alert(7)")()}}', '${alert(8)}', `<link rel=stylesheet href=${EVIL}/x.css>`,
  `<style>@import url(${EVIL}/y.css)</style>`, '\u202egnp.exe\u2066 bidi \u2069\u200f', '__proto__', 'constructor', 'toString', 'hasOwnProperty', '\u0001\u0007\u001b[31m', "'; alert(9); '",
];
const PAINTS = [`red;background:url(${EVIL}/p.png)`, `url(${EVIL}/q.png)`, `image://${EVIL}/r.png`, 'expression(alert(10))', `red url(${EVIL}/s.png)`, '</style><img src=x onerror=alert(11)>'];
const paint = (i) => PAINTS[i % PAINTS.length];
const text = (i) => MARKUP[i % MARKUP.length];

/** Options in which every text, colour and place for an address is hostile. */
function hostileOptions(i) {
  const style = { color: paint(i), fontFamily: `x; background: url(${EVIL}/f.png)`, fontSize: '10px;background:url(x)', backgroundImage: `url(${EVIL}/g.png)` };
  return {
    title: { text: text(i), style, align: text(i + 1) }, subtitle: { text: text(i + 1), style },
    chart: { backgroundColor: paint(i), plotBackgroundColor: paint(i + 1), plotBackgroundImage: `${EVIL}/b.png`, borderColor: paint(i + 2), events: { load: 'alert(12)' } },
    credits: { enabled: true, text: text(i), href: 'javascript:alert(13)' },
    colors: [paint(i), paint(i + 1), `url(${EVIL}/c.png)`],
    xAxis: { title: { text: text(i + 2), style }, lineColor: paint(i), labels: { format: '<img src=x onerror=alert(14)>{value}', style, formatter: 'alert(15)' },
      plotBands: [{ from: 0, to: 1, color: paint(i), label: { text: text(i + 3) } }], plotLines: [{ value: 1, color: paint(i), label: { text: text(i + 4) } }] },
    yAxis: { title: { text: text(i + 5), style }, labels: { format: '{value}<img src=x onerror=alert(16)>' } },
    legend: { enabled: true, title: { text: text(i + 6) }, backgroundColor: paint(i), itemStyle: style },
    tooltip: { valuePrefix: text(i), valueSuffix: '<img src=x onerror=alert(17)>', headerFormat: '<script>alert(18)</script>', pointFormat: '<img src=x onerror=alert(19)>', backgroundColor: paint(i), useHTML: true, formatter: 'alert(20)' },
    ['__proto__']: { polluted: 'yes' }, constructor: { prototype: { polluted: 'yes' } }, [text(i)]: text(i), onload: 'alert(21)',
  };
}

/** As JSON, where `__proto__` is a member like any other. */
function json(value) {
  const { constructor: _, ...rest } = { constructor: null, ...value };
  const whole = JSON.stringify({ ...rest, ...(Object.hasOwn(value, 'constructor') && { constructor: value.constructor }) });
  return `${whole.slice(0, -1)},"__proto__":{"polluted":"yes","toString":"x"}}`;
}

function writeHostile(folder) {
  const series = MARKUP.map((name, i) => ({
    name, display: i !== 11, index: i, color: paint(i), type: ['line', 'area', 'column', 'spline', 'scatter'][i % 5], marker: { enabled: true, symbol: `image://${EVIL}/m${i}.png`, fillColor: paint(i) },
    tooltip: { valuePrefix: text(i + 1), pointFormat: text(i) }, dataLabels: { enabled: true, format: text(i) }, events: { click: 'alert(30)' }, className: text(i), id: '__proto__', stack: '__proto__', dashStyle: paint(i),
    data: [[0, i], [1, i + 1], [2, i]],
  }));
  series.forEach((one, i) => writeFileSync(join(folder, 'd', `${i}.json`), json(one).replace(/,"data":(\[\[.*?\]\])(.*)\}$/s, '$2,"data":$1}')));
  writeFileSync(join(folder, 'd', 'pie.json'), JSON.stringify({ name: 'labels', display: true, type: 'column', data: MARKUP.map((label, i) => [label, i + 1]) }));
  writeFileSync(join(folder, 'd', 'points.json'), JSON.stringify({ name: 'points', display: true, type: 'scatter', data: MARKUP.map((label, i) => ({ x: i / 8, y: i, name: label, color: paint(i), url: 'javascript:alert(31)', marker: { symbol: `url(${EVIL}/n.png)` } })) }));
  writeFileSync(join(folder, 'd', `<img src=x onerror=alert(32)>.json`), '{"data":[1,2,3]}');
  writeFileSync(join(folder, 'd', `<img src=x onerror=alert(33)> broken.json`), '<script>alert(34)</script>');
  writeFileSync(join(folder, 'd', 'long title.json'), JSON.stringify({ name: 'x'.repeat(1024), display: true, data: [1, 2, 3] }));
  writeFileSync(join(folder, 'd', 'too long.json'), JSON.stringify({ name: 'y'.repeat(1 << 20), data: [1, 2, 3] }));
  writeFileSync(join(folder, 'd', 'long attribute.json'), JSON.stringify({ name: 'long attribute', display: true, color: 'z'.repeat(1 << 20), tooltip: { valueSuffix: '<b>'.repeat(1 << 18) }, data: [3, 2, 1] }));
  symlinkSync('/etc/passwd', join(folder, 'd', 'link.json'));
  execFileSync('mkfifo', [join(folder, 'd', 'pipe.json')]);
  mkdirSync(join(folder, 'd', 'folder.json'));
}

/** Watches a page for everything that must not happen. */
async function watched(context, browser, own) {
  const page = await browser.newPage();
  const bad = [];
  page.on('dialog', (dialog) => { bad.push(`dialog ${dialog.message()}`); void dialog.dismiss(); });
  page.on('pageerror', (error) => bad.push(`error ${error.stack}`));
  page.on('console', (message) => { if (message.type() === 'error' || /Content.Security.Policy/.test(message.text())) bad.push(`console ${message.text().slice(0, 400)}`); });
  page.on('request', (request) => {
    const address = request.url();
    if (!/^(data|blob):/.test(address) && new URL(address).origin !== own) bad.push(`request ${address}`);
    if (address.replace(/#.*/, '').includes('t=')) bad.push(`token in ${address}`);
  });
  page.on('popup', () => bad.push('popup'));
  page.on('framenavigated', (frame) => { if (frame !== page.mainFrame()) bad.push(`frame ${frame.url()}`); });
  await page.addInitScript(() => {
    window.violations = [];
    document.addEventListener('securitypolicyviolation', (event) => window.violations.push(`${event.violatedDirective} ${event.blockedURI} ${event.sourceFile}:${event.lineNumber}`));
  });
  return { page, chart: new Chart(page.mainFrame()), judge: async () => {
    bad.push(...(await page.evaluate(() => window.violations)));
    assert.deepEqual(bad, []);
    assert.deepEqual(await page.evaluate(() => [({}).polluted, typeof Object.prototype.toString, JSON.stringify(Object.entries(Object.prototype)), document.querySelectorAll('main img, iframe, object, embed, main link, main script').length,
      [...document.querySelectorAll('a[href]')].filter((a) => !/^https?:/.test(a.href)).length]), [undefined, 'function', '[]', 0, 0]);
  } };
}

async function session(context, name) {
  const folder = scratch(name);
  const lua = new LuaSession(context, folder, { CHARTS_BROWSER: 'true' });
  await lua.type('charts = require "charts"');
  await lua.type('c = charts.plotasync({1, 4, 9}, {name = "squares", save = "d", options = "evil"})');
  const address = (await lua.type('print(c:url())')).match(/http:\S+/)[0];
  return { folder, lua, address, own: new URL(address).origin };
}

test('names, labels, attributes, options and file names are never code', async (context) => {
  const { folder, address, own } = await session(context, 'hostile');
  const browser = await launch(context);
  writeHostile(folder);
  mkdirSync(join(folder, 'd/.charts/settings'), { recursive: true });
  for (let i = 0; i < PAINTS.length; i++) {
    writeFileSync(join(folder, 'd/.charts/settings/evil.json'), json(hostileOptions(i)));
    const { page, chart, judge } = await watched(context, browser, own);
    await page.goto(address);
    await chart.ready();
    const drawn = await chart.drawn();
    const missing = ['squares', ...MARKUP.slice(0, 8)].filter((name) => !drawn.some((one) => one.name === name));
    assert.ok(drawn.length >= 12 && missing.length === 0, `drawn: ${drawn.map((one) => one.name.slice(0, 40))}`);
    const { x, y, width, height } = await page.locator('.cx-host').boundingBox();
    for (const share of [0.02, 0.35, 0.5, 0.98]) await page.mouse.move(x + width * share, y + height / 2);
    if (i === 0) {
      await page.locator('.messages summary').click();
      for (const file of ['link.json', 'pipe.json', 'folder.json', '<img src=x onerror=alert(33)> broken.json', 'too long.json']) await page.locator('.messages li, .messages summary').filter({ hasText: file }).first().waitFor();
      await screenshot(page, 'hostile-messages');
      await page.getByRole('combobox', { name: 'Add a series' }).click();
      await page.getByRole('option').first().waitFor();
      await screenshot(page, 'hostile-selector');
      await page.keyboard.press('Escape');
      await page.getByRole('button', { name: 'Settings' }).click();
    }
    await screenshot(page, `hostile-${i}`);
    await judge();
    await page.close();
  }
});

test('a text of a megabyte is a text', async (context) => {
  const { folder, address, own } = await session(context, 'megabyte');
  const browser = await launch(context);
  mkdirSync(join(folder, 'd/.charts/settings'), { recursive: true });
  writeFileSync(join(folder, 'd/.charts/settings/evil.json'), JSON.stringify({ title: { text: `<b onclick=alert(1)>${'W '.repeat(500_000)}` } }));
  writeFileSync(join(folder, 'd', 'labels.json'), JSON.stringify({ name: 'labels', display: true, type: 'column', data: [['<i>'.repeat(100_000), 1], ['b', 2]] }));
  const { page, chart, judge } = await watched(context, browser, own);
  await page.goto(address);
  assert.deepEqual(await chart.names(), ['squares', 'labels']);
  await screenshot(page, 'hostile-megabyte');
  await judge();
});

test('pages of other origins reach nothing', async (context) => {
  const { address } = await session(context, 'origins');
  const target = new URL(address);
  const token = new URLSearchParams(target.hash.slice(1)).get('t');
  const evil = createServer((request, response) => response.writeHead(200, { 'Content-Type': 'text/html' }).end('<!doctype html><title>evil</title><body>evil'));
  evil.listen(0, '127.0.0.1');
  await once(evil, 'listening');
  context.after(() => { evil.closeAllConnections?.(); evil.close(); });
  const file = join(scratch('evil'), 'evil.html');
  writeFileSync(file, '<!doctype html><title>evil</title><body>evil');
  // The rebound name leads to our server itself: its pages have that name's origin.
  const browser = await launch(context, { args: ['--no-sandbox', '--disable-gpu', '--host-resolver-rules=MAP evil.example 127.0.0.1,MAP rebound.example 127.0.0.1'] });
  const places = { 'another port': `http://127.0.0.1:${evil.address().port}/`, 'another name': `http://evil.example:${evil.address().port}/`, 'a file': pathToFileURL(file).href };
  for (const [place, where] of Object.entries(places)) {
    const page = await browser.newPage();
    const dialogs = [];
    page.on('dialog', (dialog) => { dialogs.push(dialog.message()); void dialog.dismiss(); });
    await page.goto(where);
    // Even who knows the token has to be of our origin.
    const reached = await page.evaluate(attack, { root: `${target.origin}/`, segment: 'd', token });
    assert.deepEqual(reached, [], place);
    const framed = await page.evaluate((address) => new Promise((done) => {
      const frame = document.createElement('iframe');
      frame.onload = () => {
        let text = null;
        try { text = frame.contentDocument && frame.contentDocument.body.textContent; } catch (error) { text = `opaque: ${error.name}`; }
        done(text);
      };
      frame.src = address;
      document.body.append(frame);
    }), address);
    assert.ok(framed === null || /^opaque/.test(framed), `${place}: the frame's content was ${framed}`);
    const frame = page.frames().at(-1);
    // What may frame it is on this machine; whoever else gets an error page.
    assert.equal(frame.url().startsWith(target.origin), place !== 'another name', `${place}: ${frame.url()}`);
    assert.deepEqual(dialogs, []);
    await page.close();
  }
  // DNS rebinding: a name of theirs that leads here.
  const page = await browser.newPage();
  const answer = await page.goto(`http://rebound.example:${target.port}/d/${target.hash}`);
  assert.equal(answer.status(), 403);
  await page.getByRole('heading', { name: 'Forbidden' }).waitFor();
  await screenshot(page, 'refused-host');
  assert.deepEqual(await page.evaluate(attack, { root: `http://rebound.example:${target.port}/`, segment: 'd', token }), []);
  assert.deepEqual(await page.evaluate(attack, { root: `${target.origin}/`, segment: 'd', token }), []);
  // The control: our own page reaches all of it.
  await page.goto(address);
  const own = await page.evaluate(attack, { root: `${target.origin}/`, segment: 'd', token });
  for (const way of ['fetch', 'fetch with headers', 'WebSocket', 'write']) assert.ok(own.includes(way), `${way} of our own page: ${own}`);
});

/** Everything that a page can try. Returns the ways by which it got something, or did something. */
async function attack({ root, segment, token }) {
  const reached = [];
  const api = `${root}api/d/${segment}/`;
  const headers = { Authorization: `Bearer ${token}` };
  const tries = {
    fetch: async () => (await fetch(root)).ok,
    'fetch of data': async () => (await fetch(`${api}series`)).ok,
    'fetch with headers': async () => (await (await fetch(`${api}series`, { headers })).json()).series.length,
    'fetch with credentials': async () => (await fetch(`${api}series`, { credentials: 'include', headers })).ok,
    'fetch without cors': async () => (await fetch(root, { mode: 'no-cors' })).ok,
    write: async () => (await fetch(`${api}settings/written`, { method: 'PUT', headers: { ...headers, 'Content-Type': 'application/json' }, body: '{}' })).ok,
    'write as a form would': async () => (await fetch(`${api}settings/written`, { method: 'POST', headers: { 'Content-Type': 'text/plain' }, body: '{}' })).ok,
    beacon: async () => { navigator.sendBeacon(`${root}api/stop`, new Blob(['{}'], { type: 'text/plain' })); return false; },
    WebSocket: () => new Promise((done) => {
      const socket = new WebSocket(`${api.replace('http', 'ws')}live`, [`charts.token.${token}`, 'charts']);
      socket.onopen = () => { done(true); socket.close(); };
      socket.onerror = () => done(false);
    }),
    EventSource: () => new Promise((done) => {
      const source = new EventSource(`${api}series`);
      source.onopen = source.onmessage = () => { done(true); source.close(); };
      source.onerror = () => { done(false); source.close(); };
    }),
    script: () => new Promise((done) => {
      const script = document.createElement('script');
      script.onload = () => done(true);
      script.onerror = () => done(false);
      script.src = `${root}assets/main.js`;
      document.head.append(script);
    }),
    'series as a script': () => new Promise((done) => {
      const script = document.createElement('script');
      script.onload = () => done(true);
      script.onerror = () => done(false);
      script.src = `${api}series`;
      document.head.append(script);
    }),
    image: () => new Promise((done) => {
      const image = new Image();
      image.onload = () => done(true);
      image.onerror = () => done(false);
      image.src = `${root}assets/icon.svg`;
    }),
    style: () => new Promise((done) => {
      const link = Object.assign(document.createElement('link'), { rel: 'stylesheet', href: `${root}assets/page.css` });
      link.onload = () => done(true);
      link.onerror = () => done(false);
      document.head.append(link);
    }),
    form: () => new Promise((done) => {
      const frame = Object.assign(document.createElement('iframe'), { name: 'form' });
      const form = Object.assign(document.createElement('form'), { method: 'POST', enctype: 'text/plain', target: 'form', action: `${root}api/stop` });
      form.innerHTML = '<input name="{&quot;a&quot;:&quot;" value="&quot;}">';
      document.body.append(frame, form);
      frame.onload = () => {
        let seen = false;
        try { seen = !['', 'about:blank'].includes(frame.contentWindow.location.href) && frame.contentDocument.body.textContent !== ''; } catch { seen = false; }
        done(seen);
      };
      document.addEventListener('securitypolicyviolation', () => done(false)); // the policy of our refusals forbids forms, and no frame loads
      form.submit();
      if (document.location.origin === new URL(root).origin) done(false);
    }),
    window: () => new Promise((done) => {
      const opened = window.open(`${root}${segment}/#t=${token}`);
      if (opened === null) { done(false); return; }
      window.onmessage = (event) => done(event.source === opened);
      let turns = 0;
      const timer = setInterval(() => {
        let read = false;
        try { read = opened.document.body.textContent.length > 0 && opened.location.href !== 'about:blank'; } catch { read = false; }
        try { opened.postMessage({ token: true, series: true }, '*'); } catch { read = false; }
        if (read || ++turns === 20) { clearInterval(timer); opened.close(); done(read); }
      }, 50);
    }),
  };
  for (const [way, attempt] of Object.entries(tries)) {
    if (way === 'window' && document.location.origin === new URL(root).origin) continue; // of the origin itself, which reads nothing but refusals
    try {
      if (await attempt()) reached.push(way);
    } catch { /* refused */ }
  }
  return reached;
}

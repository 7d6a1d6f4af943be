// What other programs and hostile names do to a page: a dropped file is a series, a broken one is named, a name is only a name.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { Chart, LuaSession, launch, scratch, screenshot } from './harness.mjs';

async function open(context, folder) {
  const browser = await launch(context);
  const lua = new LuaSession(context, folder, { CHARTS_BROWSER: 'true' });
  await lua.type('charts = require "charts"');
  await lua.type('c = charts.plotasync({1, 4, 9}, {name = "squares", save = "d"})');
  const address = (await lua.type('print(c:url())')).match(/http:\S+/)[0];
  const page = await browser.newPage();
  const dialogs = [];
  page.on('dialog', (dialog) => dialogs.push(dialog.message()) && dialog.dismiss());
  const reports = [];
  page.on('console', (message) => /Content Security Policy/.test(message.text()) && reports.push(message.text()));
  await page.goto(address);
  return { lua, page, dialogs, reports, chart: new Chart(page.mainFrame()) };
}

test('a file that another program drops is a series after Update; a broken one is named with its reason', async (context) => {
  const folder = scratch('foreign');
  const { page, chart } = await open(context, folder);
  assert.deepEqual(await chart.names(), ['squares']);
  execFileSync('/usr/bin/python3', ['-c', `import json; json.dump({"data": [[1, 2], [2, float("nan")], [3, 5]], "name": "from python"}, open("d/p.json", "w"), indent=1)`], { cwd: folder });
  execFileSync('sh', ['-c', `jq -n '{name: "from jq", data: [3, 1, 2]}' > d/j.json; echo '[1,2' > d/broken.json`], { cwd: folder });
  await chart.updateAvailable();
  await chart.update();
  await chart.waitForNames(['squares', 'from jq', 'from python']);
  await page.getByText('broken.json').first().waitFor();
  await page.getByText('expected a record').first().waitFor();
  await screenshot(page, 'foreign-broken');
});

test('names that look like paths or markup are working series and nothing more', async (context) => {
  const folder = scratch('names');
  const { lua, page, dialogs, reports, chart } = await open(context, folder);
  const names = ['../x', 'a/b', '<img src=x onerror=alert(1)>', '"><script>alert(2)</script>', '日本語 ✓'];
  for (const name of names) await lua.type(`c:plot({1, 2, 3}, ${JSON.stringify(name)})`);
  await chart.updateAvailable();
  await chart.update();
  await chart.waitForNames(['squares', ...names]);
  await page.mouse.move(500, 300);
  await screenshot(page, 'names');
  const listed = (await lua.type('print(table.concat(c:names(), "|"))')).trim();
  assert.ok(listed.includes(['squares', ...names].join('|')), listed);
  assert.deepEqual(dialogs, []);
  assert.deepEqual(reports, []);
  // The policy itself: a script of the page that is not ours must not run.
  const blocked = await page.evaluate(() => new Promise((done) => {
    document.addEventListener('securitypolicyviolation', (event) => done(event.violatedDirective), { once: true });
    const script = document.createElement('script');
    script.textContent = 'window.ran = true';
    document.head.append(script);
  }));
  assert.match(blocked, /script-src/);
  assert.equal(await page.evaluate(() => window.ran), undefined);
  writeFileSync(join(folder, 'done'), '');
});

// Checks that a server's pages and data answer: node check.mjs ADDRESS DIRECTORY…
// For every directory: the page, its script and style, the listing, the newest view, and a window of every series.
import assert from 'node:assert/strict';

const [address, ...directories] = process.argv.slice(2);
const base = new URL(address);
const token = new URLSearchParams(base.hash.slice(1)).get('t');
assert.ok(token, `the address ${address} carries no token`);
const root = new URL('/', base);
const authorization = { Authorization: `Bearer ${token}` };

async function get(path, init = {}) {
  const response = await fetch(new URL(path, root), init);
  assert.equal(response.status, 200, `${path} answered ${response.status}: ${await response.clone().text()}`);
  return response;
}

async function checkPage(path) {
  const html = await (await get(path)).text();
  for (const [, file] of html.matchAll(/(?:src|href)="([^"]+)"/g)) {
    const asset = new URL(file, new URL(path, root));
    assert.ok((await (await get(asset.pathname)).arrayBuffer()).byteLength > 0, `${asset.pathname} is empty`);
  }
}

async function checkWindow(directory, series) {
  const response = await get(`/api/d/${encodeURIComponent(directory)}/window`, {
    method: 'POST',
    headers: { ...authorization, 'Content-Type': 'application/json' },
    body: JSON.stringify({ series: series.map((one) => one.file), from: null, to: null, columns: 1200, x: 'linear' }),
  });
  const bytes = Buffer.from(await response.arrayBuffer());
  assert.equal(bytes.subarray(0, 8).toString(), 'CHARTSF1', `${directory}: the window is no frame`);
  const header = JSON.parse(bytes.subarray(12, 12 + bytes.readUInt32LE(8)).toString());
  for (const [place, one] of header.series.entries()) {
    assert.equal(one.file, series[place].file);
    assert.ok(one.error === undefined && one.count > 0, `${directory}/${one.file}: ${one.error ?? 'no points'}`);
  }
}

await checkPage('/');
const { directories: served } = await (await get('/api/directories', { headers: authorization })).json();
for (const directory of directories) {
  assert.ok(served.some((one) => one.name === directory), `${directory} is not listed`);
  await checkPage(`/${encodeURIComponent(directory)}/`);
  const listing = await (await get(`/api/d/${encodeURIComponent(directory)}/series`, { headers: authorization })).json();
  assert.deepEqual(listing.broken, [], `${directory} has broken files`);
  assert.ok(listing.views.length > 0, `${directory} has no view`);
  await get(`/api/d/${encodeURIComponent(directory)}/views/${listing.views[0]}`, { headers: authorization });
  await checkWindow(directory, listing.series);
  console.log(`${directory}: page, view and ${listing.series.map((one) => one.name).join(', ')} answer`);
}

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { chartAddress, locate } from '../../src/model/address';
import { recall, remember, rememberKnown, shelfKey, type Shelf } from '../../src/model/remembered';

const T = '0123456789abcdef0123456789abcdef';

test('finds directory, token and view', () => {
  const here = locate(`http://127.0.0.1:47688/my%20stocks/#t=${T}&v=1f3c9a70`, 'http://127.0.0.1:47688/assets/main.js');
  assert.equal(here.root.href, 'http://127.0.0.1:47688/');
  assert.deepEqual([here.segment, here.name, here.token, here.view], ['my%20stocks', 'my stocks', T, '1f3c9a70']);
});

test('behind a proxy the root is a path', () => {
  const here = locate('https://hub.example/user/me/proxy/8000/stocks/#t=x', 'https://hub.example/user/me/proxy/8000/assets/main.js');
  assert.equal(here.root.pathname, '/user/me/proxy/8000/');
  assert.equal(here.segment, 'stocks');
  assert.equal(chartAddress(here.root, 'a b', 'x'), 'https://hub.example/user/me/proxy/8000/a%20b/#t=x');
});

test('the root is the gallery; what is no view id is none', () => {
  const here = locate('http://h:1/#v=../../etc', 'http://h:1/assets/main.js');
  assert.deepEqual([here.segment, here.token, here.view], [null, null, null]);
});

test('a segment that is no percent-encoding is shown as it is', () => {
  assert.equal(locate('http://h:1/%zz/', 'http://h:1/assets/main.js').name, '%zz');
});

const shelf = (): Shelf & { kept: Map<string, string> } => {
  const kept = new Map<string, string>();
  return { kept, get: (key) => kept.get(key) ?? null, set: (key, value) => void kept.set(key, value) };
};

test('a reload brings back selection, colours, zoom and live', () => {
  const place = shelf();
  const state = { selection: [{ file: 'B.json', slot: 4 }, { file: 'A.json', slot: 0 }], known: new Map([['A.json', true], ['B.json', false]]), range: { from: 1, to: 2 }, live: true };
  remember(place, shelfKey('stocks', '1f3c9a70'), state);
  rememberKnown(place, shelfKey('stocks', '1f3c9a70'), state.known);
  assert.deepEqual(recall(place, shelfKey('stocks', '1f3c9a70')), state);
  assert.equal(recall(place, shelfKey('stocks', 'ffffffff')), null, 'another view has its own');
});

test('storage that is denied, full or spoilt costs the memory and nothing else', () => {
  const denied: Shelf = { get: () => { throw new Error('denied'); }, set: () => { throw new Error('denied'); } };
  assert.equal(recall(denied, 'k'), null);
  remember(denied, 'k', { selection: [], range: null, live: null });
  rememberKnown(denied, 'k', new Map());
  for (const text of ['', '{', '[]', '{"selection":1}', 'null']) assert.equal(recall({ get: () => text, set: () => undefined }, 'k'), null);
  const kept = (key: string): string => (key.endsWith(':known') ? '[1,["A",true]]' : '{"selection":[{"file":1},{"file":"A","slot":-1},{"file":"B","slot":2}],"range":{"from":2,"to":1},"live":"x"}');
  const odd = recall({ get: kept, set: () => undefined }, 'k');
  assert.deepEqual(odd, { selection: [{ file: 'B', slot: 2 }], known: new Map([['A', true]]), range: null, live: null });
});

import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import type { Demands, Options, TrueSample } from '../../src/model/drawing';
import { Refused, Unreachable, type WindowRequest } from '../../src/model/api';
import type { Socket } from '../../src/model/channel';
import { Chart } from '../../src/model/chart';
import { parseListing, type Listing } from '../../src/model/listing';
import { parseView, type View } from '../../src/model/options';

/** A directory, a server and a page's surroundings, all in memory. */
class World {
  revision = 1;
  series: Record<string, { display: boolean; stamp: string; to: number; raw?: boolean; progress?: number }> = { A: { display: true, stamp: 's1', to: 100 } };
  view: View | null = {};
  settings: Options | null = null;
  down: Error | null = null;
  /** What the server says when it tells too many pages already. */
  full: string | null = null;
  /** Not null: listings that were asked for wait here. */
  held: (() => void)[] | null = null;
  readonly windows: WindowRequest[] = [];
  readonly kept = new Map<string, string>();
  readonly listeners = new Map<string, (event: { data: unknown }) => void>();
  draws = 0;
  aborted = 0;
  demands: Demands = { stacks: [], bins: null };
  readonly samples: TrueSample[] = [];

  listing(): Listing {
    const series = Object.entries(this.series).map(([name, one], index) => ({ file: `${name}.json`, name, index, kind: 'xy', ...one }));
    return parseListing({ revision: `r${this.revision}`, series, views: ['1f3c9a70'], settings: this.settings === null ? [] : ['testfile'] });
  }

  say(message: unknown): void {
    this.listeners.get('message')?.({ data: JSON.stringify(message) });
  }

  changed(...files: [name: string, change: string][]): void {
    this.revision++;
    this.say({ revision: `r${this.revision}`, changes: files.map(([name, change]) => ({ file: `${name}.json`, name, change })) });
  }

  async open(): Promise<Chart> {
    const answer = <T>(value: () => T): Promise<T> => (this.down === null ? Promise.resolve(value()) : Promise.reject(this.down));
    const socket: Socket = { addEventListener: (type: string, listener: (event: { data: unknown }) => void) => void this.listeners.set(type, listener), close: () => undefined };
    const chart = new Chart({
      api: {
        listing: async () => {
          const listing = await answer(() => this.listing());
          if (this.held !== null) await new Promise<void>((go) => this.held!.push(go));
          return listing;
        },
        view: () => answer(() => { if (this.view === null) throw new Refused(404, 'no view'); return this.view; }),
        settings: () => answer(() => this.settings),
        full: () => answer(() => this.full),
        saveSettings: (_, options) => answer(() => void (this.settings = options)),
        nearest: ({ series, x }) => answer(() => series.map((file) => ({
          file, stamp: 's1', kind: 'xy' as const, raw: true, sorted: true, progress: null, stacked: false, binned: false, count: 1, extent: { x: null, y: null }, columns: { x: Float64Array.of(x) }, texts: {},
        }))),
        window: (request, signal) => answer(() => {
          this.windows.push(request);
          signal?.addEventListener('abort', () => void this.aborted++);
          return request.series.map((file) => {
            const one = this.series[file.replace('.json', '')];
            if (one === undefined) return { file, error: 'gone' };
            return { file, stamp: one.stamp, kind: 'xy' as const, raw: one.raw ?? false, sorted: true, progress: one.progress ?? null, stacked: false, binned: false, count: 1, extent: { x: [0, one.to] as const, y: null }, columns: {}, texts: {} };
          });
        }),
      },
      segment: 'stocks', view: null, shelf: { get: (key) => this.kept.get(key) ?? null, set: (key, value) => void this.kept.set(key, value) },
      openChannel: () => socket, columns: () => 4000, colors: () => 10, changed: () => undefined, draw: () => void this.draws++,
      demands: () => this.demands, samples: (found) => void this.samples.push(...found),
    });
    await chart.start();
    await settled(chart);
    return chart;
  }
}

async function settled(chart: Chart): Promise<void> {
  do await new Promise((resolve) => setImmediate(resolve)); while (chart.loading);
}

const shown = (chart: Chart): string => chart.selection.map((one) => one.file.replace('.json', '')).join();

test('nothing changes until Update; then what has display shows', async () => {
  const world = new World();
  const chart = await world.open();
  assert.equal(shown(chart), 'A');
  world.series = { ...world.series, MSFT: { display: true, stamp: 's', to: 1 }, OHLC: { display: false, stamp: 's', to: 1 } };
  const windows = world.windows.length;
  world.changed(['MSFT', 'added'], ['OHLC', 'added']);
  await settled(chart);
  assert.ok(chart.updateAvailable);
  assert.deepEqual([shown(chart), world.windows.length], ['A', windows]);
  await chart.update();
  await settled(chart);
  assert.deepEqual([shown(chart), chart.updateAvailable, chart.listing?.series.length], ['A,MSFT', false, 3]);
});

test('a message about what the chart holds already marks nothing', async () => {
  const world = new World();
  const chart = await world.open();
  world.say({ revision: 'r1', changes: [] });
  world.changed();
  await settled(chart);
  assert.ok(!chart.updateAvailable);
});

test('live: changes show by themselves, and a window at the right edge follows', async () => {
  const world = new World();
  world.view = { live: true };
  const chart = await world.open();
  chart.wantsWindow({ from: 80, to: 100 }, 4000, true);
  await settled(chart);
  world.series['A'] = { display: true, stamp: 's2', to: 110 };
  world.changed(['A', 'appended']);
  await settled(chart);
  assert.deepEqual([chart.takeRange(), chart.takeRange()], [{ from: 90, to: 110 }, null]);
  assert.deepEqual([world.windows.at(-1)?.from, world.windows.at(-1)?.to], [90, 110]);
  world.series['B'] = { display: true, stamp: 's', to: 500 };
  world.changed(['B', 'added']);
  await settled(chart);
  assert.equal(shown(chart), 'A,B');
  assert.deepEqual(chart.range, { from: 90, to: 110 }, 'a new series moves no window');
});

test('live: growth that comes while windows are under way is followed too', async () => {
  const world = new World();
  world.view = { live: true };
  const chart = await world.open();
  chart.wantsWindow({ from: 80, to: 100 }, 4000, true);
  await settled(chart);
  for (let to = 101; to <= 140; to++) {
    world.series['A'] = { display: true, stamp: `s${to}`, to };
    world.changed(['A', 'appended']);
    for (let turn = to % 5; turn > 0; turn--) await Promise.resolve();
    const range = chart.takeRange();
    if (range !== null) chart.wantsWindow(range, 4000, true);
  }
  await settled(chart);
  assert.deepEqual(chart.range, { from: 120, to: 140 });
});

test('Update keeps the zoom, at the edge too', async () => {
  const world = new World();
  const chart = await world.open();
  chart.wantsWindow({ from: 80, to: 100 }, 4000, true);
  await settled(chart);
  world.series['A'] = { display: true, stamp: 's2', to: 110 };
  await chart.update();
  await settled(chart);
  assert.deepEqual(chart.range, { from: 80, to: 100 });
});

test('a shown view comes up to date; another view’s message is not ours', async () => {
  const world = new World();
  const chart = await world.open();
  world.series['B'] = { display: true, stamp: 's', to: 1 };
  world.say({ shown: 'ffffffff' });
  await settled(chart);
  assert.equal(shown(chart), 'A');
  world.say({ shown: '1f3c9a70' });
  await settled(chart);
  assert.equal(shown(chart), 'A,B');
});

test('settings of this chart mark Update; those that it saved itself do not', async () => {
  const world = new World();
  world.view = parseView({ settings: 'testfile', type: 'area' });
  const chart = await world.open();
  await chart.save('testfile', { title: { text: 'mine' } });
  world.say({ settings: 'testfile' });
  world.say({ settings: 'other' });
  await settled(chart);
  assert.ok(!chart.updateAvailable);
  world.settings = { title: { text: 'theirs' } };
  world.say({ settings: 'testfile' });
  await settled(chart);
  assert.ok(chart.updateAvailable);
  assert.deepEqual(chart.options, { title: { text: 'mine' } });
  await chart.update();
  assert.deepEqual(chart.options, { title: { text: 'theirs' }, chart: { type: 'area' } });
});

test('a reload restores selection and zoom, and shows what came meanwhile', async () => {
  const world = new World();
  world.series['B'] = { display: true, stamp: 's', to: 1 };
  const first = await world.open();
  first.remove('A.json');
  first.wantsWindow({ from: 10, to: 20 }, 4000, true);
  await settled(first);
  first.close();
  world.series['C'] = { display: true, stamp: 's', to: 1 };
  const second = await world.open();
  assert.equal(shown(second), 'B,C');
  second.wantsWindow(null, 2000, true);
  await settled(second);
  assert.deepEqual([world.windows.at(-1)?.from, world.windows.at(-1)?.to, world.windows.at(-1)?.columns], [10, 20, 2000], 'a resize before the first drawing loses no zoom');
  assert.deepEqual(second.takeRange(), { from: 10, to: 20 });
  second.wantsWindow({ from: 10, to: 30 }, 2000, true);
  assert.deepEqual([second.range, second.takeRange()], [{ from: 10, to: 30 }, null]);
});

test('a range that the engine repeats is asked for once', async () => {
  const world = new World();
  const chart = await world.open();
  const asked = world.windows.length;
  chart.wantsWindow(null, 4000, true);
  await settled(chart);
  assert.equal(world.windows.length, asked);
  chart.wantsWindow(null, 2000, true);
  await settled(chart);
  assert.equal(world.windows.length, asked + 1);
});

test('a server that is gone leaves the chart as it is', async () => {
  const world = new World();
  const chart = await world.open();
  world.down = new Unreachable('no answer');
  world.listeners.get('close')?.({ data: null });
  await settled(chart);
  assert.deepEqual([chart.connection, shown(chart), chart.windows(() => 'red').length], ['gone', 'A', 1]);
  world.down = new Refused(401, 'the token is wrong');
  await chart.update();
  assert.equal(chart.connection, 'denied');
  chart.close();
});

test('where too many pages are open the chart says so, and still finds out what is new', async () => {
  const world = new World();
  const chart = await world.open();
  world.full = 'this server keeps 40 pages up to date at once';
  world.listeners.get('close')?.({ data: null });
  await settled(chart);
  assert.deepEqual([chart.connection, chart.full, chart.updateAvailable], ['full', world.full, false]);
  world.revision++;
  world.series['A']!.stamp = 's2';
  world.listeners.get('close')?.({ data: null });
  await settled(chart);
  assert.deepEqual([chart.connection, chart.updateAvailable], ['full', true]);
  world.full = null;
  world.listeners.get('close')?.({ data: null });
  await settled(chart);
  assert.equal(chart.connection, 'lost');
  world.listeners.get('open')?.({ data: null });
  await settled(chart);
  assert.equal(chart.connection, 'open');
  chart.close();
});

test('a view that is no longer kept is said, and drawn with the defaults', async () => {
  const world = new World();
  world.view = null;
  const chart = await world.open();
  assert.match(chart.remarks.join(), /1f3c9a70 is no longer kept/);
  assert.deepEqual(chart.options, {});
});

test('a series that cannot be loaded is named', async () => {
  const world = new World();
  world.series['B'] = { display: true, stamp: 's', to: 1 };
  const chart = await world.open();
  delete world.series['B'];
  chart.wantsWindow({ from: 0, to: 1 }, 4000, true);
  await settled(chart);
  assert.deepEqual(chart.failures(), [{ file: 'B.json', name: 'B', reason: 'gone' }]);
});

test('a window that was missed while the server could not be reached is asked for when it is back', async () => {
  const world = new World();
  const chart = await world.open();
  world.down = new Unreachable('no answer');
  chart.wantsWindow({ from: 10, to: 20 }, 4000, true);
  await settled(chart);
  world.listeners.get('close')?.({ data: null });
  await settled(chart);
  assert.equal(chart.connection, 'gone');
  world.down = null;
  world.listeners.get('open')?.({ data: null });
  await settled(chart);
  assert.deepEqual([chart.connection, world.windows.at(-1)?.from, world.windows.at(-1)?.to], ['open', 10, 20]);
  chart.close();
});

test('a directory that is gone is said, also beside a marked Update, and goes on when it is back', async () => {
  const world = new World();
  const chart = await world.open();
  world.listeners.get('open')?.({ data: null });
  world.series = { ...world.series, B: { display: true, stamp: 's', to: 1 } };
  world.changed(['B', 'added']);
  await settled(chart);
  assert.equal(chart.updateAvailable, true);
  world.say({ revision: 'gone', changes: [{ file: 'A.json', name: 'A', change: 'removed' }] });
  assert.equal(chart.connection, 'missing');
  world.down = new Refused(404, 'there is no chart directory stocks here');
  await chart.update();
  assert.equal(chart.connection, 'missing');
  assert.equal(chart.trouble, '');
  world.down = null;
  world.changed(['A', 'added']);
  await settled(chart);
  assert.equal(chart.connection, 'open');
  assert.equal(shown(chart), 'A');
});

test('news that could not be followed, with the channel open, is followed a little later', async (t) => {
  for (const error of [new Unreachable('no answer'), new Refused(503, 'too many connections')]) {
    const world = new World();
    const chart = await world.open();
    t.after(() => chart.close());
    world.listeners.get('open')?.({ data: null });
    chart.setLive(true);
    await settled(chart);
    world.series = { ...world.series, B: { display: true, stamp: 's', to: 1 } };
    world.down = error;
    world.changed(['B', 'added']);
    await settled(chart);
    assert.equal(chart.connection === 'gone' || chart.trouble !== '', true);
    world.down = null;
    chart.hurry(); // or after a pause
    await settled(chart);
    assert.deepEqual([chart.connection, chart.trouble, shown(chart)], ['open', '', 'A,B']);
  }
});

test('an update that fails forgets no news', async () => {
  const world = new World();
  world.view = parseView({ settings: 'testfile' });
  world.settings = { title: { text: 'first' } };
  const chart = await world.open();
  world.settings = { title: { text: 'second' } };
  world.say({ settings: 'testfile' });
  await settled(chart);
  world.down = new Unreachable('no answer');
  await chart.update();
  assert.ok(chart.updateAvailable);
  world.down = null;
  await chart.update();
  assert.deepEqual(chart.options, { title: { text: 'second' } });
});

async function asked(world: World, count: number): Promise<void> {
  while (world.held!.length < count) await new Promise((resolve) => setImmediate(resolve));
}

test('news that comes while the directory is compared is not lost', async () => {
  const world = new World();
  const chart = await world.open();
  world.held = [];
  world.changed(['A', 'replaced']);
  await asked(world, 1);
  world.series['B'] = { display: true, stamp: 's', to: 1 };
  world.changed(['B', 'added']);
  const [first] = world.held;
  world.held = null;
  first!();
  await new Promise((resolve) => setImmediate(resolve));
  await settled(chart);
  assert.ok(chart.updateAvailable);
});

test('news that comes during an update marks the next one, whichever answer comes first', async () => {
  const world = new World();
  const chart = await world.open();
  world.held = [];
  const updated = chart.update();
  await asked(world, 1);
  world.series['B'] = { display: true, stamp: 's', to: 1 };
  world.changed(['B', 'added']);
  await asked(world, 2);
  const [update, check] = world.held;
  world.held = null;
  check!();
  await new Promise((resolve) => setImmediate(resolve));
  update!();
  await updated;
  await new Promise((resolve) => setImmediate(resolve));
  await settled(chart);
  assert.deepEqual([shown(chart), chart.updateAvailable], ['A', true]);
});

test('a live page that hears of news during an update shows it, and then rests', async () => {
  const world = new World();
  world.view = parseView({ live: true });
  const chart = await world.open();
  world.held = [];
  void chart.update();
  await asked(world, 1);
  world.series['B'] = { display: true, stamp: 's', to: 1 };
  world.changed(['B', 'added']);
  const [update] = world.held;
  world.held = null;
  update!();
  await new Promise((resolve) => setImmediate(resolve));
  await settled(chart);
  assert.equal(shown(chart), 'A,B');
});

/** Whatever is to happen later waits here, and happens when the test says so. */
function laterByHand(t: TestContext): Map<number, () => void> {
  const waiting = new Map<number, () => void>();
  let last = 0;
  t.mock.method(globalThis, 'setTimeout', (act: () => void) => {
    waiting.set(++last, act);
    return last;
  });
  t.mock.method(globalThis, 'clearTimeout', (id: number) => void waiting.delete(id));
  return waiting;
}

async function allIndexed(chart: Chart, waiting: Map<number, () => void>): Promise<void> {
  while (waiting.size > 0) {
    const acts = [...waiting.values()];
    waiting.clear();
    for (const act of acts) act();
    await settled(chart);
  }
}

test('what is being indexed is drawn, said, and asked for again until it is done', async (t) => {
  const waiting = laterByHand(t);
  const world = new World();
  world.series['A'] = { display: true, stamp: 's1', to: 100, progress: 0.42 };
  world.series['B'] = { display: true, stamp: 's1', to: 100 };
  const chart = await world.open();
  assert.deepEqual([chart.indexing, chart.loading, chart.unsettled], [[{ name: 'A', share: 0.42 }], false, true]);
  assert.equal(chart.windows(() => 'red').length, 2, 'the coarse samples are drawn');
  const asked = world.windows.length;
  world.series['A'] = { display: true, stamp: 's1', to: 100 };
  await allIndexed(chart, waiting);
  assert.deepEqual([chart.indexing, world.windows.length], [[], asked + 1]);
  assert.deepEqual(world.windows.at(-1)?.series, ['A.json'], 'the others are not asked for again');
});

test('a page that is closed asks no more', async (t) => {
  const waiting = laterByHand(t);
  const world = new World();
  world.series['A'] = { display: true, stamp: 's1', to: 100, progress: 0 };
  const chart = await world.open();
  chart.close();
  const asked = world.windows.length;
  await allIndexed(chart, waiting);
  assert.equal(world.windows.length, asked);
});

test('the overview shows everything, also after appends and updates under a zoom', async () => {
  for (const live of [true, false]) {
    const world = new World();
    world.view = parseView({ stock: true, live });
    const chart = await world.open();
    const whole = (): unknown[] => chart.windows(() => 'red', true).map(({ name, stamp, extent }) => [name, stamp, extent.x?.[1]]);
    assert.deepEqual(whole(), [['A', 's1', 100]]);
    chart.wantsWindow({ from: 10, to: 20 }, 1000, false);
    chart.wantsWindow({ from: 20, to: 30 }, 4000, true);
    await settled(chart);
    assert.deepEqual(whole(), [['A', 's1', 100]]);
    assert.equal(world.windows.filter((request) => request.from === null).length, 1, 'everything has been there from the start');
    world.series['A'] = { display: true, stamp: 's2', to: 150 };
    if (live) world.changed(['A', 'appended']);
    else await chart.update();
    await settled(chart);
    assert.deepEqual([whole(), chart.range], [[['A', 's2', 150]], { from: 20, to: 30 }]);
    world.series['B'] = { display: true, stamp: 's1', to: 500 };
    world.changed(['B', 'added']);
    await settled(chart);
    if (!live) await chart.update();
    await settled(chart);
    assert.deepEqual(whole(), [['A', 's2', 150], ['B', 's1', 500]]);
    chart.close();
  }
});

test('an update asks only for what has changed', async () => {
  const world = new World();
  world.series['B'] = { display: true, stamp: 's1', to: 100 };
  const chart = await world.open();
  world.series['B'] = { display: true, stamp: 's2', to: 100 };
  const asked = world.windows.length;
  await chart.update();
  await settled(chart);
  assert.deepEqual(world.windows.slice(asked).map((request) => request.series), [['B.json']]);
});

test('samples are asked for one at a time, the last place wins', async () => {
  const world = new World();
  const chart = await world.open();
  for (const x of [1, 2, 3, 4]) chart.wantsSamples(['A.json'], x);
  await new Promise((resolve) => setImmediate(resolve));
  await new Promise((resolve) => setImmediate(resolve));
  assert.deepEqual(world.samples.map((one) => one.columns['x']?.[0]), [1, 4]);
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { WindowRequest } from '../../src/model/api';
import { gridOf } from '../../src/model/bins';
import type { Bins } from '../../src/model/drawing';
import type { FrameFailure, FrameSeries } from '../../src/model/frame';
import { covers, requestsFor, unitsOf, type Wanted } from '../../src/model/wanted';
import { answerOf, WindowCache } from '../../src/model/windowcache';
import { Windows } from '../../src/model/windows';

function frame(file: string, more: Partial<FrameSeries> = {}): FrameSeries {
  return { file, stamp: 's1', kind: 'xy', raw: false, sorted: true, progress: null, stacked: false, binned: false, count: 1e6, extent: { x: [0, 1000], y: [0, 1] }, columns: {}, texts: {}, ...more };
}

function wanted(series: readonly string[], from: number | null, to: number | null, more: Partial<Wanted> = {}): Wanted {
  return { series, from, to, columns: 4000, x: 'linear', stacks: [], bins: null, ...more };
}

const bins: Bins = { series: ['P'], columns: 1000, rows: 300, low: null, high: null };

/** A server in memory; `answers` says how a file is answered. */
class Place {
  readonly cache = new WindowCache();
  readonly asked: WindowRequest[] = [];
  readonly stamps = new Map<string, string>();
  aborted = 0;
  held: (() => void)[] | null = null;
  answers: (file: string, request: WindowRequest) => FrameSeries | FrameFailure = (file) => frame(file);
  readonly windows = new Windows(this.cache, {
    window: async (request, signal) => {
      this.asked.push(request);
      signal.addEventListener('abort', () => this.aborted++);
      const answer = request.series.map((file) => this.answers(file, request));
      if (this.held !== null) await new Promise<void>((go) => this.held!.push(go));
      return answer;
    },
    came: (answers) => {
      for (const { frames } of answers) for (const { file, stamp } of frames.values()) this.stamps.set(file, stamp);
    },
    stampOf: (file) => this.stamps.get(file),
  });

  async want(what: Wanted, how: { patient?: boolean; settled?: boolean } = {}): Promise<void> {
    this.begin(what, how);
    await rest();
  }

  begin(what: Wanted, { patient = false, settled = true }: { patient?: boolean; settled?: boolean } = {}): boolean {
    return this.windows.want(what, { patient, settled }, { done: () => undefined, failed: (error) => { throw error; } });
  }

  shown(file: string): readonly [number | null, number | null, number] {
    const { from, to, columns } = this.windows.held.get(file)!.answer.request;
    return [from, to, columns];
  }
}

async function rest(): Promise<void> {
  for (let turn = 0; turn < 4; turn++) await new Promise((resolve) => setImmediate(resolve));
}

test('a window inside a raw one needs no request, dragging and at rest; a new state of the file does', async () => {
  const place = new Place();
  place.answers = (file) => frame(file, { raw: true });
  await place.want(wanted(['A'], 100, 200));
  await place.want(wanted(['A'], 120, 180, { columns: 1000 }), { settled: false });
  await place.want(wanted(['A'], 100, 150));
  assert.equal(place.asked.length, 1);
  await place.want(wanted(['A'], 90, 150));
  assert.equal(place.asked.length, 2);
  place.stamps.set('A', 's2');
  await place.want(wanted(['A'], 120, 130));
  assert.equal(place.asked.length, 3);
});

test('a range covers another where the series has points', () => {
  assert.ok(covers({ from: null, to: null }, { from: 3, to: 4 }, [0, 10]));
  assert.ok(covers({ from: -5, to: 20 }, { from: null, to: null }, [0, 10]));
  assert.ok(covers({ from: 0, to: 10 }, { from: -3, to: 12 }, [0, 10]));
  assert.ok(!covers({ from: 1, to: 10 }, { from: null, to: null }, [0, 10]));
  assert.ok(!covers({ from: 1, to: 10 }, { from: 0, to: 5 }, [0, 10]));
  assert.ok(!covers({ from: 0, to: 10 }, { from: 0, to: 5 }, null));
});

test('going back to a window that was shown asks nothing; the same one cut otherwise is asked for', async () => {
  const place = new Place();
  await place.want(wanted(['A'], null, null));
  await place.want(wanted(['A'], 100, 200));
  await place.want(wanted(['A'], null, null));
  assert.equal(place.asked.length, 2);
  assert.deepEqual(place.shown('A'), [null, null, 4000]);
  await place.want(wanted(['A'], null, null, { columns: 1000 }), { settled: false });
  assert.equal(place.asked.length, 2, 'while dragging a finer one does');
  await place.want(wanted(['A'], null, null, { columns: 2000 }));
  assert.equal(place.asked.length, 3);
});

test('until the asked window comes, the nearest is shown: the wider one, or the one that covers most', async () => {
  const place = new Place();
  await place.want(wanted(['A'], null, null));
  await place.want(wanted(['A'], 400, 600));
  place.held = [];
  assert.ok(place.begin(wanted(['A'], 100, 300)), 'the held one shows nothing of it');
  assert.deepEqual(place.shown('A'), [null, null, 4000]);
  assert.ok(place.begin(wanted(['A'], 410, 610)));
  assert.deepEqual(place.shown('A'), [400, 600, 4000]);
  await rest();
  for (const go of place.held) go();
  await rest();
  assert.deepEqual(place.shown('A'), [410, 610, 4000]);
});

test('a request for a window that was left is aborted, also while dragging; one for a step of the drag is not', async () => {
  const place = new Place();
  place.held = [];
  place.begin(wanted(['A'], 100, 200), { patient: true, settled: false });
  await rest();
  place.begin(wanted(['A'], 150, 250), { patient: true, settled: false });
  assert.equal(place.aborted, 0);
  place.begin(wanted(['A'], 500, 600), { patient: true, settled: false });
  assert.equal(place.aborted, 1);
  await rest();
  assert.equal(place.asked.length, 2, 'the one between was never asked for');
});

test('only what is missing is asked for: a series that was added, one that changed', async () => {
  const place = new Place();
  await place.want(wanted(['A', 'B'], null, null));
  await place.want(wanted(['A', 'B', 'C'], null, null));
  assert.deepEqual(place.asked.at(-1)?.series, ['C']);
  place.stamps.delete('B');
  await place.want(wanted(['A', 'B', 'C'], null, null));
  assert.deepEqual(place.asked.at(-1)?.series, ['B']);
});

test('a stack is asked for and kept whole', async () => {
  const place = new Place();
  const stack = wanted(['A', 'B', 'C'], null, null, { stacks: [['A', 'B']] });
  place.answers = (file) => frame(file, { stacked: file !== 'C' });
  await place.want(stack);
  assert.deepEqual(place.asked[0]?.stacks, [['A', 'B']]);
  place.stamps.set('A', 's2');
  await place.want(stack);
  assert.deepEqual([place.asked.at(-1)?.series, place.asked.length], [['A', 'B'], 2], 'the sums of B hold A');
  await place.want(wanted(['B', 'C'], null, null));
  assert.deepEqual(place.asked.at(-1)?.series, ['B'], 'sums are not the series alone');
});

test('points are asked for by device pixels, lines cut finer', () => {
  const both = wanted(['A', 'P'], 0, 1, { bins });
  assert.deepEqual(requestsFor(both, unitsOf(both)), [
    { series: ['A'], from: 0, to: 1, columns: 4000, x: 'linear' },
    { series: ['P'], from: 0, to: 1, columns: 1000, x: 'linear', bins: { series: ['P'], rows: 300, low: null, high: null } },
  ]);
});

test('what is being indexed is never taken for the answer', async () => {
  const place = new Place();
  place.answers = (file) => frame(file, { progress: 0.4 });
  await place.want(wanted(['A', 'B'], null, null));
  place.answers = (file) => frame(file);
  await place.want(wanted(['A', 'B'], null, null));
  assert.equal(place.asked.length, 2);
  assert.equal(place.windows.held.get('A')?.frame.progress, null);
  assert.equal(place.cache.answers.length, 1);
});

test('a failure is held until the series can be had', async () => {
  const place = new Place();
  place.answers = (file) => (file === 'B' ? { file, error: 'too many points' } : frame(file));
  await place.want(wanted(['A', 'B'], null, null));
  assert.equal(place.windows.failures.get('B')?.error, 'too many points');
  place.answers = (file) => frame(file);
  await place.want(wanted(['A', 'B'], 0, 10));
  assert.deepEqual([place.windows.failures.size, place.windows.held.size], [0, 2]);
});

test('the cache is bounded in answers and in bytes', () => {
  const cache = new WindowCache();
  const request: WindowRequest = { series: ['A'], from: null, to: null, columns: 1, x: 'linear' };
  for (let i = 0; i < 20; i++) cache.keep(answerOf(request, [frame('A', { columns: { x: new Float64Array(1000) } })]));
  assert.deepEqual([cache.answers.length, cache.bytes], [8, 64_000]);
  for (let i = 0; i < 4; i++) cache.keep(answerOf(request, [frame('A', { columns: { x: new Float64Array(3e6) } })]));
  assert.equal(cache.answers.length, 2);
  cache.keep(answerOf(request, [frame('A', { columns: { x: new Float64Array(9e6) } })]));
  assert.ok(cache.bytes <= 64 * 1024 * 1024);
});

test('the grid of counted points: what the request says, else what the outermost bins tell', () => {
  const columns = { x: Float64Array.of(0.5, 9.5), y: Float64Array.of(12.5, 27.5), count: Float64Array.of(1, 2) };
  const request: WindowRequest = { series: ['P'], from: 0, to: 10, columns: 10, x: 'linear', bins: { series: ['P'], rows: 4, low: null, high: null } };
  assert.deepEqual(gridOf(frame('P', { binned: true, columns }), request), { columns: 10, rows: 4, x: [0, 10], y: [10, 30] });
  assert.deepEqual(gridOf(frame('P', { binned: true, columns }), { ...request, bins: { ...request.bins!, low: 0, high: 40 } })?.y, [0, 40]);
  assert.deepEqual(gridOf(frame('P', { binned: true, columns }), { ...request, bins: { ...request.bins!, low: 10 } })?.y, [10, 30]);
  assert.equal(gridOf(frame('P'), request), null);
});

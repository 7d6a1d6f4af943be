import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Latest } from '../../src/model/latest';

/** Requests whose answers the test gives. */
function requests(): { latest: Latest<string>; ask(name: string, patient: boolean): void; answer(name: string): Promise<void>; log: string[]; started: string[]; aborted: string[] } {
  const latest = new Latest<string>();
  const answers = new Map<string, (text: string) => void>();
  const log: string[] = [];
  const started: string[] = [];
  const aborted: string[] = [];
  return {
    latest, log, started, aborted,
    ask: (name, patient) => latest.run((signal) => {
      started.push(name);
      signal.addEventListener('abort', () => aborted.push(name));
      return new Promise((resolve) => answers.set(name, resolve));
    }, patient, (text) => log.push(text), () => log.push(`${name} failed`)),
    answer: async (name) => {
      answers.get(name)?.(name);
      await new Promise((resolve) => setImmediate(resolve));
    },
  };
}

test('patient requests: one in flight, the newest waits, those between are never made', async () => {
  const { latest, ask, answer, log, started } = requests();
  ask('a', true);
  ask('b', true);
  ask('c', true);
  assert.deepEqual(started, ['a']);
  await answer('a');
  assert.deepEqual([started, log], [['a', 'c'], ['a']]);
  await answer('c');
  assert.deepEqual(log, ['a', 'c']);
  assert.ok(!latest.busy);
});

test('an impatient request aborts the one in flight, whose answer counts no more', async () => {
  const { ask, answer, log, started, aborted } = requests();
  ask('a', true);
  ask('b', false);
  assert.deepEqual([started, aborted], [['a', 'b'], ['a']]);
  await answer('b');
  await answer('a');
  assert.deepEqual(log, ['b']);
});

test('cancelled requests report nothing', async () => {
  const { latest, ask, answer, log, aborted } = requests();
  ask('a', true);
  ask('b', true);
  latest.cancel();
  await answer('a');
  assert.deepEqual([log, aborted, latest.busy], [[], ['a'], false]);
});

test('a failure is reported and does not stop the next', async () => {
  const latest = new Latest<string>();
  const log: string[] = [];
  latest.run(() => Promise.reject(new Error('no')), true, () => log.push('done'), () => log.push('failed'));
  latest.run(() => Promise.resolve('x'), true, (text) => log.push(text), () => log.push('failed'));
  await new Promise((resolve) => setImmediate(resolve));
  assert.deepEqual(log, ['failed', 'x']);
});

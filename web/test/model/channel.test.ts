import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Channel, parseMessage, pause, type Socket } from '../../src/model/channel';

test('reads the messages of the format, and none else', () => {
  assert.deepEqual(parseMessage('{"revision":"r","changes":[{"file":"A.json","name":"A","change":"added"},{"file":1}]}'),
    { kind: 'changes', revision: 'r', changes: [{ file: 'A.json', name: 'A', change: 'added' }] });
  assert.deepEqual(parseMessage('{"settings":"testfile"}'), { kind: 'settings', name: 'testfile' });
  assert.deepEqual(parseMessage('{"shown":"1f3c9a70"}'), { kind: 'shown', view: '1f3c9a70' });
  for (const text of ['', '{', '[]', 'null', '{"revision":1,"changes":[]}', '{"revision":"r"}', '{"later":1}']) assert.equal(parseMessage(text), null);
});

test('pauses grow, and end at a quarter of a minute', () => {
  assert.deepEqual([0, 1, 2, 3].map((n) => pause(n, 0.5)), [500, 1000, 2000, 4000]);
  assert.ok(pause(100, 1) <= 15_000 * 1.25);
  assert.ok(pause(0, 0) >= 375);
});

class FakeSocket implements Socket {
  readonly listeners = new Map<string, (event: { data: unknown }) => void>();
  closed = false;
  addEventListener(type: string, listener: (event: { data: unknown }) => void): void {
    this.listeners.set(type, listener);
  }
  emit(type: string, data: unknown = null): void {
    this.listeners.get(type)?.({ data });
  }
  close(): void {
    this.closed = true;
    this.emit('close');
  }
}

test('a lost connection is made anew; a closed channel stays closed', () => {
  const sockets: FakeSocket[] = [];
  const log: string[] = [];
  const channel = new Channel(() => {
    const socket = new FakeSocket();
    sockets.push(socket);
    return socket;
  }, { message: (message) => log.push(message.kind), opened: () => log.push('opened'), lost: () => log.push('lost') });
  sockets[0]?.emit('open');
  sockets[0]?.emit('message', '{"shown":"a"}');
  sockets[0]?.emit('message', 'nonsense');
  sockets[0]?.emit('close');
  channel.hurry();
  channel.hurry();
  assert.equal(sockets.length, 2);
  channel.close();
  channel.hurry();
  assert.equal(sockets.length, 2);
  assert.deepEqual(log, ['opened', 'shown', 'lost']);
});

/** The live channel: messages of the directory's changes, kept up over lost connections. */
import { isRecord } from './listing';

export type Change = 'added' | 'replaced' | 'appended' | 'removed';

export interface Changed {
  readonly file: string;
  readonly name: string;
  readonly change: Change;
}

export type Message =
  | { readonly kind: 'changes'; readonly revision: string; readonly changes: readonly Changed[] }
  | { readonly kind: 'settings'; readonly name: string }
  | { readonly kind: 'shown'; readonly view: string };

const CHANGES: readonly string[] = ['added', 'replaced', 'appended', 'removed'];

/** Reads one text frame of the channel (FORMAT.md, section 6); null where a later version says what we do not know. */
export function parseMessage(text: string): Message | null {
  let from: unknown;
  try {
    from = JSON.parse(text);
  } catch {
    return null;
  }
  if (!isRecord(from)) return null;
  if (typeof from['shown'] === 'string') return { kind: 'shown', view: from['shown'] };
  if (typeof from['settings'] === 'string') return { kind: 'settings', name: from['settings'] };
  if (typeof from['revision'] !== 'string' || !Array.isArray(from['changes'])) return null;
  return { kind: 'changes', revision: from['revision'], changes: (from['changes'] as unknown[]).filter(isChanged) };
}

function isChanged(value: unknown): value is Changed {
  return isRecord(value) && typeof value['file'] === 'string' && typeof value['name'] === 'string'
    && typeof value['change'] === 'string' && CHANGES.includes(value['change']);
}

const FIRST_PAUSE = 500;
const LONGEST_PAUSE = 15_000;

/** Milliseconds to wait before the attempt after `failures` failures; `chance` (0 to 1) spreads many pages apart. */
export function pause(failures: number, chance: number): number {
  return Math.min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** Math.min(failures, 10)) * (0.75 + 0.5 * chance);
}

/** What the channel needs of a WebSocket. */
export interface Socket {
  addEventListener(type: 'message', listener: (event: { data: unknown }) => void): void;
  addEventListener(type: 'open' | 'close', listener: () => void): void;
  close(): void;
}

export interface ChannelEvents {
  message(message: Message): void;
  opened(): void;
  /** The connection is lost or could not be made; another attempt follows. */
  lost(): void;
}

export class Channel {
  #socket: Socket | null = null;
  #timer: ReturnType<typeof setTimeout> | null = null;
  #failures = 0;
  #open = false;
  #closed = false;

  constructor(private readonly dial: () => Socket, private readonly events: ChannelEvents) {
    this.#connect();
  }

  get open(): boolean {
    return this.#open;
  }

  /** Tries again at once, where a pause is running. */
  hurry(): void {
    if (this.#timer === null) return;
    clearTimeout(this.#timer);
    this.#connect();
  }

  close(): void {
    this.#closed = true;
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#socket?.close();
  }

  #connect(): void {
    this.#timer = null;
    const socket = this.dial();
    this.#socket = socket;
    socket.addEventListener('open', () => {
      this.#failures = 0;
      this.#open = true;
      this.events.opened();
    });
    socket.addEventListener('message', ({ data }) => {
      const message = typeof data === 'string' ? parseMessage(data) : null;
      if (message !== null) this.events.message(message);
    });
    socket.addEventListener('close', () => {
      this.#open = false;
      if (this.#closed) return;
      this.#timer = setTimeout(() => this.#connect(), pause(this.#failures++, Math.random()));
      this.events.lost();
    });
  }
}

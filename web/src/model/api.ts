/** The server's routes (FORMAT.md, section 4), as functions. Every request carries the token in its header. */
import type { Options } from './drawing';
import { decodeFrame, type FrameFailure, type FrameSeries } from './frame';
import { isRecord, parseListing, type Listing } from './listing';
import { parseView, type View } from './options';

/** The server answered, but refused. `message` is the detail of its problem report. */
export class Refused extends Error {
  override readonly name = 'Refused';
  constructor(readonly status: number, detail: string) {
    super(detail);
  }
}

/** No answer: the server is gone, or the network between. */
export class Unreachable extends Error {
  override readonly name = 'Unreachable';
}

export interface Directory {
  readonly segment: string;
  readonly name: string;
  readonly path: string;
  readonly series: number;
  readonly views: number;
  readonly modified: number;
}

export interface Folder {
  readonly folder: string;
  readonly directories: readonly Directory[];
}

export interface WindowRequest {
  readonly series: readonly string[];
  readonly from: number | null;
  readonly to: number | null;
  readonly columns: number;
  readonly x: 'linear' | 'logarithmic';
  /** Files that stand on each other, the lowest first. */
  readonly stacks?: readonly (readonly string[])[];
  /** Files that are drawn as points: what is too much is counted in a grid of `columns` × `rows`. */
  readonly bins?: { readonly series: readonly string[]; readonly rows: number; readonly low: number | null; readonly high: number | null };
}

export interface NearestRequest {
  readonly series: readonly string[];
  readonly x: number;
}

/** Most columns that one window may be cut into. */
export const MOST_COLUMNS = 65536;

export class Api {
  readonly #base: URL;

  constructor(root: URL, private readonly token: string | null) {
    this.#base = new URL('api/', root);
  }

  async folder(signal?: AbortSignal): Promise<Folder> {
    const answer: unknown = await (await this.#send('directories', signal && { signal })).json();
    if (!isRecord(answer) || !Array.isArray(answer['directories'])) throw new TypeError('the answer is not a list of directories');
    const directories = (answer['directories'] as unknown[]).filter(isRecord).map((one) => ({
      segment: String(one['segment'] ?? ''),
      name: String(one['name'] ?? one['segment'] ?? ''),
      path: String(one['path'] ?? ''),
      series: Number(one['series'] ?? 0),
      views: Number(one['views'] ?? 0),
      modified: Number(one['modified'] ?? 0),
    }));
    return { folder: String(answer['folder'] ?? ''), directories };
  }

  /** The routes below one chart directory; `segment` stands as in the page's path. */
  directory(segment: string): DirectoryApi {
    return new DirectoryApi((path, init) => this.#send(`d/${segment}/${path}`, init), this.#live(segment), this.token);
  }

  #live(segment: string): URL {
    const address = new URL(`d/${segment}/live`, this.#base);
    address.protocol = address.protocol === 'https:' ? 'wss:' : 'ws:';
    return address;
  }

  async #send(path: string, init: RequestInit = {}): Promise<Response> {
    const headers = new Headers(init.headers);
    if (this.token !== null) headers.set('Authorization', `Bearer ${this.token}`);
    let response: Response;
    try {
      response = await fetch(new URL(path, this.#base), { ...init, headers, cache: 'no-store' });
    } catch (error) {
      if (error instanceof DOMException && error.name === 'AbortError') throw error;
      throw new Unreachable('the server does not answer');
    }
    if (!response.ok) throw new Refused(response.status, await problemDetail(response));
    return response;
  }
}

export class DirectoryApi {
  constructor(
    private readonly send: (path: string, init?: RequestInit) => Promise<Response>,
    private readonly liveAddress: URL,
    private readonly token: string | null,
  ) {}

  async listing(): Promise<Listing> {
    return parseListing(await (await this.send('series')).json());
  }

  /** The series' own file, whole. */
  async file(file: string): Promise<Blob> {
    return (await this.send(`series/${encodeURIComponent(file)}`)).blob();
  }

  async window(request: WindowRequest, signal?: AbortSignal): Promise<(FrameSeries | FrameFailure)[]> {
    return this.#frame('window', { ...request, columns: Math.min(MOST_COLUMNS, Math.max(1, Math.round(request.columns))) }, signal);
  }

  /** The one sample of each series whose x is nearest. */
  async nearest(request: NearestRequest, signal?: AbortSignal): Promise<(FrameSeries | FrameFailure)[]> {
    return this.#frame('nearest', request, signal);
  }

  async #frame(route: string, request: unknown, signal?: AbortSignal): Promise<(FrameSeries | FrameFailure)[]> {
    const response = await this.send(route, {
      method: 'POST', body: JSON.stringify(request), headers: { 'Content-Type': 'application/json' }, ...(signal && { signal }),
    });
    return decodeFrame(await response.arrayBuffer());
  }

  async view(id: string): Promise<View> {
    return parseView(await (await this.send(`views/${id}`)).json());
  }

  /** The settings saved under `name`; null where there are none. */
  async settings(name: string): Promise<Options | null> {
    try {
      const answer: unknown = await (await this.send(`settings/${encodeURIComponent(name)}`)).json();
      return isRecord(answer) ? answer : null;
    } catch (error) {
      if (error instanceof Refused && error.status === 404) return null;
      throw error;
    }
  }

  async saveSettings(name: string, options: Options): Promise<void> {
    await this.send(`settings/${encodeURIComponent(name)}`, {
      method: 'PUT', body: JSON.stringify(options), headers: { 'Content-Type': 'application/json' },
    });
  }

  /** Why there is no live channel: what a plain request of its address is told; null where it could be opened. */
  async full(): Promise<string | null> {
    try {
      await this.send('live');
    } catch (error) {
      if (error instanceof Refused && error.status === 503) return error.message;
      if (!(error instanceof Refused) || error.status !== 426) throw error;
    }
    return null;
  }

  /** Opens the live channel of the page that shows `view`. The token travels as a subprotocol, never in the URL. */
  live(view: string | null): WebSocket {
    const address = new URL(this.liveAddress);
    if (view !== null) address.searchParams.set('view', view);
    return new WebSocket(address, this.token === null ? ['charts'] : [`charts.token.${this.token}`, 'charts']);
  }
}

async function problemDetail(response: Response): Promise<string> {
  try {
    const problem: unknown = await response.json();
    if (isRecord(problem) && typeof problem['detail'] === 'string') return problem['detail'];
  } catch {
    return `${response.status} ${response.statusText}`;
  }
  return `${response.status} ${response.statusText}`;
}

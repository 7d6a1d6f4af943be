/** The last answers to window requests, so that what was seen a moment ago is shown at once. Bounded in number and bytes. */
import type { WindowRequest } from './api';
import { isFailure, type FrameFailure, type FrameSeries } from './frame';
import { covers, type Unit, type Wanted } from './wanted';

const MOST_ANSWERS = 8;
const MOST_BYTES = 64 * 1024 * 1024;

/** One answer of the server, whole: what of a stack comes from different answers does not fit together. */
export interface Answer {
  readonly request: WindowRequest;
  readonly frames: ReadonlyMap<string, FrameSeries>;
  readonly failures: ReadonlyMap<string, FrameFailure>;
}

export function answerOf(request: WindowRequest, frames: readonly (FrameSeries | FrameFailure)[]): Answer {
  return {
    request,
    frames: new Map(frames.flatMap((one) => (isFailure(one) ? [] : [[one.file, one] as const]))),
    failures: new Map(frames.flatMap((one) => (isFailure(one) ? [[one.file, one] as const] : []))),
  };
}

/** The newest stamp that is known of a file; undefined: it has changed since. */
export type StampOf = (file: string) => string | undefined;

export class WindowCache {
  /** The newest first. */
  #answers: { readonly answer: Answer; readonly bytes: number }[] = [];

  get answers(): Answer[] {
    return this.#answers.map((one) => one.answer);
  }

  get bytes(): number {
    return this.#answers.reduce((sum, one) => sum + one.bytes, 0);
  }

  keep(answer: Answer): void {
    const bytes = sizeOf(answer);
    const coarse = [...answer.frames.values()].some((frame) => frame.progress !== null);
    if (bytes > MOST_BYTES || coarse) return;
    this.#answers = [{ answer, bytes }, ...this.#answers].slice(0, MOST_ANSWERS);
    while (this.bytes > MOST_BYTES) this.#answers.pop();
  }
}

/** Columns of one answer are views of one buffer. */
function sizeOf(answer: Answer): number {
  const buffers = new Set<ArrayBufferLike>();
  let texts = 0;
  for (const { columns, texts: own } of answer.frames.values()) {
    for (const column of Object.values(columns)) buffers.add(column.buffer);
    for (const column of Object.values(own)) for (const text of column) texts += 2 * text.length + 16;
  }
  return [...buffers].reduce((sum, buffer) => sum + buffer.byteLength, texts);
}

/** Whether `answer` holds just what is wanted. While the person drags (`settled` false) a finer window does as well. */
export function satisfies(answer: Answer, unit: Unit, wanted: Wanted, settled: boolean, stampOf: StampOf): boolean {
  const { request } = answer;
  if (!fits(answer, unit, wanted)) return false;
  return unit.files.every((file) => {
    const frame = answer.frames.get(file)!;
    if (frame.progress !== null || frame.stamp !== stampOf(file)) return false;
    if (frame.raw && covers(request, wanted, frame.extent.x)) return true;
    if (request.from !== wanted.from || request.to !== wanted.to) return false;
    const columns = unit.points ? wanted.bins!.columns : wanted.columns;
    if (unit.points && !sameBins(request, wanted)) return false;
    return settled || frame.binned ? request.columns === columns : request.columns >= columns;
  });
}

/** Of several answers the one that looks most like what is wanted: how much of the range it covers, and how finely. */
export function nearestAnswer(answers: Iterable<Answer>, unit: Unit, wanted: Wanted): Answer | null {
  let [best, most]: [Answer | null, number] = [null, 0];
  for (const answer of answers) {
    const likeness = fits(answer, unit, wanted) ? likenessOf(answer, unit, wanted) : 0;
    if (likeness > most) [best, most] = [answer, likeness];
  }
  return best;
}

/** Whether the answer is of the same kind: scale, stack, points. */
function fits({ request, frames }: Answer, unit: Unit, wanted: Wanted): boolean {
  if (request.x !== wanted.x) return false;
  const stack = unit.stack ? unit.files.join('/') : null;
  return unit.files.every((file) => {
    const frame = frames.get(file);
    if (frame === undefined || (frame.binned && !unit.points)) return false;
    const own = request.stacks?.find((files) => files.includes(file))?.join('/') ?? null;
    return stack === null ? !frame.stacked : own === stack;
  });
}

function sameBins({ bins }: WindowRequest, wanted: Wanted): boolean {
  return bins !== undefined && wanted.bins !== null && bins.rows === wanted.bins.rows && bins.low === wanted.bins.low && bins.high === wanted.bins.high;
}

function likenessOf(answer: Answer, unit: Unit, wanted: Wanted): number {
  const frame = answer.frames.get(unit.files[0]!)!;
  const extent = frame.extent.x;
  const { request } = answer;
  if (extent === null) return 1;
  const [from, to] = [wanted.from ?? extent[0], wanted.to ?? extent[1]];
  const [a, b] = [request.from ?? extent[0], request.to ?? extent[1]];
  if (!(to > from) || !(b > a)) return request.from === wanted.from && request.to === wanted.to ? 1 : 0.01;
  // Beyond the series' ends there is nothing to be covered.
  const inside: [number, number] = [Math.max(from, Math.min(extent[0], to)), Math.min(to, Math.max(extent[1], from))];
  const width = inside[1] - inside[0];
  const covered = width > 0 ? Math.max(0, Math.min(inside[1], b) - Math.max(inside[0], a)) / width : 1;
  const density = frame.raw ? 1 : Math.min(1, (request.columns / (b - a)) * ((to - from) / wanted.columns));
  return covered * Math.sqrt(density);
}

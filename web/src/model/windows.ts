/** The windows of one range, of all shown series: from what is held already, and asked for where that does not do. */
import type { WindowRequest } from './api';
import { union } from './follow';
import type { Extent, FrameFailure, FrameSeries } from './frame';
import { Latest } from './latest';
import { requestsFor, unitsOf, type Unit, type Wanted } from './wanted';
import { answerOf, nearestAnswer, satisfies, type Answer, type StampOf, type WindowCache } from './windowcache';

/** A series' points, and the answer that brought them. */
export interface Held {
  readonly frame: FrameSeries;
  readonly answer: Answer;
}

export interface WindowsAround {
  window(request: WindowRequest, signal: AbortSignal): Promise<(FrameSeries | FrameFailure)[]>;
  /** Answers have come; they are no part of what is held yet. */
  came(answers: readonly Answer[]): void;
  stampOf: StampOf;
}

export interface How {
  /** A request in flight may finish first: a drag then shows its steps. */
  readonly patient: boolean;
  readonly settled: boolean;
}

export interface Outcome {
  /** What is held is as good as it can be until the next change; `answers` have brought it, or none was needed. */
  done(answers: readonly Answer[]): void;
  failed(error: unknown): void;
}

export class Windows {
  held: ReadonlyMap<string, Held> = new Map();
  failures: ReadonlyMap<string, FrameFailure> = new Map();
  readonly #latest = new Latest<readonly Answer[]>();
  #wanted: Wanted | null = null;
  #settled = true;
  /** What is in flight. */
  #flying: Wanted | null = null;

  constructor(private readonly cache: WindowCache, private readonly around: WindowsAround) {}

  get busy(): boolean {
    return this.#latest.busy;
  }

  /** Shows the nearest there is of what is wanted; asks for the rest. Whether what is held is other than before. */
  want(wanted: Wanted, { patient, settled }: How, outcome: Outcome): boolean {
    this.#wanted = wanted;
    this.#settled = settled;
    const open = this.#open(wanted, settled);
    const changed = this.#compose([]);
    if (open.length === 0) {
      this.#latest.cancel();
      outcome.done([]);
      return changed;
    }
    this.#latest.run(async (signal) => {
      this.#flying = wanted;
      return this.#fetch(wanted, settled, signal);
    }, patient && !this.#left(wanted), (answers) => {
      this.#compose(answers);
      outcome.done(answers);
    }, outcome.failed);
    return changed;
  }

  /** Holds what `other` holds. */
  adopt(other: Windows): void {
    this.#latest.cancel();
    this.held = other.held;
    this.failures = other.failures;
  }

  clear(): void {
    this.cancel();
    this.held = new Map();
    this.failures = new Map();
    this.#wanted = null;
  }

  cancel(): void {
    this.#latest.cancel();
  }

  /** Whether what is in flight shows nothing of what is wanted now. */
  #left(wanted: Wanted): boolean {
    const flying = this.#flying;
    if (flying === null || flying.from === null || flying.to === null || wanted.from === null || wanted.to === null) return false;
    return flying.to <= wanted.from || flying.from >= wanted.to;
  }

  #open(wanted: Wanted, settled: boolean): Unit[] {
    return unitsOf(wanted).filter((unit) => this.#find(unit, wanted, settled) === null);
  }

  /** Looked up when it is its turn: what came meanwhile may do. */
  async #fetch(wanted: Wanted, settled: boolean, signal: AbortSignal): Promise<Answer[]> {
    const requests = requestsFor(wanted, this.#open(wanted, settled));
    const answers = await Promise.all(requests.map(async (request) => answerOf(request, await this.around.window(request, signal))));
    if (signal.aborted) return [];
    this.around.came(answers);
    for (const answer of answers) this.cache.keep(answer);
    return answers;
  }

  #find(unit: Unit, wanted: Wanted, settled: boolean): Answer | null {
    return this.#candidates(unit).find((answer) => satisfies(answer, unit, wanted, settled, this.around.stampOf)) ?? null;
  }

  #candidates(unit: Unit): Answer[] {
    const own = this.held.get(unit.files[0]!)?.answer;
    const kept = this.cache.answers;
    return own === undefined || kept.includes(own) ? kept : [own, ...kept];
  }

  /** Of each series what satisfies, else what is nearest. `fresh` answers count before all others. */
  #compose(fresh: readonly Answer[]): boolean {
    const wanted = this.#wanted;
    if (wanted === null) return false;
    const held = new Map<string, Held>();
    const failures = new Map<string, FrameFailure>();
    for (const unit of unitsOf(wanted)) {
      const answer = this.#find(unit, wanted, this.#settled) ?? this.#nearest(unit, wanted, fresh);
      for (const file of unit.files) {
        const frame = answer?.frames.get(file);
        const failure = fresh.find((one) => one.failures.has(file))?.failures.get(file) ?? (frame === undefined || fresh.length === 0 ? this.failures.get(file) : undefined);
        if (failure !== undefined) failures.set(file, failure);
        else if (answer !== null && frame !== undefined) held.set(file, { frame, answer });
      }
    }
    const changed = held.size !== this.held.size || [...held].some(([file, one]) => this.held.get(file)?.frame !== one.frame);
    // The order of the request is that of the drawing: windows that are looked up by file need none.
    if (changed) this.held = held;
    this.failures = failures;
    return changed;
  }

  #nearest(unit: Unit, wanted: Wanted, fresh: readonly Answer[]): Answer | null {
    const own = this.held.get(unit.files[0]!)?.answer;
    const current = (answer: Answer): boolean => unit.files.every((file) => answer.frames.get(file)?.stamp === this.around.stampOf(file));
    const others = [...(own === undefined ? [] : [own]), ...this.cache.answers.filter(current)];
    const newest = fresh.filter((answer) => answer.frames.has(unit.files[0]!));
    // An older state is shown no longer than until the newer one has come.
    if (newest.length > 0) return nearestAnswer([...newest, ...others.filter(current)], unit, wanted) ?? newest[0]!;
    return nearestAnswer(others, unit, wanted) ?? own ?? null;
  }
}

/** The extent of x over those series of `held` that `others` hold too: a series that came anew moves no window. */
export function extentOf(held: ReadonlyMap<string, Held>, others: ReadonlyMap<string, Held>): Extent {
  return union([...held].map(([file, { frame }]) => (others.has(file) ? frame.extent.x : null)));
}

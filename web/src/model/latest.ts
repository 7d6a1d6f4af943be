/** Requests of which only the newest counts: at most one in flight, at most one waiting. */

type Work<T> = (signal: AbortSignal) => Promise<T>;

interface Job<T> {
  readonly work: Work<T>;
  readonly done: (result: T) => void;
  readonly failed: (error: unknown) => void;
}

export class Latest<T> {
  #running: AbortController | null = null;
  #waiting: Job<T> | null = null;

  /** Whether a request is in flight or waiting. */
  get busy(): boolean {
    return this.#running !== null;
  }

  /**
   * Runs `work`; its result goes to `done` or `failed` unless newer work has taken its place. With `patient` the request
   * in flight may finish first and be shown (a drag then shows its steps); without, it is aborted.
   */
  run(work: Work<T>, patient: boolean, done: (result: T) => void, failed: (error: unknown) => void): void {
    this.#waiting = { work, done, failed };
    if (this.#running === null) this.#next();
    else if (!patient) {
      this.#running.abort();
      this.#next();
    }
  }

  /** Forgets what is in flight and what waits. */
  cancel(): void {
    this.#waiting = null;
    this.#running?.abort();
    this.#running = null;
  }

  #next(): void {
    const job = this.#waiting;
    this.#waiting = null;
    if (job === null) {
      this.#running = null;
      return;
    }
    const controller = new AbortController();
    this.#running = controller;
    void job.work(controller.signal).then(
      (result) => this.#settle(controller, () => job.done(result)),
      (error: unknown) => this.#settle(controller, () => job.failed(error)),
    );
  }

  #settle(controller: AbortController, report: () => void): void {
    if (this.#running !== controller || controller.signal.aborted) return;
    this.#next();
    report();
  }
}

/** What tests and measurements read of a chart. */

/** The canvas of the marks: in pixels of the page the plot's place in it, and what the plot's edges stand for. */
export interface LayerPicture {
  readonly canvas: HTMLCanvasElement;
  readonly ratio: number;
  readonly plot: { readonly left: number; readonly top: number; readonly width: number; readonly height: number };
  readonly x: readonly [number, number];
  /** Of the first y axis. */
  readonly y: readonly [number, number];
}

export interface Inspected {
  layer(): LayerPicture | null;
  /** Milliseconds of script of the last drawings, the newest last. */
  frames(): readonly number[];
}

/** Drawings whose times are kept. */
const MOST = 240;

export class Stopwatch {
  readonly #spent: number[] = [];

  get spent(): readonly number[] {
    return [...this.#spent];
  }

  time(work: () => void): void {
    const start = performance.now();
    work();
    this.#spent.push(performance.now() - start);
    if (this.#spent.length > MOST) this.#spent.shift();
  }
}

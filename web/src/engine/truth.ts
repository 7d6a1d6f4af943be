/** Samples as they stand in the files, where a window holds vertices of a reduced line, sums of a stack, or bars of many samples. */
import type { TrueSample } from '../model/drawing';
import { heightAt } from './lines';
import type { Mark } from './marks';
import { type Sample, sampleAt } from './nearest';
import type { Plan } from './plan';

/** Whether the server knows better what is at a place than the window does. */
export function wantsTruth({ series, sorted }: Mark): boolean {
  if (!sorted || series.bins !== null || !['y', 'xy', 'range', 'ohlc'].includes(series.kind)) return false;
  return series.stacked || (!series.raw && series.progress === null);
}

/** Whether what stands in the window is not a sample at all: nothing is said of it before the sample has come. */
function isMade({ series }: Mark): boolean {
  return series.stacked || (!series.raw && (series.kind === 'range' || series.kind === 'ohlc' || (series.kind === 'y' && series.progress !== null)));
}

/** The last samples that came, one of each series. */
export class Truths {
  readonly #found = new Map<string, TrueSample>();

  take(found: readonly TrueSample[]): void {
    for (const one of found) this.#found.set(one.file, one);
  }

  /** Forgets what no mark of the plan can use any more. */
  sweep(plan: Plan): void {
    const stamps = new Map(plan.marks.map((mark) => [mark.series.file, mark.series.stamp] as const));
    for (const [file, { stamp }] of this.#found) if (stamps.get(file) !== stamp) this.#found.delete(file);
  }

  /** What is to be read at `x` for a sample of the window: itself, or the true one where that is nearer; null: nothing is known yet. */
  at(plan: Plan, sample: Sample, x: number): Sample | null {
    const { mark } = sample;
    if (!wantsTruth(mark)) return isMade(mark) ? null : sample;
    const truth = this.#found.get(mark.series.file);
    const own = truth !== undefined && truth.stamp === mark.series.stamp ? truth.columns['x']?.[0] : undefined;
    const usable = truth !== undefined && own !== undefined && own >= plan.shown[0] && own <= plan.shown[1];
    // Within a pixel of the window's own sample nothing nearer can be seen; sums and bars are never what is read.
    if (isMade(mark)) return usable && Math.abs(own - x) <= reach(plan, sample, x) ? trueSample(plan, mark, truth) : null;
    if (!usable || Math.abs(own - x) >= Math.abs(mark.x[sample.index]! - x)) return sample;
    return trueSample(plan, mark, truth);
  }
}

/** How far a true sample may lie from where it is asked for: no farther than what the window has there, or a few pixels. */
function reach(plan: Plan, { mark, index }: Sample, x: number): number {
  const { x: scale } = plan.scene.stage;
  const pixel = Math.abs((scale.max - scale.min) / (scale.end - scale.start));
  return Math.max(Math.abs(mark.x[index]! - x), 3 * pixel);
}

/** A mark of this one sample, which is read and pointed at like any other. */
function trueSample(plan: Plan, mark: Mark, { columns }: TrueSample): Sample {
  const one = (role: string): Float64Array | null => columns[role] ?? null;
  const [low, high] = [one('low'), one('high')];
  const own = one('y') ?? one('close') ?? (low && high ? low.map((value, i) => (value + high[i]!) / 2) : Float64Array.of(NaN));
  const x = columns['x']!;
  const y = mark.series.stacked ? Float64Array.of(heightAt({ u: mark.x, v: mark.y }, x[0]!)) : own;
  const alone: Mark = { ...mark, x, y, own, low, high, open: one('open'), labels: null, under: null, base: mark.base === null ? null : Float64Array.of(0) };
  return sampleAt(plan, alone, 0);
}

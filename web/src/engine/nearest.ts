/** The samples nearest to the pointer. Pixels in, indices out. */
import { isColumnLike } from './attributes';
import { columnBox } from './columns';
import { type Mark, indicesWithin, lowerBound } from './marks';
import { columnsOf } from './paint';
import type { Plan } from './plan';
import { toPixel, toValue } from './scale';

export interface Sample {
  readonly mark: Mark;
  readonly index: number;
  /** In the chart's box. */
  readonly px: number;
  readonly py: number;
}

/** Points of a scatter answer within this distance, in pixels. */
const REACH = 24;

/** Nearest sample of each mark to the pointer, the one that is nearest of all first; empty where nothing is near. */
export function nearestSamples(plan: Plan, px: number, py: number): Sample[] {
  const along = plan.swapped ? py : px;
  const value = toValue(plan.scene.stage.x, along);
  const lines = plan.marks.filter((mark) => mark.type !== 'scatter' && mark.sorted);
  const points = plan.marks.filter((mark) => mark.type === 'scatter' || !mark.sorted);
  const point = points.flatMap((mark) => nearestPoint(plan, mark, px, py) ?? []).sort((a, b) => distance(a, px, py) - distance(b, px, py))[0];
  const samples = lines.flatMap((mark) => nearestInX(plan, mark, value) ?? []);
  if (point !== undefined && (samples.length === 0 || distance(point, px, py) < 10)) return [point];
  if (samples.length === 0) return [];
  const anchor = samples.reduce((best, one) => (apart(plan, one, along) < apart(plan, best, along) ? one : best));
  return aligned(plan, lines, anchor);
}

function distance(sample: Sample, px: number, py: number): number {
  return Math.hypot(sample.px - px, sample.py - py);
}

function apart(plan: Plan, sample: Sample, along: number): number {
  return Math.abs((plan.swapped ? sample.py : sample.px) - along);
}

/** Every mark's sample nearest to the anchor's x, if it is near it on the screen or within the mark's own step; of categories the same one. */
function aligned(plan: Plan, marks: readonly Mark[], anchor: Sample): Sample[] {
  const x = anchor.mark.x[anchor.index]!;
  const along = plan.swapped ? anchor.py : anchor.px;
  const others = marks.filter((mark) => mark !== anchor.mark).flatMap((mark) => {
    const sample = nearestInX(plan, mark, x);
    if (sample === null) return [];
    const meets = plan.domain.kind === 'category' ? mark.x[sample.index] === x : apart(plan, sample, along) <= REACH || withinStep(sample, x);
    return meets ? [sample] : [];
  });
  return [anchor, ...others];
}

/** Whether the mark goes on from the sample across `x`, without a gap: then the sample stands for it there. */
function withinStep({ mark, index }: Sample, x: number): boolean {
  const other = mark.x[index]! <= x ? index + 1 : index - 1;
  const next = mark.x[other];
  return next !== undefined && !Number.isNaN(mark.own[other]!) && (mark.x[index]! <= x ? next >= x : next <= x);
}

/** The sample of `mark` whose x is nearest to `x`, gaps left out. */
function nearestInX(plan: Plan, mark: Mark, x: number): Sample | null {
  const [start, end] = shownIndices(plan, mark);
  let right = Math.max(lowerBound(mark.x, x), start);
  let left = right - 1;
  while (right < end && Number.isNaN(mark.own[right]!)) right++;
  while (left >= start && Number.isNaN(mark.own[left]!)) left--;
  const hasLeft = left >= start;
  const hasRight = right < end;
  if (!hasLeft && !hasRight) return null;
  const index = !hasRight || (hasLeft && x - mark.x[left]! <= mark.x[right]! - x) ? left : right;
  return sampleAt(plan, mark, index);
}

/** Points whose x is shown: neighbours beyond the edges are drawn to, but are not there to be read. */
export function shownIndices(plan: Plan, mark: Mark): [number, number] {
  const [from, to] = plan.shown;
  let [start, end] = indicesWithin(mark, from, to);
  if (!mark.sorted) return [start, end];
  while (start < end && mark.x[start]! < from) start++;
  while (end > start && mark.x[end - 1]! > to) end--;
  return [start, end];
}

function nearestPoint(plan: Plan, mark: Mark, px: number, py: number): Sample | null {
  const [start, end] = shownIndices(plan, mark);
  const { stage } = plan.scene;
  let best = -1;
  let least = REACH * REACH;
  // Most points of a long series are nowhere near: their x tells.
  const along = plan.swapped ? py : px;
  const [from, to] = [toValue(stage.x, along - REACH), toValue(stage.x, along + REACH)].sort((a, b) => a - b) as [number, number];
  for (let i = start; i < end; i++) {
    if (!(mark.x[i]! >= from && mark.x[i]! <= to)) continue;
    const u = toPixel(stage.x, mark.x[i]!);
    const v = toPixel(stage.y[mark.yAxis]!, mark.y[i]!);
    const [dx, dy] = plan.swapped ? [v - px, u - py] : [u - px, v - py];
    const squared = dx * dx + dy * dy;
    if (squared < least) [best, least] = [i, squared];
  }
  return best < 0 ? null : sampleAt(plan, mark, best);
}

/** The point of `plan` that `sample` of an earlier plan was; null where it is shown no more. */
export function sameSample(plan: Plan, sample: Sample): Sample | null {
  const mark = plan.marks.find((one) => one.series.file === sample.mark.series.file);
  if (mark === undefined) return null;
  const x = sample.mark.x[sample.index]!;
  const index = mark.sorted ? lowerBound(mark.x, x) : sample.index;
  const [start, end] = shownIndices(plan, mark);
  return index >= start && index < end && mark.x[index] === x && !Number.isNaN(mark.own[index]!) ? sampleAt(plan, mark, index) : null;
}

export function sampleAt(plan: Plan, mark: Mark, index: number): Sample {
  const { stage } = plan.scene;
  const u = toPixel(stage.x, mark.x[index]!);
  const v = toPixel(stage.y[mark.yAxis]!, mark.y[index]!);
  const middle = isColumnLike(mark.type) ? columnMiddle(plan, mark, index) ?? u : u;
  return plan.swapped ? { mark, index, px: v, py: middle } : { mark, index, px: middle, py: v };
}

function columnMiddle(plan: Plan, mark: Mark, index: number): number | null {
  const box = columnBox(columnsOf(mark, plan.scene.stage, index, index + 1), index);
  if (box === null) return null;
  return plan.swapped ? box.y + box.height / 2 : box.x + box.width / 2;
}

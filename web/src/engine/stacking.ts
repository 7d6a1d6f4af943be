/** Series that stand on each other. */

export interface Layer {
  readonly x: Float64Array;
  readonly y: Float64Array;
}

export interface Stacked {
  readonly x: Float64Array;
  readonly base: Float64Array;
  readonly top: Float64Array;
  /** Own value at x, NaN where the series has none. */
  readonly own: Float64Array;
}

export type Stacking = 'normal' | 'percent';

/** Columns: each stands on the earlier ones at exactly its x; negative values hang below zero. */
export function stackColumns(layers: readonly Layer[], mode: Stacking): Stacked[] {
  const totals = mode === 'percent' ? totalsAt(layers) : null;
  const above = new Map<number, number>();
  const below = new Map<number, number>();
  return layers.map(({ x, y }) => {
    const base = new Float64Array(x.length);
    const top = new Float64Array(x.length);
    for (let i = 0; i < x.length; i++) {
      const value = share(y[i]!, totals?.get(x[i]!));
      const sums = value < 0 ? below : above;
      const from = sums.get(x[i]!) ?? 0;
      base[i] = from;
      top[i] = from + value;
      if (!Number.isNaN(value)) sums.set(x[i]!, from + value);
    }
    return { x, base, top, own: y };
  });
}

/** Areas: every layer gets the x of all; between its own points it is interpolated, outside them it is nothing. */
export function stackAreas(layers: readonly Layer[], mode: Stacking): Stacked[] {
  const x = unionOf(layers.map((l) => l.x));
  const values = layers.map((layer) => valuesAt(layer, x));
  const totals = new Float64Array(x.length);
  for (const v of values) for (let i = 0; i < x.length; i++) totals[i]! += Math.abs(v.filled[i]!);
  const sum = new Float64Array(x.length);
  return values.map(({ filled, own }) => {
    const base = sum.slice();
    const top = new Float64Array(x.length);
    for (let i = 0; i < x.length; i++) {
      const value = mode === 'percent' ? share(filled[i]!, totals[i]!) : filled[i]!;
      sum[i]! += value;
      top[i] = Number.isNaN(own[i]!) && filled[i] === 0 ? NaN : sum[i]!;
    }
    return { x, base, top, own };
  });
}

function share(value: number, total: number | undefined): number {
  if (total === undefined) return value;
  return total === 0 ? 0 : (value / total) * 100;
}

function totalsAt(layers: readonly Layer[]): Map<number, number> {
  const totals = new Map<number, number>();
  for (const { x, y } of layers) {
    for (let i = 0; i < x.length; i++) {
      if (!Number.isNaN(y[i]!)) totals.set(x[i]!, (totals.get(x[i]!) ?? 0) + Math.abs(y[i]!));
    }
  }
  return totals;
}

function unionOf(columns: readonly Float64Array[]): Float64Array {
  const first = columns[0];
  if (first && columns.every((c) => sameValues(c, first))) return first;
  let length = 0;
  for (const c of columns) length += c.length;
  const all = new Float64Array(length);
  let at = 0;
  for (const c of columns) {
    all.set(c, at);
    at += c.length;
  }
  all.sort();
  let kept = 0;
  for (let i = 0; i < all.length; i++) if (i === 0 || all[i] !== all[i - 1]) all[kept++] = all[i]!;
  return all.slice(0, kept);
}

function sameValues(a: Float64Array, b: Float64Array): boolean {
  if (a === b) return true;
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}

/** The layer at each of `x` (sorted, holding all of its own): interpolated, 0 where there is nothing. `own` has true values only. */
function valuesAt(layer: Layer, x: Float64Array): { filled: Float64Array; own: Float64Array } {
  const filled = new Float64Array(x.length);
  const own = new Float64Array(x.length).fill(NaN);
  let k = 0;
  for (let i = 0; i < x.length; i++) {
    while (k + 1 < layer.x.length && layer.x[k + 1]! <= x[i]!) k++;
    const left = layer.x[k];
    if (left === undefined || left > x[i]!) continue;
    const a = layer.y[k]!;
    if (left === x[i]) {
      own[i] = a;
      filled[i] = Number.isNaN(a) ? 0 : a;
      continue;
    }
    const right = layer.x[k + 1];
    if (right === undefined) continue;
    const between = a + ((layer.y[k + 1]! - a) * (x[i]! - left)) / (right - left);
    filled[i] = Number.isNaN(between) ? 0 : between;
  }
  return { filled, own };
}

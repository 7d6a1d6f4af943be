/** The grid that the points of a binned answer were counted in. */
import type { WindowRequest } from './api';
import type { Grid } from './drawing';
import type { FrameSeries } from './frame';

/**
 * Null where the frame is not binned. Where the request left an edge to the data, the outermost points lie in the outermost
 * bins, so that the middles of these give the edge.
 */
export function gridOf(frame: FrameSeries, request: WindowRequest): Grid | null {
  if (!frame.binned) return null;
  const rows = request.bins?.rows ?? 1;
  const x: [number | null, number | null] = [request.from ?? frame.extent.x?.[0] ?? null, request.to ?? frame.extent.x?.[1] ?? null];
  return {
    columns: request.columns, rows, x: edges(frame.columns['x'], x, request.columns),
    y: edges(frame.columns['y'], [request.bins?.low ?? null, request.bins?.high ?? null], rows),
  };
}

function edges(middles: Float64Array | undefined, [from, to]: readonly [number | null, number | null], count: number): [number, number] {
  if (from !== null && to !== null) return [from, to];
  let [low, high] = [Infinity, -Infinity];
  for (const value of middles ?? []) {
    if (value < low) low = value;
    if (value > high) high = value;
  }
  if (low > high) return [from ?? 0, to ?? 1];
  // Both from the data: count − 1 bins lie between their middles. One given: count − ½.
  if (from === null && to === null) {
    const half = count > 1 ? (high - low) / (count - 1) / 2 : 0;
    return [low - half, high + half];
  }
  if (from === null) return [low - (to! - low) / (2 * count - 1), to!];
  return [from, high + (high - from) / (2 * count - 1)];
}

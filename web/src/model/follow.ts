/** How the shown range behaves when data grow under it. */
import type { Range } from './drawing';
import type { Extent } from './frame';

/** Share of a window's width within which its edge counts as touching the edge of the data: less than a pixel. */
const TOUCH = 0.0005;

/** The extent over all of `extents`. */
export function union(extents: Iterable<Extent>): Extent {
  let all: [number, number] | null = null;
  for (const extent of extents) {
    if (extent === null) continue;
    all = all === null ? [extent[0], extent[1]] : [Math.min(all[0], extent[0]), Math.max(all[1], extent[1])];
  }
  return all;
}

/** A window that touched the right edge of the data follows it, keeping its width; any other holds still. */
export function follow(range: Range | null, before: Extent, after: Extent): Range | null {
  if (range === null || before === null || after === null || after[1] <= range.to) return range;
  const width = range.to - range.from;
  return range.to < before[1] - TOUCH * width ? range : { from: after[1] - width, to: after[1] };
}

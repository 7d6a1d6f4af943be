/** Which series are shown, in which order and colour. Values, not state: every function returns a new selection. */
import type { Listing, Series } from './listing';

/** One shown series. `slot` is its place in the palette, kept for as long as it is shown. */
export interface Shown {
  readonly file: string;
  readonly slot: number;
}

export type Selection = readonly Shown[];

/** Most series that `display` alone brings onto a chart: a folder of ten thousand dropped files still opens. */
export const SHOWN_BY_THEMSELVES = 200;

/** Most series a chart shows at once (a window request holds no more). */
export const MOST_SHOWN = 1024;

/** Adds `series` at the end: its colour is its index in the palette unless that is already shown, then the next free one. */
export function add(selection: Selection, series: Series, colors: number): Selection {
  if (selection.some((one) => one.file === series.file) || selection.length >= MOST_SHOWN) return selection;
  return [...selection, { file: series.file, slot: freeSlot(selection, series.index, colors) }];
}

export function remove(selection: Selection, file: string): Selection {
  return selection.filter((one) => one.file !== file);
}

/** What a chart that is opened for the first time shows. */
export function opening(listing: Listing, colors: number): Selection {
  return listing.series.filter((one) => one.display).slice(0, SHOWN_BY_THEMSELVES)
    .reduce<Selection>((selection, one) => add(selection, one, colors), []);
}

/** What was known of the directory when the selection was made: file → display. */
export type Known = ReadonlyMap<string, boolean>;

export function known(listing: Listing): Known {
  return new Map(listing.series.map((one) => [one.file, one.display]));
}

/**
 * The selection after Update: a series that is new with display true, or whose display rose, is shown; one whose display
 * fell is hidden; one that is gone goes, but one whose file does not parse (it may be half written) keeps its place.
 * Everything else stays as the person left it.
 */
export function update(selection: Selection, before: Known, now: Listing, colors: number): Selection {
  const broken = new Set(now.broken.map((one) => one.file));
  const kept = selection.filter((one) => {
    const series = now.byFile.get(one.file);
    return series === undefined ? broken.has(one.file) : !(before.get(one.file) === true && !series.display);
  });
  const rising = now.series.filter((one) => one.display && before.get(one.file) !== true);
  const room = Math.max(0, SHOWN_BY_THEMSELVES - kept.length);
  return rising.slice(0, room).reduce<Selection>((next, one) => add(next, one, colors), kept);
}

/** The nearest palette place from `index` on that no shown series has; where all are taken, the least taken. */
function freeSlot(selection: Selection, index: number, colors: number): number {
  const taken = new Array<number>(colors).fill(0);
  for (const { slot } of selection) taken[slot % colors] = (taken[slot % colors] ?? 0) + 1;
  let best = index % colors;
  for (let step = 0; step < colors; step++) {
    const slot = (index + step) % colors;
    if ((taken[slot] ?? 0) < (taken[best] ?? 0)) best = slot;
    if (taken[slot] === 0) return slot;
  }
  return best;
}

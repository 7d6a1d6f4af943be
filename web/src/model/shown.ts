/** What a selection shows: windows with what the listing says of their series, failures, and what is still being indexed. */
import { gridOf } from './bins';
import type { SeriesWindow } from './drawing';
import type { Listing, Series } from './listing';
import type { Selection } from './selection';
import type { Held, Windows } from './windows';

export interface Failure {
  readonly file: string;
  readonly name: string;
  readonly reason: string;
}

/** `colorOf` gives the colour of a palette slot. */
export function windowsOf(selection: Selection, listing: Listing | null, held: ReadonlyMap<string, Held>, colorOf: (slot: number, series: Series) => string): SeriesWindow[] {
  return selection.flatMap(({ file, slot }) => {
    const series = listing?.byFile.get(file);
    const one = held.get(file);
    if (series === undefined || one === undefined) return [];
    const { binned: _, ...frame } = one.frame;
    return [{ ...frame, bins: gridOf(one.frame, one.answer.request), name: series.name, attributes: series.attributes, color: colorOf(slot, series) }];
  });
}

/** Series that could not be loaded, and why; the listing names those whose files are broken. */
export function failuresOf(selection: Selection, listing: Listing | null, { failures }: Windows): Failure[] {
  return selection.flatMap(({ file }) => {
    const failure = failures.get(file);
    if (failure === undefined || listing?.broken.some((one) => one.file === file) === true) return [];
    return [{ file, name: listing?.byFile.get(file)?.name ?? file, reason: failure.error }];
  });
}

export function indexingOf(selection: Selection, listing: Listing | null, { held }: Windows): { name: string; share: number }[] {
  return selection.flatMap(({ file }) => {
    const share = held.get(file)?.frame.progress ?? null;
    return share === null ? [] : [{ name: listing?.byFile.get(file)?.name ?? file, share }];
  });
}

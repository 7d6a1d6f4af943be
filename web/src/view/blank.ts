/** What stands in the chart's place when no series is shown. */
import type { Listing } from '../model/listing';
import { el, icon } from './element';

export interface Blank {
  /** Changes when the content does. */
  readonly key: string;
  content(): HTMLElement;
}

/** Series that are offered by name. */
const OFFERED = 6;

/** Null where something is shown. */
export function blank(directory: string, listing: Listing, shown: number, choose: (file: string) => void): Blank | null {
  if (shown > 0) return null;
  const { series } = listing;
  if (series.length === 0) {
    return {
      key: 'empty',
      content: () => words('No series yet', `Series that a script, or any program, writes to “${directory}” show up here. Press Update then.`),
    };
  }
  return {
    key: `choose ${listing.revision}`,
    content: () => words('Nothing is shown', 'Type a name in the field above, or start with one of these:',
      el('div', { class: 'offers' }, ...series.slice(0, OFFERED).map(({ file, name }) =>
        el('button', { type: 'button', class: 'button offer', title: name, on: { click: () => choose(file) } }, name)))),
  };
}

function words(title: string, text: string, more: HTMLElement | null = null): HTMLElement {
  return el('div', { class: 'blank-words' }, el('div', { class: 'statement-mark' }, icon('chart')), el('h2', {}, title), el('p', {}, text), more);
}

/** A quiet sign over the chart: which series are still being indexed, and how far that is. */
import { el, fill } from './element';

export interface Indexing {
  readonly name: string;
  readonly share: number;
}

/** So many are named one by one. */
const NAMED = 3;

export class IndexingBar {
  readonly element = el('div', { class: 'indexing', hidden: true });
  #names = '';

  /** `say` tells those who cannot see it, once when it begins and once when it ends: every percent would be noise. */
  constructor(private readonly say: (text: string) => void) {}

  show(indexing: readonly Indexing[]): void {
    const named = indexing.slice(0, NAMED);
    const names = named.map((one) => one.name).join(', ');
    this.element.hidden = indexing.length === 0;
    if (indexing.length > 0 && this.#names === '') this.say(`Indexing ${names}: what is shown is a coarse picture`);
    if (indexing.length === 0 && this.#names !== '') this.say('Indexed: every point counts');
    this.#names = names;
    const more = indexing.length - named.length;
    fill(this.element, ...named.map(line), more > 0 ? el('span', { class: 'muted' }, `and ${more} more`) : null);
  }
}

function line({ name, share }: Indexing): HTMLElement {
  const percent = Math.min(Math.floor(share * 100), 99);
  const text = `Indexing ${name}: ${percent} %`;
  const bar = el('span', { class: 'indexing-bar', role: 'progressbar', 'aria-label': `Indexing ${name}`, 'aria-valuemin': 0, 'aria-valuemax': 100, 'aria-valuenow': percent });
  bar.style.setProperty('--share', `${percent}%`);
  return el('div', { class: 'indexing-line' }, el('span', { class: 'indexing-text', title: text }, text), bar);
}

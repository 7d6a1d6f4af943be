/** The page at the root: every chart directory of the served folder. */
import { chartAddress, type Address } from '../model/address';
import { Api, Refused, Unreachable, type Directory, type Folder } from '../model/api';
import { el, fill, icon } from './element';
import { denied, gone, statement } from './statement';

const FILTER_FROM = 12;

export class Gallery {
  readonly #api: Api;
  readonly #cards = el('ul', { class: 'cards' });
  readonly #filter = el('input', { type: 'search', 'aria-label': 'Find a chart', placeholder: 'Find a chart…' });
  readonly #count = el('p', { class: 'muted', role: 'status' });
  #folder: Folder | null = null;

  constructor(private readonly address: Address) {
    this.#api = new Api(address.root, address.token);
    this.#filter.addEventListener('input', () => this.#show());
    document.addEventListener('visibilitychange', () => void (document.visibilityState === 'visible' && this.#load()));
    window.addEventListener('focus', () => void this.#load());
    fill(document.body, el('main', { class: 'gallery loading' }, el('h1', {}, 'Charts')));
    void this.#load();
  }

  async #load(): Promise<void> {
    try {
      this.#folder = await this.#api.folder();
      this.#lay();
      this.#show();
    } catch (error) {
      fill(document.body, statement(this.#reason(error)));
    }
  }

  #reason(error: unknown): Parameters<typeof statement>[0] {
    if (this.address.token === null) return denied(null, true);
    if (error instanceof Refused && error.status === 401) return denied(null, false);
    const action = { label: 'Try again', run: () => location.reload() };
    if (error instanceof Unreachable) return { ...gone(null), action };
    return { title: 'The charts could not be listed', text: error instanceof Error ? error.message : String(error), action };
  }

  #lay(): void {
    const folder = this.#folder;
    if (folder === null || document.querySelector('.gallery-head') !== null) return;
    this.#filter.hidden = folder.directories.length < FILTER_FROM;
    fill(document.body, el('main', { class: 'gallery' },
      el('div', { class: 'gallery-head' }, el('div', {}, el('h1', {}, 'Charts'), el('p', { class: 'folder' }, folder.folder)), this.#filter),
      this.#count, this.#cards));
    document.title = `${folder.folder.split('/').pop() || folder.folder} · charts`;
  }

  #show(): void {
    const all = this.#folder?.directories ?? [];
    const wanted = this.#filter.value.trim().toLowerCase();
    const found = all.filter((one) => one.name.toLowerCase().includes(wanted)).sort((a, b) => b.modified - a.modified);
    this.#count.textContent = all.length === 0 ? '' : `${found.length} chart ${found.length === 1 ? 'directory' : 'directories'}, the latest first`;
    if (all.length === 0) fill(this.#cards, el('li', { class: 'none' }, this.#nothing()));
    else fill(this.#cards, ...found.map((one) => el('li', {}, this.#card(one))));
  }

  #nothing(): HTMLElement {
    return el('div', { class: 'blank-words' }, el('div', { class: 'statement-mark' }, icon('chart')), el('h2', {}, 'No charts here yet'),
      el('p', {}, 'A chart that a script saves below this folder shows up here.'));
  }

  #card(directory: Directory): HTMLElement {
    return el('a', { class: 'card', href: chartAddress(this.address.root, directory.segment, this.address.token), title: directory.path },
      icon('chart'),
      el('span', { class: 'card-words' }, el('strong', {}, directory.name),
        el('span', { class: 'muted' }, `${directory.series.toLocaleString('en')} series · ${ago(directory.modified, Date.now())}`)));
  }
}

const STEPS: readonly (readonly [Intl.RelativeTimeFormatUnit, number])[] = [['year', 31_557_600], ['month', 2_629_800], ['day', 86_400], ['hour', 3600], ['minute', 60]];

function ago(then: number, now: number): string {
  const seconds = Math.round((then - now) / 1000);
  const words = new Intl.RelativeTimeFormat('en', { numeric: 'auto' });
  for (const [unit, length] of STEPS) if (Math.abs(seconds) >= length) return words.format(Math.trunc(seconds / length), unit);
  return 'just now';
}

/** The variable selector: type to search, Enter adds, chips remove. */
import TomSelect from 'tom-select/base';
import type { Listing } from '../model/listing';
import { matches } from '../model/search';
import { el, icon } from './element';

export interface SelectorEvents {
  add(file: string): void;
  remove(file: string): void;
}

export interface Chip {
  readonly file: string;
  readonly name: string;
  readonly color: string;
}

/** Matches that the list offers at once. */
const OFFERED = 50;

interface Choice {
  readonly file: string;
  readonly name: string;
  readonly place: number;
}

export class Selector {
  readonly element: HTMLElement;
  readonly #select: TomSelect;
  #listing: Listing | null = null;
  #shown: readonly string[] = [];
  /** What the list was last made for, and the rank of each choice in it. */
  #offered: { readonly listing: Listing; readonly typed: string; readonly items: string } | null = null;
  #ranks = new Map<string, number>();
  #colors = new Map<string, string>();
  #silent = false;

  constructor(private readonly events: SelectorEvents) {
    const input = el('select', { id: 'series', multiple: true });
    this.element = el('div', { class: 'selector' }, el('label', { class: 'unseen', for: 'series' }, 'Add a series'), input);
    document.body.append(this.element);
    // Names are compared by the model: the library's own table of accents takes a while to be made.
    this.#select = new TomSelect(input, {
      valueField: 'file', labelField: 'name', searchField: ['name'],
      sortField: [{ field: '$score', direction: 'desc' }, { field: 'place' }],
      maxOptions: OFFERED, maxItems: null, create: false, persist: true, closeAfterSelect: false, hidePlaceholder: false,
      score: () => (choice: Choice) => this.#ranks.get(choice.file) ?? 0,
      diacritics: false, refreshThrottle: 0, selectOnTab: false, placeholder: 'Add a series…',
      render: {
        option: (choice: Choice) => el('div', { title: choice.name }, choice.name),
        item: (choice: Choice) => this.#chip(choice),
        no_results: () => el('div', { class: 'no-results' }, 'No series of this name'),
      },
      onItemAdd: (file: string) => this.#added(file),
      onItemRemove: (file: string) => void (this.#silent || this.events.remove(file)),
    });
    // The list holds what is offered for what was typed, and no more: a directory may hold ten thousand series.
    this.#select.hook('before', 'refreshOptions', () => this.#offer());
    input.setAttribute('aria-hidden', 'true');
    this.element.remove();
    this.#select.control.addEventListener('click', () => this.#select.open());
  }

  focus(): void {
    this.#select.focus();
  }

  /** Shows what can be chosen and what is chosen, in its order and colours. */
  show(listing: Listing, chips: readonly Chip[]): void {
    this.#silent = true;
    if (this.#listing !== listing) this.#renew(listing, chips);
    this.#colors = new Map(chips.map((chip) => [chip.file, chip.color]));
    const files = chips.map((chip) => chip.file);
    if (files.join('/') !== this.#shown.join('/') || files.join('/') !== this.#select.items.join('/')) this.#arrange(chips);
    for (const item of this.#select.control.querySelectorAll<HTMLElement>('.chip')) this.#paint(item);
    const waiting = listing.series.length - files.length;
    const hint = waiting > 0 ? `Add a series… ${waiting.toLocaleString('en')} waiting` : listing.series.length === 0 ? 'No series yet' : 'All series are shown';
    this.#select.settings.placeholder = hint;
    this.#select.control_input.placeholder = hint;
    this.#silent = false;
  }

  /** What is chosen may have another name in a new listing. */
  #renew(listing: Listing, chips: readonly Chip[]): void {
    const select = this.#select;
    for (const { file, name } of chips) {
      const old = select.options[file] as Choice | undefined;
      if (old !== undefined && old.name !== name) select.updateOption(file, { ...old, name });
    }
    this.#listing = listing;
    select.lastQuery = null;
    if (select.isOpen) select.refreshOptions(false);
  }

  /** Of the names that hold every word typed, those come first that are closest to it: Enter takes the first. */
  #offer(): void {
    const [select, listing] = [this.#select, this.#listing];
    if (listing === null) return;
    const [typed, items] = [select.inputValue(), select.items.join('/')];
    if (this.#offered?.listing === listing && this.#offered.typed === typed && this.#offered.items === items) return;
    this.#offered = { listing, typed, items };
    const chosen = new Set(select.items);
    const found = matches(listing, typed, OFFERED, chosen);
    this.#ranks = new Map(found.map(({ file }, i) => [file, OFFERED - i] as const));
    for (const file of Object.keys(select.options)) if (!chosen.has(file)) select.removeOption(file, true);
    found.forEach(({ file, name }, place) => select.addOption({ file, name, place } satisfies Choice));
    select.lastQuery = null;
  }

  #arrange(chips: readonly Chip[]): void {
    const select = this.#select;
    const files = chips.map((chip) => chip.file);
    const typed = select.control_input.value;
    const present = new Set(files);
    for (const file of [...select.items]) if (!present.has(file)) select.removeItem(file, true);
    const kept = select.items.filter((file, i) => file === files[i]).length === select.items.length;
    if (!kept) select.clear(true);
    const items = new Set(select.items);
    for (const { file, name } of chips) {
      if (items.has(file)) continue;
      if (select.options[file] === undefined) select.addOption({ file, name, place: 0 } satisfies Choice);
      select.addItem(file, true);
    }
    if (typed !== '') select.setTextboxValue(typed);
    if (select.isOpen) select.refreshOptions(false);
    this.#shown = [...files];
  }

  #added(file: string): void {
    if (this.#silent) return;
    this.#select.setTextboxValue('');
    this.#select.refreshOptions(false);
    this.events.add(file);
  }

  #chip(choice: Choice): HTMLElement {
    const remove = el('button', { type: 'button', class: 'chip-remove', 'aria-label': `Remove ${choice.name}`, title: `Remove ${choice.name}` }, icon('close'));
    const take = (event: Event): void => {
      event.preventDefault();
      event.stopPropagation();
      const next = remove.closest('.chip')?.nextElementSibling?.querySelector<HTMLElement>('.chip-remove');
      this.#select.removeItem(choice.file);
      if (event instanceof MouseEvent && event.detail === 0) (next ?? this.#select.control_input).focus();
    };
    remove.addEventListener('mousedown', (event) => event.stopPropagation());
    remove.addEventListener('click', take);
    remove.addEventListener('keydown', (event) => event.stopPropagation());
    const chip = el('div', { class: 'chip', 'data-file': choice.file, title: choice.name },
      el('span', { class: 'swatch', 'aria-hidden': 'true' }), el('span', { class: 'chip-name' }, choice.name), remove);
    this.#paint(chip);
    return chip;
  }

  #paint(chip: HTMLElement): void {
    chip.style.setProperty('--color', this.#colors.get(chip.dataset['file'] ?? '') ?? 'currentColor');
  }
}

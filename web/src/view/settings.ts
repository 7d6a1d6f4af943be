/** The settings panel: the chart's options as JSON, applied here or saved for every language. */
import type { EditorView } from '@codemirror/view';
import schema from '../../options.schema.json';
import type { Options } from '../model/drawing';
import { isRecord } from '../model/listing';
import { equal } from '../model/options';
import type { Schema } from '../model/schema';
import { createEditor } from './editor';
import { el, icon } from './element';

export interface SettingsEvents {
  apply(options: Options): void;
  /** Rejects with what the server refuses. */
  save(name: string, options: Options): Promise<void>;
  closed(): void;
}

export class SettingsPanel {
  readonly element: HTMLElement;
  readonly #editor: EditorView;
  readonly #name: HTMLInputElement;
  readonly #names: HTMLDataListElement;
  readonly #said: HTMLElement;
  #options: Options | null = null;
  #dirty = false;
  #filling = false;

  constructor(private readonly events: SettingsEvents) {
    const place = el('div', { class: 'editor' });
    this.#editor = createEditor(place, schema as Schema, () => this.#edited());
    this.#names = el('datalist', { id: 'settings-names' });
    this.#name = el('input', { id: 'settings-name', list: 'settings-names', autocomplete: 'off', spellcheck: 'false', maxlength: 200, placeholder: 'name' });
    this.#said = el('p', { class: 'said', role: 'status' });
    const close = el('button', { type: 'button', class: 'button quiet', 'aria-label': 'Close settings', title: 'Close (Esc)', on: { click: () => this.close() } }, icon('close'));
    const form = el('form', { class: 'save', on: { submit: (event) => this.#submit(event) } },
      el('label', { for: 'settings-name' }, 'Save as'), this.#name, this.#names,
      el('button', { type: 'submit', class: 'button' }, 'Save'));
    const apply = el('button', { type: 'button', class: 'button primary', title: 'Draw with these options (Ctrl+Enter)', on: { click: () => this.#apply() } }, 'Apply');
    this.element = el('aside', { class: 'panel', 'aria-label': 'Settings', hidden: true },
      el('div', { class: 'panel-head' }, el('h2', {}, 'Settings'), el('p', { class: 'muted' }, 'Ctrl+Space completes'), close),
      place, this.#said, el('div', { class: 'panel-foot' }, apply, form));
    this.element.addEventListener('keydown', (event) => this.#key(event), { capture: true });
  }

  get open(): boolean {
    return !this.element.hidden;
  }

  show(): void {
    this.element.hidden = false;
    this.#editor.requestMeasure();
    this.#editor.focus();
  }

  close(): void {
    this.element.hidden = true;
    this.events.closed();
  }

  /** Shows the effective options; a text that the person is writing stays as it is. */
  set(options: Options, name: string, names: readonly string[]): void {
    this.#names.replaceChildren(...names.map((value) => el('option', { value })));
    if (this.#name.value === '' && document.activeElement !== this.#name) this.#name.value = name;
    if (this.#options !== null && (this.#dirty || equal(options, this.#options))) return;
    this.#options = options;
    this.#fill(JSON.stringify(options, null, 2));
  }

  #fill(text: string): void {
    this.#filling = true;
    this.#editor.dispatch({ changes: { from: 0, to: this.#editor.state.doc.length, insert: text } });
    this.#filling = false;
    this.#dirty = false;
  }

  #edited(): void {
    if (this.#filling) return;
    this.#dirty = true;
    this.#say('');
  }

  #key(event: KeyboardEvent): void {
    if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) {
      event.preventDefault();
      event.stopPropagation();
      this.#apply();
    } else if (event.key === 'Escape' && this.element.querySelector('.cm-tooltip') === null) this.close();
  }

  #read(): Options | null {
    try {
      const text = this.#editor.state.doc.toString().trim();
      const value: unknown = text === '' ? {} : JSON.parse(text);
      if (isRecord(value)) return value;
      this.#say('The options are a record: { "title": { "text": "…" } }', true);
    } catch (error) {
      this.#say(`This is not JSON yet: ${error instanceof Error ? error.message : String(error)}`, true);
    }
    return null;
  }

  #apply(): void {
    const options = this.#read();
    if (options === null) return;
    this.#take(options);
    this.events.apply(options);
    this.#say('Applied. Save keeps it under a name.');
  }

  #submit(event: Event): void {
    event.preventDefault();
    const name = this.#name.value.trim();
    const options = this.#read();
    if (options === null) return;
    if (name === '') {
      this.#say('Give the settings a name to save them under.', true);
      this.#name.focus();
      return;
    }
    const text = this.#editor.state.doc.toString();
    this.events.save(name, options).then(
      () => {
        if (this.#editor.state.doc.toString() === text) this.#take(options);
        this.#say(`Saved. options="${name}" draws with it in every language.`);
      },
      (error: unknown) => this.#say(`Not saved: ${error instanceof Error ? error.message : String(error)}`, true),
    );
  }

  #take(options: Options): void {
    this.#options = options;
    this.#dirty = false;
  }

  #say(text: string, wrong = false): void {
    this.#said.textContent = text;
    this.#said.classList.toggle('wrong', wrong);
  }
}

/** The page's head: where we are, the selector, and what can be done. */
import type { Connection } from '../model/chart';
import { el, icon } from './element';
import { Menu, type Action } from './menu';

export interface HeaderEvents {
  update(): void;
  live(): void;
  settings(): void;
  exports(): readonly Action[];
}

export interface HeaderState {
  readonly connection: Connection;
  readonly live: boolean;
  readonly updateAvailable: boolean;
  readonly busy: boolean;
}

const CONNECTIONS: Record<Connection, string> = {
  connecting: 'Connecting…',
  open: 'Connected',
  lost: 'Reconnecting…',
  full: 'Not told of changes',
  gone: 'Server ended',
  denied: 'Address expired',
  missing: 'Directory missing',
};

export class Header {
  readonly element: HTMLElement;
  readonly #name = el('h1', {});
  readonly #connection = el('span', { class: 'connection' });
  readonly #update: HTMLButtonElement;
  readonly #live: HTMLButtonElement;
  readonly #settings: HTMLButtonElement;

  constructor(home: string, selector: HTMLElement, events: HeaderEvents) {
    this.#update = button('update', 'Update', events.update);
    this.#update.append(el('span', { class: 'badge', 'aria-hidden': 'true' }));
    this.#live = button('live', 'Live', events.live);
    this.#settings = button('settings', 'Settings', events.settings);
    this.#settings.setAttribute('aria-expanded', 'false');
    const menu = new Menu(button('export', 'Export', () => undefined), 'Export', events.exports);
    const start = el('a', { class: 'home', href: home, 'aria-label': 'All charts', title: 'All charts' }, icon('chart'));
    this.element = el('header', { class: 'bar' },
      el('div', { class: 'identity' }, start, this.#name, this.#connection), selector,
      el('div', { class: 'actions', role: 'group', 'aria-label': 'Chart' }, this.#update, this.#live, this.#settings, menu.element));
  }

  name(name: string, path: string): void {
    if (this.#name.textContent !== name) this.#name.textContent = name;
    this.#name.title = path;
  }

  show({ connection, live, updateAvailable, busy }: HeaderState): void {
    this.#connection.dataset['state'] = connection;
    this.#connection.textContent = CONNECTIONS[connection];
    this.#connection.title = CONNECTIONS[connection];
    this.#live.setAttribute('aria-pressed', String(live));
    this.#live.title = live ? 'Live: changes show at once' : 'Show changes at once';
    this.#update.classList.toggle('available', updateAvailable);
    this.#update.classList.toggle('busy', busy);
    this.#update.setAttribute('aria-label', updateAvailable ? 'Update: the directory has something new' : 'Update');
    this.#update.title = updateAvailable ? 'The directory has something new' : 'Nothing new since the last update';
  }

  settingsOpen(open: boolean): void {
    this.#settings.setAttribute('aria-expanded', String(open));
  }

  focusSettings(): void {
    this.#settings.focus();
  }
}

function button(name: 'update' | 'live' | 'settings' | 'export', label: string, pressed: () => void): HTMLButtonElement {
  return el('button', { type: 'button', class: `button ${name}`, 'aria-label': label, title: label, on: { click: pressed } },
    icon(name), el('span', { class: 'button-label', 'aria-hidden': 'true' }, label));
}

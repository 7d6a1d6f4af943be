/** A button with a menu of actions, by mouse and by keyboard. */
import { el } from './element';

export interface Action {
  readonly label: string;
  readonly hint?: string;
  run(): void;
}

export class Menu {
  readonly element: HTMLElement;
  readonly #list: HTMLElement;

  /** `actions` is asked for at every opening. */
  constructor(private readonly button: HTMLButtonElement, label: string, private readonly actions: () => readonly Action[]) {
    this.#list = el('div', { class: 'menu', role: 'menu', 'aria-label': label, hidden: true });
    button.setAttribute('aria-haspopup', 'menu');
    button.setAttribute('aria-expanded', 'false');
    button.addEventListener('click', () => (this.#list.hidden ? this.#open() : this.#close()));
    this.element = el('div', { class: 'menu-place' }, button, this.#list);
    this.element.addEventListener('keydown', (event) => this.#key(event));
    this.element.addEventListener('focusout', (event) => {
      if (!(event.relatedTarget instanceof Node && this.element.contains(event.relatedTarget))) this.#close();
    });
  }

  #open(): void {
    this.#list.replaceChildren(...this.actions().map((action) => el('button', {
      type: 'button', role: 'menuitem', tabindex: '-1',
      on: { click: () => { this.button.focus(); this.#close(); action.run(); } },
    }, el('span', {}, action.label), action.hint === undefined ? null : el('small', {}, action.hint))));
    this.#list.hidden = false;
    this.button.setAttribute('aria-expanded', 'true');
    this.#items()[0]?.focus();
  }

  #close(): void {
    this.#list.hidden = true;
    this.button.setAttribute('aria-expanded', 'false');
  }

  #items(): HTMLElement[] {
    return [...this.#list.querySelectorAll<HTMLElement>('[role=menuitem]')];
  }

  #key(event: KeyboardEvent): void {
    if (this.#list.hidden) return;
    const items = this.#items();
    const at = items.findIndex((item) => item === document.activeElement);
    const goals: Record<string, number> = { ArrowDown: at + 1, ArrowUp: at - 1 + items.length, Home: 0, End: items.length - 1 };
    const goal = goals[event.key];
    if (goal !== undefined) items[goal % items.length]?.focus();
    else if (event.key === 'Escape') {
      this.button.focus();
      this.#close();
    } else return;
    event.preventDefault();
    event.stopPropagation();
  }
}

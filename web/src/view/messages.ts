/** The line below the chart that says what is amiss: broken files, options that nobody understands, and the like. */
import { el, fill, icon } from './element';

export interface Said {
  readonly text: string;
  readonly grave: boolean;
}

export class Messages {
  readonly element = el('section', { class: 'messages', 'aria-label': 'Messages', 'aria-live': 'polite', hidden: true });
  #shown = '';

  show(messages: readonly Said[]): void {
    const key = JSON.stringify(messages);
    if (key === this.#shown) return;
    this.#shown = key;
    this.element.hidden = messages.length === 0;
    const [first, ...others] = messages;
    if (first === undefined) fill(this.element);
    else if (others.length === 0) fill(this.element, line('p', first));
    else {
      const open = this.element.querySelector('details')?.open ?? false;
      const more = el('span', { class: 'more' }, `and ${others.length} more`);
      fill(this.element, el('details', { open }, el('summary', {}, ...content(first), more), el('ul', {}, ...others.map((one) => line('li', one)))));
    }
  }
}

function line(tag: 'p' | 'li', said: Said): HTMLElement {
  return el(tag, {}, ...content(said));
}

function content(said: Said): Node[] {
  return [el('span', { class: said.grave ? 'mark grave' : 'mark' }, icon('note')), el('span', { class: 'text' }, said.text)];
}

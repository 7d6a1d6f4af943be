/** Title and subtitle. */
import type { Options } from '../model/drawing';
import { applyTextStyle, element } from './dom';
import { recordAt, textAt } from './read';

export class Heading {
  readonly element = element('div', 'cx-heading');
  readonly #title = element('h2', 'cx-title');
  readonly #subtitle = element('p', 'cx-subtitle');

  constructor() {
    this.element.append(this.#title, this.#subtitle);
  }

  show(options: Options): void {
    const align = textAt(options, 'title', 'align') ?? 'left';
    const title = textAt(options, 'title', 'text') ?? '';
    const subtitle = textAt(options, 'subtitle', 'text') ?? '';
    this.element.hidden = title === '' && subtitle === '';
    this.#write(this.#title, title, align, recordAt(options, 'title', 'style'));
    this.#write(this.#subtitle, subtitle, textAt(options, 'subtitle', 'align') ?? align, recordAt(options, 'subtitle', 'style'));
  }

  #write(target: HTMLElement, text: string, align: string, style: Options): void {
    target.hidden = text === '';
    target.textContent = text;
    applyTextStyle(target, style);
    target.style.textAlign = align;
  }
}

/** Elements. Text goes in as text only. */
import type { Options } from '../model/drawing';
import { at, textAt } from './read';

export function element<K extends keyof HTMLElementTagNameMap>(tag: K, className: string, text?: string): HTMLElementTagNameMap[K] {
  const made = document.createElement(tag);
  if (className !== '') made.className = className;
  if (text !== undefined) made.textContent = text;
  return made;
}

export function button(className: string, text: string, pressed: () => void): HTMLButtonElement {
  const made = element('button', className, text);
  made.type = 'button';
  made.addEventListener('click', pressed);
  return made;
}

/** A textStyle option on an element; what it does not name is as the style sheet has it. */
export function applyTextStyle(target: HTMLElement, style: Options): void {
  const size = at(style, 'fontSize');
  target.style.color = textAt(style, 'color') ?? '';
  target.style.fontFamily = textAt(style, 'fontFamily') ?? '';
  target.style.fontSize = typeof size === 'number' ? `${size}px` : typeof size === 'string' ? size : '';
  target.style.fontWeight = textAt(style, 'fontWeight') ?? '';
  target.style.fontStyle = textAt(style, 'fontStyle') ?? '';
}

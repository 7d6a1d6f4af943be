/** Above a stock chart: the buttons 1m 3m 6m YTD 1y All and the two dates. */
import type { Options } from '../model/drawing';
import { button, element } from './dom';
import { at, flagAt, isRecord, numberAt, recordsAt, textAt } from './read';
import { type Clock, fieldsOf, instantOf, wallTime } from './time';
import { RANGE_BUTTONS, type RangeButton, type Span, buttonSpan } from './zoom';

export interface RangeView {
  readonly options: Options;
  readonly shown: Span;
  readonly whole: Span;
  /** From the first to the last point: what the dates say, without the air that columns have around them. */
  readonly data: Span;
  readonly clock: Clock;
  /** x is a time: else there are no dates, and only All makes sense. */
  readonly times: boolean;
}

export class RangeSelector {
  readonly element = element('div', 'cx-ranges');
  readonly #buttons = element('div', 'cx-buttons');
  readonly #dates = element('div', 'cx-dates');
  readonly #from = element('input', '');
  readonly #to = element('input', '');
  #view: RangeView | null = null;
  /** The button that was pressed, until the range changes in another way. */
  #pressed: { text: string; span: Span | null } | null = null;

  constructor(private readonly choose: (span: Span | null) => void) {
    this.#buttons.setAttribute('role', 'group');
    this.#buttons.setAttribute('aria-label', 'Shown time');
    for (const [input, label] of [[this.#from, 'From'], [this.#to, 'To']] as const) {
      input.type = 'date';
      input.setAttribute('aria-label', label);
      input.addEventListener('change', () => this.#typed());
      input.addEventListener('blur', () => { if (this.#view !== null) this.#date(this.#view); });
    }
    this.#dates.append(this.#from, element('span', '', '–'), this.#to);
    this.element.append(this.#buttons, this.#dates);
  }

  show(view: RangeView): void {
    this.#view = view;
    const buttons = buttonsOf(view.options).filter((one) => view.times || one.type === 'all');
    if (this.#buttons.childElementCount !== buttons.length || buttons.some((one, i) => this.#buttons.children[i]?.textContent !== one.text)) {
      this.#buttons.replaceChildren(...buttons.map((one) => this.#make(one)));
    }
    const chosen = this.#chosen(buttons, view);
    buttons.forEach((one, i) => mark(this.#buttons.children[i] as HTMLButtonElement, one, one === chosen, view));
    this.#dates.hidden = !view.times || flagAt(view.options, 'rangeSelector', 'inputEnabled') === false;
    if (!this.#dates.hidden && !this.#dates.contains(document.activeElement)) this.#date(view);
  }

  #date({ clock, shown, data }: RangeView): void {
    this.#from.value = dateText(clock, Math.max(shown[0], Math.min(data[0], shown[1])));
    this.#to.value = dateText(clock, Math.min(shown[1], Math.max(data[1], shown[0])));
    for (const input of [this.#from, this.#to]) {
      input.min = dateText(clock, data[0]);
      input.max = dateText(clock, data[1]);
    }
  }

  #make(one: RangeButton): HTMLButtonElement {
    const made = button('', one.text, () => {
      if (this.#view === null) return;
      const span = buttonSpan(one, this.#view.shown, this.#view.whole, this.#view.clock);
      this.#pressed = { text: one.text, span };
      this.choose(span);
    });
    made.title = one.title;
    return made;
  }

  /** The button that was pressed, while its range is shown; else the first one that would show just what is shown. */
  #chosen(buttons: readonly RangeButton[], view: RangeView): RangeButton | undefined {
    if (same(view.shown, view.whole)) return buttons.find((one) => one.type === 'all');
    const pressed = this.#pressed;
    if (pressed !== null && pressed.span !== null && same(pressed.span, view.shown)) return buttons.find((one) => one.text === pressed.text);
    return buttons.find((one) => {
      const span = buttonSpan(one, view.shown, view.whole, view.clock);
      return span !== null && same(span, view.shown);
    });
  }

  #typed(): void {
    if (this.#view === null) return;
    const from = instantOfDate(this.#view.clock, this.#from.value, 0);
    const to = instantOfDate(this.#view.clock, this.#to.value, 1);
    const [first, last] = this.#view.whole;
    // Up to the last millisecond of the day; a year that is still being typed reaches no further than the data.
    const span: Span = [Math.max(from ?? first, first), Math.min(to === null ? last : to - 1, last)];
    if (span[0] < span[1]) this.choose(span);
  }
}

function mark(made: HTMLButtonElement, one: RangeButton, pressed: boolean, view: RangeView): void {
  made.setAttribute('aria-pressed', String(pressed));
  // A button that would show everything says nothing that All does not say.
  const span = one.type === 'all' ? null : buttonSpan(one, view.whole, view.whole, view.clock);
  made.disabled = span !== null && same(span, view.whole);
}

function same(a: Span, b: Span): boolean {
  const slack = Math.max(Math.abs(b[1] - b[0]), 1) * 1e-6;
  return Math.abs(a[0] - b[0]) <= slack && Math.abs(a[1] - b[1]) <= slack;
}

export function buttonsOf(options: Options): readonly RangeButton[] {
  if (!Array.isArray(at(options, 'rangeSelector', 'buttons'))) return RANGE_BUTTONS;
  return recordsAt(options, 'rangeSelector', 'buttons').filter(isRecord).map((one) => {
    const type = textAt(one, 'type') ?? 'all';
    const count = numberAt(one, 'count') ?? 1;
    const text = textAt(one, 'text') ?? (type === 'all' ? 'All' : `${count} ${type}`);
    return { type, count, text, title: textAt(one, 'title') ?? text };
  });
}

function dateText(clock: Clock, instant: number): string {
  const f = fieldsOf(clock, instant);
  if (!(f.year >= 1 && f.year <= 9999)) return '';
  return `${String(f.year).padStart(4, '0')}-${String(f.month + 1).padStart(2, '0')}-${String(f.day).padStart(2, '0')}`;
}

/** The beginning of a day, `after` days later. */
function instantOfDate(clock: Clock, text: string, after: number): number | null {
  const match = /^(\d{4})-(\d{2})-(\d{2})$/.exec(text);
  if (!match) return null;
  return instantOf(clock, wallTime(Number(match[1]), Number(match[2]) - 1, Number(match[3]) + after));
}

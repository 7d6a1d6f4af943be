/** The names of the series, as buttons that hide and show them. */
import type { ChartSettings, Options, SeriesWindow } from '../model/drawing';
import { type DrawnType, isArea, isColumnLike, resolveAttributes } from './attributes';
import { candleColors } from './candles';
import { applyTextStyle, button, element } from './dom';
import { theme } from './palette';
import { flagAt, recordAt, textAt } from './read';

export interface LegendPlace {
  readonly side: 'top' | 'bottom' | 'left' | 'right';
}

export class Legend {
  readonly element = element('div', 'cx-legend');
  /** What the entries were made from: a drawing that changes nothing of it must not take them from under a finger. */
  #made = '';

  /** `toggle` is called with a series' file. */
  constructor(private readonly toggle: (file: string) => void) {
    this.element.setAttribute('role', 'group');
    this.element.setAttribute('aria-label', 'Legend');
  }

  /** Where the legend stands; also fills it. */
  show(series: readonly SeriesWindow[], hidden: ReadonlySet<string>, settings: ChartSettings): LegendPlace {
    const options = recordAt(settings.options, 'legend');
    // Pies have their names below them: their colours are those of slices.
    const pies = series.every((one) => resolveAttributes(one, settings).type === 'pie');
    const named = series.filter((one) => {
      const own = resolveAttributes(one, settings).options;
      return flagAt(own, 'showInLegend') ?? own['linkedTo'] === undefined;
    });
    if (flagAt(options, 'reversed') === true) named.reverse();
    const focused = this.element.contains(document.activeElement) ? (document.activeElement as HTMLElement).dataset['file'] : undefined;
    this.element.hidden = !(flagAt(options, 'enabled') ?? (series.length > 1 && !pies)) || named.length === 0;
    const made = JSON.stringify([settings.dark, options, named.map((one) => [one.file, one.name, one.color, hidden.has(one.file), resolveAttributes(one, settings)])]);
    if (made !== this.#made) this.element.replaceChildren(...this.#title(options), ...named.map((one) => this.#entry(one, hidden.has(one.file), settings)));
    this.#made = made;
    applyTextStyle(this.element, recordAt(options, 'itemStyle'));
    const place = placeOf(options);
    const vertical = place.side === 'left' || place.side === 'right' || textAt(options, 'layout') === 'vertical';
    this.element.classList.toggle('cx-side', vertical);
    const align = { left: 'flex-start', right: 'flex-end' }[textAt(options, 'align') ?? ''] ?? 'center';
    const middle = { top: 'flex-start', bottom: 'flex-end' }[textAt(options, 'verticalAlign') ?? ''] ?? 'center';
    this.element.style.justifyContent = vertical ? middle : align;
    this.element.style.alignItems = vertical && place.side !== 'left' && place.side !== 'right' ? align : '';
    if (focused !== undefined) [...this.element.querySelectorAll('button')].find((b) => b.dataset['file'] === focused)?.focus();
    return place;
  }

  #title(options: Options): HTMLElement[] {
    const text = textAt(options, 'title', 'text') ?? '';
    return text === '' ? [] : [element('div', 'cx-legend-title', text)];
  }

  #entry(series: SeriesWindow, hidden: boolean, settings: ChartSettings): HTMLElement {
    const entry = button('', '', () => this.toggle(series.file));
    const { type, options } = resolveAttributes(series, settings);
    const mark = element('span', `cx-mark ${markClass(type)}`);
    if (type === 'candlestick') {
      const { up, down } = candleColors(options, theme(settings.dark));
      mark.style.backgroundImage = `linear-gradient(135deg, ${up} 50%, ${down} 50%)`;
    } else mark.style.backgroundColor = series.color;
    entry.dataset['file'] = series.file;
    entry.title = series.name;
    entry.setAttribute('aria-pressed', String(!hidden));
    entry.append(mark, element('span', '', series.name));
    return entry;
  }
}

function markClass(type: DrawnType): string {
  if (type === 'scatter') return 'cx-round';
  return isArea(type) || isColumnLike(type) || type === 'pie' || type === 'arearange' || type === 'candlestick' ? 'cx-filled' : '';
}

function placeOf(options: Options): LegendPlace {
  const align = textAt(options, 'align');
  const vertical = textAt(options, 'verticalAlign');
  const beside = textAt(options, 'layout') === 'vertical' || vertical === 'middle';
  if (beside && (align === 'left' || align === 'right')) return { side: align };
  return { side: vertical === 'top' ? 'top' : 'bottom' };
}

/** The chart of one page: keeps what is shown, and brings planning, drawing, elements and gestures together. */
import type { ChartEngine, ChartEvents, ChartSettings, Demands, Described, DrawnSeries, Options, Range, SeriesWindow, TrueSample } from '../model/drawing';
import { resolveAttributes } from './attributes';
import { demandsOf } from './demands';
import { element, button } from './dom';
import { type Chart, LABEL_SIZE, missingSeries, open, optionOf } from './echart';
import { drawnExtent } from './extent';
import { Gestures, type Ground } from './gestures';
import { Heading } from './heading';
import { type Inspected, type LayerPicture, Stopwatch } from './inspect';
import { BLEED, Layer } from './layer';
import { overviewHeight } from './layout';
import { Legend, type LegendPlace } from './legend';
import { type Mark, makeMarks, sameAttributes, sameWindows } from './marks';
import { Overview } from './overview';
import { FONT, cssPaint, theme } from './palette';
import { pictureOf } from './picture';
import { type Place, type Plan, planChart } from './plan';
import { RangeSelector, buttonsOf } from './ranges';
import { at, flagAt, numberAt, recordsAt, textAt } from './read';
import { Reading } from './reading';
import { adoptStyle, applyTheme } from './style';
import { formatTime } from './time';
import { makeXAxis } from './axes';
import { formatNumber } from './format';
import { unknownAttributes, unknownOptions } from './vocabulary';
import { type Span, buttonSpan, isWhole } from './zoom';

const EMPTY: ChartSettings = { options: {}, stock: false, dark: false };
/** Columns per device pixel at rest; while the person drags it is one. */
const FINE = 4;

export function createChart(container: HTMLElement, events: ChartEvents): ChartEngine & Inspected {
  adoptStyle();
  return new Engine(container, events);
}

interface Dressed {
  readonly options: Options;
  readonly dark: boolean;
  readonly stock: boolean;
  readonly files: readonly string[];
  readonly place: Place;
}

class Engine implements ChartEngine, Inspected {
  readonly #root = element('div', 'cx');
  readonly #middle = element('div', 'cx-middle');
  readonly #column = element('div', 'cx-column');
  readonly #host = element('div', 'cx-host');
  readonly #canvas = element('div', 'cx-canvas');
  readonly #box = element('div', 'cx-box');
  readonly #credits = element('div', 'cx-credits');
  readonly #reset = button('cx-reset', 'Reset zoom', () => this.#zoom(null, true));
  readonly #heading = new Heading();
  readonly #legend = new Legend((file) => this.#toggle(file));
  readonly #layer = new Layer(document.createElement('canvas'));
  readonly #ranges: RangeSelector;
  readonly #overview: Overview;
  readonly #gestures: Gestures;
  readonly #reading: Reading;

  #echarts: Chart | null = null;
  #ratio = 0;
  #series: readonly SeriesWindow[] = [];
  #whole: readonly SeriesWindow[] = [];
  #settings = EMPTY;
  #range: Range | null = null;
  /** Series that the legend has hidden or shown, against what they say themselves. */
  readonly #toggled = new Map<string, boolean>();
  #hidden: ReadonlySet<string> = new Set();
  #plan: Plan | null = null;
  #drawn: readonly DrawnSeries[] | null = null;
  #notices = '[]';
  /** The person is moving the range. */
  #dragging = false;
  #strip: { readonly series: readonly SeriesWindow[]; readonly settings: Options; readonly marks: readonly Mark[] } | null = null;
  #told: { readonly options: Options; readonly series: readonly SeriesWindow[]; readonly notices: readonly string[] } | null = null;
  readonly #stopwatch = new Stopwatch();
  #selectedApplied = false;
  #frame = 0;
  /** What the elements around the plot were last made for, and the room that they left. */
  #dressed: Dressed | null = null;
  /** Size of the container and its pixels when it was last drawn. */
  #size = '';

  constructor(private readonly container: HTMLElement, private readonly events: ChartEvents) {
    this.#ranges = new RangeSelector((span) => this.#zoom(span, true));
    this.#overview = new Overview((span, settled) => this.#zoom(span, settled));
    this.#host.tabIndex = 0;
    this.#host.setAttribute('role', 'application');
    this.#host.setAttribute('aria-roledescription', 'chart');
    this.#reading = new Reading({
      plan: () => this.#plan, settings: () => this.#settings, echarts: () => this.#echarts, host: this.#host,
      wantsSamples: (files, x) => events.wantsSamples(files, x),
    });
    const { tooltip, spoken } = this.#reading;
    this.#box.hidden = true;
    this.#reset.hidden = true;
    this.#layer.canvas.className = 'cx-layer';
    this.#host.append(this.#canvas, this.#layer.canvas, tooltip.over, this.#box, tooltip.box);
    this.#column.append(this.#host, this.#reset, this.#overview.element);
    this.#middle.append(this.#column);
    this.#root.append(this.#heading.element, this.#ranges.element, this.#middle, this.#legend.element, this.#credits, spoken);
    container.append(this.#root);
    this.#gestures = new Gestures(this.#host, {
      ground: () => this.#ground(),
      range: (span, settled) => this.#zoom(span, settled),
      reset: () => this.#zoom(null, true),
      hover: (px, py) => this.#reading.hover(px, py),
      leave: () => this.#reading.leave(),
      box: (stretch) => this.#showBox(stretch),
      step: (direction) => this.#reading.step(direction),
    });
  }

  draw(series: readonly SeriesWindow[], settings: ChartSettings): void {
    this.#series = series;
    this.#settings = settings;
    this.#chooseAtFirst();
    if (this.#dragging) this.#renderSoon();
    else this.#render();
    this.#want(!this.#dragging);
  }

  drawOverview(series: readonly SeriesWindow[]): void {
    this.#whole = series;
    const plan = this.#plan;
    if (plan !== null && !this.#overview.element.hidden) this.#showOverview(plan, plan.domain.whole ?? plan.shown);
  }

  range(): Range | null {
    return this.#range;
  }

  setRange(range: Range | null): void {
    this.#selectedApplied = true;
    this.#range = range;
    this.#renderSoon();
    this.#want(!this.#dragging);
  }

  demands(series: readonly Described[], settings: ChartSettings): Demands {
    const hidden = hiddenFiles(series, settings, this.#toggled);
    const { width, height } = this.#plan?.plot ?? { width: this.container.clientWidth - 60, height: this.container.clientHeight - 60 };
    const ratio = window.devicePixelRatio || 1;
    const rows = Math.round((this.#plan?.swapped === true ? width : height) * ratio);
    return demandsOf(series.filter((one) => !hidden.has(one.file)), settings, { columns: this.plotWidth(), rows });
  }

  samples(found: readonly TrueSample[]): void {
    this.#reading.samples(found);
  }

  plotWidth(): number {
    const ratio = window.devicePixelRatio || 1;
    const plot = this.#plan?.plot;
    if (plot === undefined) return Math.max(Math.round((this.container.clientWidth - 60) * ratio), 1);
    return Math.round((this.#plan!.swapped ? plot.height : plot.width) * ratio);
  }

  resize(): void {
    if (this.#size === this.#sizeNow() || this.#settings === EMPTY) return;
    this.#render();
    this.#want(true);
  }

  drawn(): readonly DrawnSeries[] {
    this.#drawn ??= this.#plan === null ? [] : describe(this.#plan, this.#series);
    return this.#drawn;
  }

  layer(): LayerPicture | null {
    const plan = this.#plan;
    if (plan === null) return null;
    const { xAxis, yAxes: [y], plot, scene } = plan;
    const { width, height } = plot;
    return { canvas: this.#layer.canvas, ratio: scene.stage.ratio, plot: { left: BLEED, top: BLEED, width, height }, x: [xAxis.min, xAxis.max], y: [y!.min, y!.max] };
  }

  frames(): readonly number[] {
    return this.#stopwatch.spent;
  }

  image(): string {
    const dragging = this.#dragging;
    this.#dragging = false;
    if (this.#frame !== 0 || dragging) this.#render();
    this.#dragging = dragging;
    const ratio = window.devicePixelRatio || 1;
    const canvases = this.#echarts === null ? [] : [...this.#canvas.querySelectorAll('canvas')];
    if (!this.#overview.element.hidden) canvases.push(this.#overview.canvas);
    const paint = textAt(this.#settings.options, 'chart', 'backgroundColor');
    const clear = paint === undefined || paint === 'transparent';
    return pictureOf(this.#root, canvases, clear ? theme(this.#settings.dark).surface : paint, ratio);
  }

  dispose(): void {
    cancelAnimationFrame(this.#frame);
    this.#gestures.dispose();
    this.#echarts?.dispose();
    this.#echarts = null;
    this.#root.remove();
  }

  // -- Drawing -------------------------------------------------------------------------------------------------------

  #render(): void {
    cancelAnimationFrame(this.#frame);
    this.#frame = 0;
    this.#stopwatch.time(() => this.#drawAll());
  }

  #drawAll(): void {
    const place = this.#dragging && this.#dressedAsBefore() ? { ...this.#dressed!.place, draft: true } : this.#dress();
    // A container without a size (a hidden tab) is drawn when it gets one.
    if (place.width < 20 || place.height < 20) return;
    const visible = this.#series.filter((one) => !this.#hidden.has(one.file));
    const plan = planChart(visible, this.#settings, this.#range, place);
    this.#plan = plan;
    this.#drawn = null;
    this.#layer.draw(plan.scene);
    this.#paint(plan, place);
    this.#reading.keep(plan);
    this.#showControls(plan, place);
    if (!this.#dragging) this.#describe();
  }

  /** Whether all around the plot stands as a drag needs it: to touch and measure it again would cost half of a frame. */
  #dressedAsBefore(): boolean {
    const before = this.#dressed;
    const { options, dark, stock } = this.#settings;
    return before !== null && before.options === options && before.dark === dark && before.stock === stock
      && before.files.length === this.#series.length && before.files.every((file, i) => file === this.#series[i]!.file);
  }

  /** Brings everything around the plot up to date, and measures the room that is left. */
  #dress(): Place {
    const { options, dark, stock } = this.#settings;
    this.#size = this.#sizeNow();
    applyTheme(this.#root, theme(dark), dark, textAt(options, 'chart', 'style', 'fontFamily'));
    this.#root.style.background = cssPaint(at(options, 'chart', 'backgroundColor'));
    this.#hidden = hiddenFiles(this.#series, this.#settings, this.#toggled);
    this.#heading.show(options);
    this.#credits.textContent = flagAt(options, 'credits', 'enabled') === false ? '' : textAt(options, 'credits', 'text') ?? '';
    this.#placeLegend(this.#legend.show(this.#series, this.#hidden, this.#settings));
    this.#ranges.element.hidden = !this.#wants('rangeSelector');
    this.#overview.element.hidden = !this.#wants('navigator');
    this.#overview.element.style.height = `${overviewHeight(options) + 16}px`;
    const place = this.#place();
    this.#dressed = { options, dark, stock, files: this.#series.map((one) => one.file), place };
    return place;
  }

  /** At the next frame: gestures come faster than the screen. */
  #renderSoon(): void {
    if (this.#frame !== 0) return;
    this.#frame = requestAnimationFrame(() => this.#render());
  }

  #sizeNow(): string {
    return `${this.container.clientWidth} ${this.container.clientHeight} ${window.devicePixelRatio}`;
  }

  #place(): Place {
    const ratio = window.devicePixelRatio || 1;
    return { width: this.#host.clientWidth, height: this.#host.clientHeight, ratio, draft: this.#dragging, measure: measurer(textAt(this.#settings.options, 'chart', 'style', 'fontFamily') ?? FONT) };
  }

  #paint(plan: Plan, place: Place): void {
    if (this.#echarts === null || this.#ratio !== place.ratio) this.#open(place.ratio);
    const chart = this.#echarts!;
    if (chart.getWidth() !== place.width || chart.getHeight() !== place.height) chart.resize({ width: place.width, height: place.height, silent: true });
    const notices = [...plan.notices, ...this.#optionNotices()];
    const picture = this.#layAlone(plan) ? null : this.#layer.canvas;
    try {
      chart.setOption(optionOf(plan, place, picture), { notMerge: true, silent: true });
    } catch (error) {
      if (this.#settings.options['engine'] === undefined) throw error;
      notices.push(`engine: ${error instanceof Error ? error.message : String(error)}`);
      this.#open(place.ratio);
      const { engine: _, ...options } = this.#settings.options;
      this.#echarts!.setOption(optionOf({ ...plan, settings: { ...plan.settings, options } }, place, picture), { notMerge: true, silent: true });
    }
    this.#tell(notices);
  }

  /** In a draft the picture of the marks lies over the axes by itself: drawing it into theirs takes longer than all the rest. */
  #layAlone({ scene, plot, pies }: Plan): boolean {
    const { canvas } = this.#layer;
    const alone = scene.stage.draft && pies.length === 0 && this.#settings.options['engine'] === undefined;
    canvas.hidden = !alone;
    if (alone) Object.assign(canvas.style, { left: `${plot.left - BLEED}px`, top: `${plot.top - BLEED}px`, width: `${plot.width + 2 * BLEED}px`, height: `${plot.height + 2 * BLEED}px` });
    return alone;
  }

  #open(ratio: number): void {
    this.#echarts?.dispose();
    this.#ratio = ratio;
    this.#echarts = open(this.#canvas, ratio);
    this.#echarts.on('mouseover', { seriesType: 'pie' }, (event) => void this.#reading.hoverSlice(event.seriesIndex ?? 0, event.dataIndex, event.event));
    this.#echarts.on('mouseout', { seriesType: 'pie' }, () => this.#reading.tooltip.hide());
  }

  /** Looked for once for each set of series and options. */
  #optionNotices(): readonly string[] {
    const before = this.#told;
    if (before?.options === this.#settings.options && sameAttributes(before.series, this.#series)) return before.notices;
    const { options } = this.#settings;
    const notices = [...unknownOptions(options), ...unknownAttributes(this.#series), ...colorNotices(this.#series), ...missingSeries(options)];
    this.#told = { options, series: this.#series, notices };
    return notices;
  }

  #tell(notices: readonly string[]): void {
    const list = [...new Set(notices)];
    const key = JSON.stringify(list);
    if (key === this.#notices) return;
    this.#notices = key;
    this.events.notices(list);
  }

  #wants(part: 'rangeSelector' | 'navigator'): boolean {
    return flagAt(this.#settings.options, part, 'enabled') ?? this.#settings.stock;
  }

  #placeLegend(place: LegendPlace): void {
    const legend = this.#legend.element;
    if (legend.dataset['side'] === place.side) return; // moving it would take the focus from its buttons
    legend.dataset['side'] = place.side;
    if (place.side === 'left') this.#middle.prepend(legend);
    else if (place.side === 'right') this.#middle.append(legend);
    else if (place.side === 'top') this.#root.insertBefore(legend, this.#middle);
    else this.#root.insertBefore(legend, this.#credits);
  }

  #showControls(plan: Plan, place: Place): void {
    const { plot, domain, shown } = plan;
    const whole: Span = domain.whole ?? shown;
    const zoomed = this.#range !== null && !isWhole([this.#range.from, this.#range.to], whole);
    this.#reset.hidden = !zoomed || this.#settings.stock || plan.marks.length === 0;
    this.#reset.style.right = `${place.width - plot.left - plot.width + 8}px`;
    this.#reset.style.top = `${plot.top + 8}px`;
    if (!this.#ranges.element.hidden) {
      this.#ranges.show({ options: this.#settings.options, shown, whole, data: domain.data ?? whole, clock: plan.writing.clock, times: domain.kind === 'time' });
    }
    if (!this.#overview.element.hidden) this.#showOverview(plan, whole);
  }

  #showOverview(plan: Plan, whole: Span): void {
    const { domain, writing, swapped } = plan;
    const options = recordsAt(this.#settings.options, 'xAxis')[0] ?? {};
    const yOptions = recordsAt(this.#settings.options, 'yAxis');
    const source = this.#whole.length > 0 ? this.#whole : this.#range === null ? this.#series : [];
    const marks = this.#overviewMarks(source.filter((one) => !this.#hidden.has(one.file)), options, yOptions.length > 0 ? yOptions : [{}]);
    const width = swapped ? this.#host.clientWidth - 28 : plan.plot.width;
    const ticks = makeXAxis(domain, whole, {}, width, false, writing);
    this.#overview.show({
      marks, whole, shown: plan.shown, log: domain.kind === 'log',
      ticks: ticks.ticks.map((value, i) => ({ value, text: ticks.labels[i]! })), left: swapped ? 14 : plan.plot.left, width,
      height: overviewHeight(this.#settings.options), ratio: window.devicePixelRatio || 1, theme: theme(this.#settings.dark),
      say: (x) => (domain.kind === 'time' ? formatTime(writing.clock, writing.locale, '%e %B %Y', x) : formatNumber(writing, x)),
    });
  }

  /** Made anew when something came anew: the strip is painted again then, and not while its window moves. */
  #overviewMarks(series: readonly SeriesWindow[], xOptions: Options, yOptions: readonly Options[]): readonly Mark[] {
    const before = this.#strip;
    if (before?.settings === this.#settings.options && sameWindows(before.series, series)) return before.marks;
    const marks = makeMarks(series, this.#settings, xOptions, yOptions).marks.filter((mark) => mark.type !== 'pie');
    this.#strip = { series, settings: this.#settings.options, marks };
    return marks;
  }

  #describe(): void {
    const { options } = this.#settings;
    const title = textAt(options, 'title', 'text');
    const names = this.#series.filter((one) => !this.#hidden.has(one.file)).map((one) => one.name);
    const own = textAt(options, 'accessibility', 'description');
    const listed = names.length > 8 ? `${names.slice(0, 8).join(', ')} and ${names.length - 8} more` : names.join(', ');
    this.#host.setAttribute('aria-label', own ?? `${title === undefined || title === '' ? 'Chart' : title}: ${listed === '' ? 'no series' : listed}. Arrow keys read values${this.#ground() === null ? '' : ', plus and minus zoom'}.`);
  }

  // -- Visibility ----------------------------------------------------------------------------------------------------

  #toggle(file: string): void {
    this.#toggled.set(file, this.#hidden.has(file));
    this.#render();
    this.#want(true);
  }

  // -- Zoom ----------------------------------------------------------------------------------------------------------

  #ground(): Ground | null {
    const plan = this.#plan;
    if (plan === null || plan.marks.length === 0) return null;
    const { options, stock } = this.#settings;
    const type = zoomType(options);
    const whole: Span = plan.domain.whole ?? plan.shown;
    return {
      plot: plan.plot, swapped: plan.swapped, reversed: plan.swapped ? !plan.xAxis.reversed : plan.xAxis.reversed, shown: plan.shown,
      whole: [Math.min(whole[0], plan.shown[0]), Math.max(whole[1], plan.shown[1])], log: plan.domain.kind === 'log',
      drag: type === 'none' ? 'none' : stock ? 'pan' : 'zoom', wheel: wheelOf(options), zoomable: type !== 'none',
    };
  }

  /** Shows `span`; null, or what covers everything: everything. */
  #zoom(span: Span | null, settled: boolean): void {
    const whole = this.#plan?.domain.whole ?? null;
    const all = span === null || (whole !== null && isWhole(span, whole));
    this.#range = all ? null : { from: span[0], to: span[1] };
    this.#dragging = !settled;
    this.#renderSoon();
    // What is held already is drawn by this, and then not once more.
    this.#want(settled);
    if (settled && this.#frame !== 0) this.#render();
  }

  #want(settled: boolean): void {
    if (this.#plan === null) return;
    this.events.wantsWindow(this.#range, Math.max(1, Math.min(this.plotWidth() * (settled ? FINE : 1), 65_536)), settled);
  }

  /** rangeSelector.selected, once there is something to select from. */
  #chooseAtFirst(): void {
    if (this.#selectedApplied || this.#range !== null || !this.#wants('rangeSelector')) return;
    const chosen = numberAt(this.#settings.options, 'rangeSelector', 'selected');
    const wanted = chosen === undefined ? undefined : buttonsOf(this.#settings.options)[chosen];
    const plan = planChart(this.#series, this.#settings, null, this.#place());
    if (plan.domain.whole === null) return;
    this.#selectedApplied = true;
    if (wanted === undefined || plan.domain.kind !== 'time') return;
    const span = buttonSpan(wanted, plan.domain.whole, plan.domain.whole, plan.writing.clock);
    if (span !== null) this.#range = { from: span[0], to: span[1] };
  }

  #showBox(stretch: Span | null): void {
    const plan = this.#plan;
    this.#box.hidden = stretch === null || plan === null;
    if (stretch === null || plan === null) return;
    const { plot, swapped } = plan;
    this.#box.classList.toggle('cx-swapped', swapped);
    const [left, top, width, height] = swapped ? [plot.left, stretch[0], plot.width, stretch[1] - stretch[0]] : [stretch[0], plot.top, stretch[1] - stretch[0], plot.height];
    Object.assign(this.#box.style, { left: `${left}px`, top: `${top}px`, width: `${width}px`, height: `${height}px` });
  }
}

/** Every visible series as it is drawn, in the order of `series`. */
function describe(plan: Plan, series: readonly SeriesWindow[]): DrawnSeries[] {
  const marks = new Map([...plan.marks, ...plan.pies].map((mark) => [mark.series.file, mark] as const));
  return series.flatMap((one) => {
    const mark = marks.get(one.file);
    if (mark === undefined) return [];
    const [from, to] = mark.type === 'pie' ? [-Infinity, Infinity] : plan.shown;
    return [{ file: one.file, name: one.name, type: mark.type, color: mark.color, ...drawnExtent(mark, from, to) }];
  });
}

/** Series that are not to be seen: by their own word, by the legend's (`toggled`), or with the one that they are linked to. */
function hiddenFiles(series: readonly Described[], settings: ChartSettings, toggled: ReadonlyMap<string, boolean>): Set<string> {
  const hidden = new Set<string>();
  let previous: Described | null = null;
  for (const one of series) {
    const own = resolveAttributes(one, settings).options;
    const linked = textAt(own, 'linkedTo');
    const parent: Described | null = linked === undefined ? null : linked === ':previous' ? previous : series.find((other) => textAt(other.attributes, 'id') === linked || other.name === linked) ?? null;
    const visible = parent !== null && parent !== one ? !hidden.has(parent.file) : toggled.get(one.file) ?? flagAt(own, 'visible') ?? true;
    if (!visible) hidden.add(one.file);
    if (linked === undefined) previous = one;
  }
  return hidden;
}

/** In a frame the wheel belongs to the page around it, which scrolls. */
function wheelOf(options: Options): Ground['wheel'] {
  const asked = flagAt(options, 'chart', 'zooming', 'mouseWheel');
  return asked === undefined ? (window.parent === window ? 'always' : 'control') : asked ? 'always' : 'never';
}

function zoomType(options: Options): 'x' | 'none' {
  const type = at(options, 'chart', 'zooming', 'type');
  const chosen = type === undefined ? at(options, 'chart', 'zoomType') : type;
  return chosen === 'none' || chosen === null ? 'none' : 'x';
}

/** Canvas skips a colour that is none and goes on with the one before: the person should know. */
function colorNotices(series: readonly SeriesWindow[]): string[] {
  return series.filter((one) => !CSS.supports('color', one.color)).map((one) => `“${one.name}”: “${one.color}” is no CSS colour`);
}

let ruler: { readonly font: string; readonly measure: (text: string) => number } | null = null;

/** Widths are remembered: labels come again in every drawing. */
function measurer(font: string): (text: string) => number {
  if (ruler?.font === font) return ruler.measure;
  const pen = document.createElement('canvas').getContext('2d');
  if (pen === null) return (text) => text.length * 7;
  pen.font = `${LABEL_SIZE}px ${font}`;
  const widths = new Map<string, number>();
  const measure = (text: string): number => {
    const known = widths.get(text);
    if (known !== undefined) return known;
    if (widths.size > 5000) widths.clear();
    const { width } = pen.measureText(text);
    widths.set(text, width);
    return width;
  };
  ruler = { font, measure };
  return measure;
}

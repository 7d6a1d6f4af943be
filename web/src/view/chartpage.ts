/** The page of one chart directory: header, chart, settings. Puts model and engine together. */
import { createChart } from '../engine/chart';
import type { Inspected } from '../engine/inspect';
import { cssPaint, isColor, palette } from '../engine/palette';
import type { ChartEngine, ChartSettings, DrawnSeries, Options, Range } from '../model/drawing';
import { chartAddress, type Address } from '../model/address';
import { Api, Refused, Unreachable, type DirectoryApi } from '../model/api';
import { Chart } from '../model/chart';
import type { Series } from '../model/listing';
import { at, isLength } from '../model/options';
import { blank, type Blank } from './blank';
import { el, fill } from './element';
import { exportActions } from './export';
import { Header } from './header';
import { IndexingBar } from './indexing';
import { Messages, type Said } from './messages';
import { Selector } from './selector';
import { SettingsPanel } from './settings';
import { denied, full, gone, missing, statement, type Statement } from './statement';
import { tabShelf } from './tabshelf';

/** What tests read of a page. */
export interface ChartsProbe extends Inspected {
  drawn(): readonly DrawnSeries[];
  selected(): string[];
  updateAvailable(): boolean;
  /** Resolves when nothing is loading or being indexed and the last drawing is on the screen. */
  ready(): Promise<void>;
  range(): Range | null;
  options(): Options;
  /** Names of the series that the server is still indexing. */
  indexing(): string[];
}

/** Columns per device pixel of a window at rest. */
const COLUMNS_AT_REST = 4;

export class ChartPage {
  readonly #root = el('div', { class: 'page' });
  readonly #main = el('main', { class: 'chart', 'aria-label': 'Chart' });
  readonly #plot = el('div', { class: 'plot' });
  readonly #blank = el('div', { class: 'blank', hidden: true });
  readonly #banner = el('div', { class: 'banner', role: 'alert', hidden: true });
  readonly #status = el('div', { class: 'unseen', role: 'status' });
  readonly #messages = new Messages();
  readonly #indexing = new IndexingBar((text) => this.#say(text));
  readonly #dark = matchMedia('(prefers-color-scheme: dark)');
  readonly #api: DirectoryApi;
  readonly #model: Chart;
  readonly #selector: Selector;
  readonly #settings: SettingsPanel;
  readonly #header: Header;
  readonly #engine: ChartEngine & Inspected;
  readonly #waiting: (() => void)[] = [];
  #name: string;
  #notices: readonly string[] = [];
  /** What header and settings were last made from. */
  #shown: readonly unknown[] = [];
  #started = false;
  #drawing = 0;
  #ended = false;

  constructor(private readonly address: Address, segment: string) {
    this.#name = address.name;
    const api = new Api(address.root, address.token);
    this.#api = api.directory(segment);
    this.#selector = new Selector({
      add: (file) => this.#model.add(file),
      remove: (file) => this.#model.remove(file),
    });
    this.#settings = new SettingsPanel({
      apply: (options) => this.#model.apply(options),
      save: (name, options) => this.#model.save(name, options),
      closed: () => this.#settingsClosed(),
    });
    this.#header = new Header(chartAddressOfAll(address), this.#selector.element, {
      update: () => void this.#update(),
      live: () => this.#toggleLive(),
      settings: () => this.#toggleSettings(),
      exports: () => exportActions(this.#name, this.#model, this.#api, this.#engine, (text) => this.#say(text)),
    });
    this.#lay();
    this.#engine = createChart(this.#plot, {
      wantsWindow: (range, columns, settled) => this.#model?.wantsWindow(range, columns, settled),
      wantsSamples: (files, x) => this.#model.wantsSamples(files, x),
      notices: (messages) => {
        this.#notices = [...messages];
        this.#showMessages();
      },
    });
    this.#model = new Chart({
      api: this.#api, segment, view: address.view, shelf: tabShelf(),
      openChannel: (view) => this.#api.live(view),
      columns: () => Math.max(1, Math.round(this.#engine.plotWidth() * COLUMNS_AT_REST)),
      demands: (series, options) => this.#engine.demands(series, { ...this.#chartSettings(), options }),
      samples: (found) => this.#engine.samples(found),
      colors: () => Math.max(1, palette(this.#chartSettings()).length),
      changed: () => this.#changed(),
      draw: () => this.#draw(),
    });
    this.#listen();
    void this.#start(api, segment);
  }

  get probe(): ChartsProbe {
    return {
      drawn: () => this.#engine.drawn(),
      selected: () => this.#model.selection.map(({ file }) => this.#model.listing?.byFile.get(file)?.name ?? file),
      updateAvailable: () => this.#model.updateAvailable,
      ready: () => this.#ready(),
      range: () => this.#engine.range(),
      options: () => this.#model.options,
      indexing: () => this.#model.indexing.map(({ name }) => name),
      frames: () => this.#engine.frames(),
      layer: () => this.#engine.layer(),
    };
  }

  #lay(): void {
    fill(this.#main, el('div', { class: 'progress', 'aria-hidden': 'true' }), this.#plot, this.#blank, this.#indexing.element);
    fill(this.#root, this.#header.element, this.#banner, el('div', { class: 'body' }, this.#main, this.#settings.element), this.#messages.element, this.#status);
    fill(document.body, this.#root);
    document.documentElement.classList.toggle('framed', window.parent !== window);
    this.#title();
  }

  #listen(): void {
    new ResizeObserver(() => this.#engine.resize()).observe(this.#plot);
    this.#watchDensity();
    this.#dark.addEventListener('change', () => {
      this.#draw();
      this.#changed();
    });
    const hurry = (): void => void (document.visibilityState === 'visible' && this.#model.hurry());
    document.addEventListener('visibilitychange', hurry);
    window.addEventListener('online', () => this.#model.hurry());
    window.addEventListener('focus', hurry);
  }

  /** A window that moves to a screen of another density keeps its size: only the density tells. */
  #watchDensity(): void {
    matchMedia(`(resolution: ${window.devicePixelRatio}dppx)`).addEventListener('change', () => {
      this.#engine.resize();
      this.#watchDensity();
    }, { once: true });
  }

  async #start(api: Api, segment: string): Promise<void> {
    this.#root.classList.add('loading');
    try {
      await this.#model.start();
      this.#started = true;
      this.#changed();
    } catch (error) {
      this.#end(this.#reason(error));
      return;
    }
    if (segment.startsWith('~')) await this.#findName(api, segment);
  }

  /** A directory outside the served folder stands under a hash: its name is in the server's list. */
  async #findName(api: Api, segment: string): Promise<void> {
    try {
      const { directories } = await api.folder();
      const own = directories.find((one) => one.segment === segment);
      if (own !== undefined) this.#name = own.path;
    } catch {
      return;
    }
    this.#title();
  }

  #title(): void {
    const title = at(this.#model?.options ?? {}, 'title', 'text');
    const name = this.#name.split('/').pop() ?? this.#name;
    this.#header.name(name, this.#name);
    document.title = typeof title === 'string' && title !== '' ? `${title} · ${name}` : `${name} · charts`;
  }

  #reason(error: unknown): Statement {
    if (this.address.token === null) return denied(this.#name, true);
    if (error instanceof Refused && error.status === 401) return denied(this.#name, false);
    const again = { label: 'Try again', run: () => location.reload() };
    if (error instanceof Unreachable) return { ...gone(this.#name), action: again };
    const text = error instanceof Error ? error.message : String(error);
    if (error instanceof Refused && error.status === 404) return { title: `There is no chart directory “${this.#name}”`, text: 'A script that saves its charts there makes it. Perhaps it has another name, or was removed.', action: again };
    return { title: 'This chart could not be opened', text: sentence(text), action: again };
  }

  #end(reason: Statement): void {
    this.#ended = true;
    this.#model.close();
    fill(document.body, statement(reason));
    document.title = `${reason.title} · charts`;
    this.#settle();
  }

  #chartSettings(): ChartSettings {
    return { options: this.#model?.options ?? {}, stock: this.#model?.view.stock ?? false, dark: this.#dark.matches };
  }

  #colorOf(): (slot: number, series: Series) => string {
    const colors = palette(this.#chartSettings());
    return (slot, series) => {
      const own = series.attributes['color'];
      return isColor(own) ? own : (colors[slot % colors.length] ?? 'gray');
    };
  }

  #draw(): void {
    if (this.#ended) return;
    this.#size();
    const range = this.#model.takeRange();
    if (range !== null) this.#engine.setRange(range);
    const colorOf = this.#colorOf();
    this.#engine.draw(this.#model.windows(colorOf), this.#chartSettings());
    if (this.#model.wantsOverview) this.#engine.drawOverview(this.#model.windows(colorOf, true));
    this.#drawing++;
    const drawing = this.#drawing;
    afterPaint(() => {
      if (drawing === this.#drawing) this.#drawing = 0;
      this.#settle();
    });
  }

  /** Height and width as the options say; without: all the room there is. */
  #size(): void {
    const { options } = this.#model;
    const [height, width] = [at(options, 'chart', 'height'), at(options, 'chart', 'width')];
    this.#plot.style.setProperty('--plot-height', isLength(height) ? `${height}px` : '100%');
    this.#plot.style.setProperty('--plot-width', isLength(width) ? `${width}px` : '100%');
    this.#root.classList.toggle('tall', isLength(height));
    this.#plot.style.background = cssPaint(at(options, 'chart', 'backgroundColor'));
  }

  #changed(): void {
    if (this.#ended) return;
    const model = this.#model;
    const { listing } = model;
    this.#root.classList.toggle('loading', model.loading || !this.#started);
    this.#header.show({ connection: model.connection, live: model.live, updateAvailable: model.updateAvailable, busy: model.loading });
    // Called at every step of a drag: what hangs on selection and listing alone is left as it is.
    const shown = listing === null ? [] : [listing.series, listing.settings, model.selection, model.options, model.settingsName, this.#dark.matches];
    if (listing !== null && shown.some((one, i) => one !== this.#shown[i])) {
      this.#shown = shown;
      const colorOf = this.#colorOf();
      const chips = model.selection.flatMap(({ file, slot }) => {
        const series = listing.byFile.get(file);
        return series === undefined ? [] : [{ file, name: series.name, color: colorOf(slot, series) }];
      });
      this.#selector.show(listing, chips);
      this.#main.setAttribute('aria-label', chips.length === 0 ? 'Chart' : `Chart of ${chips.map((chip) => chip.name).join(', ')}`);
      this.#settings.set(model.options, model.settingsName, listing.settings);
      this.#title();
    }
    this.#showBlank();
    this.#showBanner();
    this.#indexing.show(model.indexing);
    this.#showMessages();
    this.#settle();
  }

  #showBlank(): void {
    const { listing, selection } = this.#model;
    const wanted: Blank | null = listing === null ? null : blank(this.#name, listing, selection.length, (file) => {
      this.#model.add(file);
      this.#selector.focus();
    });
    this.#blank.hidden = wanted === null;
    if (wanted !== null && this.#blank.dataset['key'] !== wanted.key) {
      this.#blank.dataset['key'] = wanted.key;
      fill(this.#blank, wanted.content());
    }
  }

  #showBanner(): void {
    const { connection } = this.#model;
    const wanted = this.#started ? trouble(this.#model, this.#name) : null;
    const key = wanted === null ? '' : connection;
    if ((this.#banner.dataset['key'] ?? '') === key) return;
    this.#banner.dataset['key'] = key;
    this.#banner.hidden = wanted === null;
    if (wanted === null) {
      fill(this.#banner);
      return;
    }
    const { title, text, remedies = [] } = wanted;
    const [first] = remedies;
    fill(this.#banner,
      el('div', { class: 'banner-words' }, el('strong', {}, `${title}.`), ` ${text} `, first === undefined ? null : el('code', {}, first.code)),
      el('button', { type: 'button', class: 'button', on: { click: () => this.#again() } }, 'Try again'));
  }

  #again(): void {
    this.#model.hurry();
    if (this.#model.connection === 'missing') void this.#model.update();
  }

  #showMessages(): void {
    const model = this.#model;
    if (model === undefined) return;
    const said: Said[] = [
      ...(model.trouble === '' ? [] : [{ text: sentence(model.trouble), grave: true }]),
      ...model.failures().map(({ file, name, reason }) => ({ text: `${name} could not be shown: ${without(file, reason)}`, grave: true })),
      ...(model.listing?.broken ?? []).map(({ file, reason }) => ({ text: `${file} is not a series: ${without(file, reason)}`, grave: true })),
      ...[...model.remarks, ...this.#notices].map((text) => ({ text, grave: false })),
    ];
    this.#messages.show(said);
  }

  async #update(): Promise<void> {
    await this.#model.update();
    const count = this.#model.selection.length;
    if (this.#model.trouble === '') this.#say(`Up to date: ${count} series shown`);
  }

  #toggleLive(): void {
    this.#model.setLive(!this.#model.live);
    this.#say(this.#model.live ? 'Live: changes show at once' : 'Live is off: changes wait for Update');
  }

  #toggleSettings(): void {
    if (this.#settings.open) this.#settings.close();
    else {
      this.#header.settingsOpen(true);
      this.#root.classList.add('with-settings');
      this.#settings.show();
    }
  }

  #settingsClosed(): void {
    this.#header.settingsOpen(false);
    this.#root.classList.remove('with-settings');
    this.#header.focusSettings();
  }

  #say(text: string): void {
    this.#status.textContent = text;
  }

  #ready(): Promise<void> {
    return new Promise((resolve) => {
      this.#waiting.push(resolve);
      this.#settle();
    });
  }

  #settle(): void {
    const busy = !this.#ended && (!this.#started || this.#model.unsettled || this.#drawing !== 0);
    if (!busy) for (const resolve of this.#waiting.splice(0)) resolve();
  }
}

/** What a chart that is cut off from its directory says; null where it is not. */
function trouble({ connection, full: detail }: Chart, name: string): Statement | null {
  if (connection === 'full') return full(detail);
  if (connection === 'gone') return gone(name);
  if (connection === 'denied') return denied(name, false);
  return connection === 'missing' ? missing(name) : null;
}

function chartAddressOfAll({ root, token }: Address): string {
  const all = new URL(root);
  if (token !== null) all.hash = new URL(chartAddress(root, '', token)).hash;
  return all.href;
}

/** Calls back when the browser has painted; a hidden page paints nothing, so a timer stands in. */
function afterPaint(done: () => void): void {
  let called = false;
  const once = (): void => {
    if (!called) done();
    called = true;
  };
  requestAnimationFrame(() => requestAnimationFrame(once));
  setTimeout(once, 200);
}

/** The server's reasons begin with the file that they are about. */
function without(file: string, reason: string): string {
  return reason.startsWith(`${file}: `) ? reason.slice(file.length + 2) : reason;
}

function sentence(text: string): string {
  const start = text.charAt(0).toUpperCase() + text.slice(1);
  return /[.!?]$/.test(start) ? start : `${start}.`;
}

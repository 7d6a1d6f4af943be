/** One chart of one directory: what is known, what is shown, what is new. No DOM, no engine; the view listens. */
import type { Demands, Options, Range, SeriesWindow, TrueSample } from './drawing';
import { Refused, Unreachable, type DirectoryApi } from './api';
import { Channel, pause, type Message, type Socket } from './channel';
import { follow } from './follow';
import { isFailure } from './frame';
import { Latest } from './latest';
import { sameContent, withStamps, type Listing, type Series } from './listing';
import { at, effective, equal, type View } from './options';
import { recall, remember, rememberKnown, shelfKey, type Shelf } from './remembered';
import { add, known, MOST_SHOWN, opening, remove, SHOWN_BY_THEMSELVES, update, type Known, type Selection } from './selection';
import { failuresOf, type Failure, indexingOf, windowsOf } from './shown';
import { wantedOf, type Wanted } from './wanted';
import { WindowCache, type Answer } from './windowcache';
import { extentOf, Windows, type Held } from './windows';

/** `lost`: another attempt follows; `full`: too many pages are open; `gone`: the server does not answer; `denied`: it no longer takes the token;
 * `missing`: the directory is not there.
 */
export type Connection = 'connecting' | 'open' | 'lost' | 'full' | 'gone' | 'denied' | 'missing';

export interface ChartSurroundings {
  readonly api: Pick<DirectoryApi, 'listing' | 'view' | 'settings' | 'saveSettings' | 'window' | 'nearest' | 'full'>;
  readonly segment: string;
  /** The view that the address names; null: the newest. */
  readonly view: string | null;
  readonly shelf: Shelf;
  openChannel(view: string | null): Socket;
  /** Columns that a window at rest is cut into. */
  columns(): number;
  /** What the drawing of these series needs beyond windows. */
  demands(series: readonly Series[], options: Options): Demands;
  /** How many colours the palette has. */
  colors(): number;
  /** Anything that is read from the model changed. */
  changed(): void;
  /** The windows or the options changed: draw. */
  draw(): void;
  /** Samples that were asked for have come. */
  samples(found: readonly TrueSample[]): void;
}

/** The revision of a directory that is not there (FORMAT.md, section 6). */
const GONE = 'gone';

/** Milliseconds from an answer about a file that is being indexed to the next question. */
const INDEXING_PAUSE = 150;

/** Whether the same question may well be answered a little later: the server or the network was too busy. */
function isPassing(error: unknown): boolean {
  return error instanceof Unreachable || (error instanceof Refused && (error.status >= 500 || error.status === 408));
}

export class Chart {
  listing: Listing | null = null;
  selection: Selection = [];
  view: View = {};
  viewId: string | null = null;
  /** The options that the chart is drawn with. */
  options: Options = {};
  range: Range | null = null;
  live = false;
  updateAvailable = false;
  connection: Connection = 'connecting';
  /** What the server says of too many pages, while the connection is `full`. */
  full = '';
  /** What failed last, for the person; empty when all is well. */
  trouble = '';
  /** What is to be said about how the chart came to be. */
  remarks: readonly string[] = [];

  /** A range that the engine does not know yet (restored, or following the data), and the last one that it does know. */
  #pendingRange: Range | null = null;
  #engineRange: Range | null = null;
  #settings: Options | null = null;
  #settingsNews = false;
  #known: Known = new Map();
  readonly #cache = new WindowCache();
  /** The newest stamp of each file that is known; none where it has changed since. */
  readonly #stamps = new Map<string, string>();
  /** The shown range, and for the overview everything. */
  readonly #main = this.#windows();
  readonly #whole = this.#windows();
  readonly #samples = new Latest<readonly TrueSample[]>();
  /** The windows that the range was last held against, to see whether the data have grown since. */
  #followed: ReadonlyMap<string, Held> = new Map();
  #asked = '';
  #columns: number | undefined;
  #dragging = false;
  #indexing: ReturnType<typeof setTimeout> | null = null;
  #channel: Channel | null = null;
  #checking: Promise<void> | null = null;
  /** News came while the directory was being compared: the answer may be from before it. */
  #checkAgain = false;
  /** The revision that was heard of last since the update under way began. */
  #heard: string | null = null;
  #updating: Promise<void> | null = null;
  #again = false;
  /** A window was asked for while the server could not be reached. */
  #missed = false;
  /** Questions in a row that had no answer though the channel is open, and the timer of the next one. */
  #unanswered = 0;
  #asking: ReturnType<typeof setTimeout> | null = null;

  constructor(private readonly around: ChartSurroundings) {}

  /** Loads view, settings and listing, then the first windows. Throws Refused or Unreachable: there is no chart then. */
  async start(): Promise<void> {
    const listing = await this.around.api.listing();
    this.viewId = this.around.view ?? listing.views[0] ?? null;
    await this.#loadView();
    this.#settings = await this.#loadSettings(listing);
    this.options = effective(this.view, this.#settings);
    this.listing = listing;
    const before = recall(this.around.shelf, this.#key);
    this.selection = before === null ? opening(listing, this.around.colors())
      : update(before.selection, before.known, listing, this.around.colors());
    this.live = before?.live ?? this.view.live ?? false;
    this.range = this.#pendingRange = before?.range ?? null;
    this.#keep(listing);
    this.#remarkOnDisplay();
    this.around.changed();
    this.#load({});
    this.#channel = new Channel(() => this.around.openChannel(this.viewId), {
      message: (message) => void this.#hear(message),
      opened: () => this.#opened(),
      lost: () => void this.#probe(),
    });
  }

  get loading(): boolean {
    return this.#main.busy || this.#whole.busy || this.#updating !== null;
  }

  /** Series that the server is still indexing, and the share that is done. */
  get indexing(): { name: string; share: number }[] {
    return indexingOf(this.selection, this.listing, this.#main);
  }

  /** Whether more will come without anyone asking for it. */
  get unsettled(): boolean {
    return this.loading || this.#indexing !== null;
  }

  get settingsName(): string {
    return this.view.settings ?? '';
  }

  get wantsOverview(): boolean {
    const asked = at(this.options, 'navigator', 'enabled');
    return typeof asked === 'boolean' ? asked : this.view.stock === true;
  }

  /** Shown series in order, as far as their windows have come. `colorOf` gives the colour of a palette slot. */
  windows(colorOf: (slot: number, series: Series) => string, overview = false): SeriesWindow[] {
    return windowsOf(this.selection, this.listing, (overview ? this.#whole : this.#main).held, colorOf);
  }

  /** Shown series that could not be loaded, and why; the listing names those whose files are broken. */
  failures(): Failure[] {
    return failuresOf(this.selection, this.listing, this.#main);
  }

  add(file: string): void {
    const series = this.listing?.byFile.get(file);
    if (series === undefined) return;
    if (this.selection.length >= MOST_SHOWN) this.trouble = `A chart shows at most ${MOST_SHOWN} series at once.`;
    this.#select(add(this.selection, series, this.around.colors()));
  }

  remove(file: string): void {
    this.#select(remove(this.selection, file));
  }

  /** Brings the chart up to what the directory holds now. Calls during an update lead to one more. */
  update(): Promise<void> {
    if (this.#updating !== null) {
      this.#again = true;
      return this.#updating;
    }
    this.#updating = this.#bringUpToDate().finally(() => {
      this.#updating = null;
      this.around.changed();
      if (this.#again) {
        this.#again = false;
        void this.update();
      }
    });
    this.around.changed();
    return this.#updating;
  }

  setLive(live: boolean): void {
    this.live = live;
    this.#persist();
    this.around.changed();
    if (live) void this.#check();
  }

  /** Draws with other options, until the page is opened anew. */
  apply(options: Options): void {
    const other = at(this.options, 'xAxis', 'type') !== at(options, 'xAxis', 'type');
    this.options = options;
    this.around.changed();
    this.around.draw();
    if (other || (this.wantsOverview && this.#whole.held.size === 0)) this.#load({});
  }

  /** Saves `options` under `name` for every chart that is opened with these settings. Throws what the server refuses. */
  async save(name: string, options: Options): Promise<void> {
    await this.around.api.saveSettings(name, options);
    if (name === this.settingsName) this.#settings = options;
    if (this.listing !== null && !this.listing.settings.includes(name)) {
      this.listing = { ...this.listing, settings: [...this.listing.settings, name].sort() };
    }
    this.apply(options);
  }

  /** The range that the engine is to be told after drawing; null: it keeps its own. Told once. */
  takeRange(): Range | null {
    const range = this.#pendingRange;
    if (range !== null) this.#engineRange = range;
    this.#pendingRange = null;
    return range;
  }

  /** The engine wants the data of `range`. A range of its own from before a pending one (its size changed) does not undo that. */
  wantsWindow(range: Range | null, columns: number, settled: boolean): void {
    const person = this.#pendingRange === null || !equal(range, this.#engineRange);
    const moved = person && !equal(range, this.range);
    if (person) {
      this.range = this.#engineRange = range;
      this.#pendingRange = null;
    }
    if (moved && settled) this.#persist();
    if (this.listing === null || (!moved && this.#asked === this.#keyOf(columns, !settled))) return;
    this.#load({ patient: !settled, dragging: !settled, columns });
  }

  /** Someone reads values at `x`, of series whose windows are reduced: what really stands there is asked for. */
  wantsSamples(files: readonly string[], x: number): void {
    this.#samples.run(async (signal) => {
      const found = await this.around.api.nearest({ series: files, x }, signal);
      return found.flatMap((one) => (isFailure(one) || (one.columns['x']?.length ?? 0) === 0 ? [] : [one]));
    }, true, (found) => this.around.samples(found), () => undefined);
  }

  /** Tries at once to reach the server again. */
  hurry(): void {
    this.#channel?.hurry();
    if (this.#asking !== null) void this.#ask();
  }

  close(): void {
    this.#channel?.close();
    for (const one of [this.#main, this.#whole, this.#samples]) one.cancel();
    if (this.#indexing !== null) clearTimeout(this.#indexing);
    this.#indexing = null;
    if (this.#asking !== null) clearTimeout(this.#asking);
    this.#asking = null;
  }

  get #key(): string {
    return shelfKey(this.around.segment, this.viewId);
  }

  async #loadView(): Promise<void> {
    if (this.viewId === null) return;
    try {
      this.view = await this.around.api.view(this.viewId);
    } catch (error) {
      if (!(error instanceof Refused) || error.status !== 404) throw error;
      this.remarks = [`This chart's view ${this.viewId} is no longer kept; it is drawn with the defaults. Running its script again brings it back.`];
    }
  }

  /** What the view's settings file holds; null where it names none, or one that is not there yet. */
  async #loadSettings(listing: Listing): Promise<Options | null> {
    const name = this.view.settings;
    return name === undefined || !listing.settings.includes(name) ? null : this.around.api.settings(name);
  }

  #select(selection: Selection): void {
    const before = new Set(this.selection.map((one) => one.file));
    this.selection = selection;
    this.#persist();
    this.around.changed();
    if (selection.some((one) => !before.has(one.file))) this.#load({});
    else this.around.draw();
  }

  async #bringUpToDate(): Promise<void> {
    this.#heard = null;
    try {
      const news = this.#settingsNews;
      const listing = await this.around.api.listing();
      this.#listed();
      const settings = news ? await this.#loadSettings(listing) : this.#settings;
      if (news) this.#settingsNews = false;
      if (!equal(settings, this.#settings)) {
        this.#settings = settings;
        this.options = effective(this.view, settings);
      }
      this.selection = update(this.selection, this.#known, listing, this.around.colors());
      this.listing = listing;
      this.updateAvailable = false;
      this.#keep(listing);
      this.trouble = '';
      this.#load({ patient: this.live });
      if (this.#heard !== null && this.#heard !== listing.revision) void this.#check();
    } catch (error) {
      this.#fail(error);
    }
  }

  async #hear(message: Message): Promise<void> {
    if (message.kind === 'changes') this.#heard = message.revision;
    if (message.kind === 'changes' && message.revision === GONE) {
      this.#connected('missing');
      return;
    }
    if (message.kind === 'shown') {
      if (message.view === this.viewId) await this.update();
    } else if (message.kind === 'settings') {
      if (message.name === this.settingsName) await this.#checkSettings();
    } else if (this.listing !== null && (message.revision !== this.listing.revision || this.connection === 'missing')) {
      const grown = message.changes.length > 0 && message.changes.every(({ file, change }) =>
        change === 'appended' && this.listing?.byFile.has(file) === true && this.listing.byFile.get(file)?.kind !== 'empty');
      if (this.live && grown) this.#grow(message.revision, new Set(message.changes.map((one) => one.file)));
      else await this.#check();
    }
  }

  /** Points were appended and nothing else happened: only the windows are asked for again. */
  #grow(revision: string, files: ReadonlySet<string>): void {
    if (this.listing === null) return;
    this.listing = { ...this.listing, revision };
    for (const file of files) this.#stamps.delete(file);
    if (this.selection.some((one) => files.has(one.file))) this.#loadAgain();
  }

  /** Settings that this page saved itself come back as news too: what counts is whether they differ. */
  async #checkSettings(): Promise<void> {
    try {
      if (equal(await this.around.api.settings(this.settingsName), this.#settings)) return;
    } catch (error) {
      this.#fail(error);
      return;
    }
    this.#settingsNews = true;
    await this.#announce();
  }

  /** Compares the directory with what the chart holds. Where Update is marked already there is nothing to find out. */
  #check(): Promise<void> {
    if (this.updateAvailable && !this.live && this.connection !== 'missing') return Promise.resolve();
    if (this.#checking !== null) this.#checkAgain = true;
    this.#checking ??= this.#compareAll().finally(() => (this.#checking = null));
    return this.#checking;
  }

  async #compareAll(): Promise<void> {
    do {
      this.#checkAgain = false;
      await this.#compare();
    } while (this.#checkAgain && !this.updateAvailable);
  }

  async #compare(): Promise<void> {
    if (this.live) return this.update();
    try {
      const listing = await this.around.api.listing();
      this.#listed();
      if (this.listing !== null && !sameContent(this.listing, listing)) await this.#announce();
    } catch (error) {
      this.#fail(error);
    }
  }

  /** The directory is there; whatever was the matter with listing it is over. */
  #listed(): void {
    if (this.connection === 'missing' || (this.connection === 'gone' && this.#channel?.open === true)) this.connection = 'open';
    this.trouble = '';
    this.#unanswered = 0;
    this.around.changed();
  }

  async #announce(): Promise<void> {
    if (this.live) return this.update();
    this.updateAvailable = true;
    this.around.changed();
  }

  #windows(): Windows {
    return new Windows(this.#cache, {
      window: (request, signal) => this.around.api.window(request, signal),
      came: (answers) => {
        for (const { frames } of answers) for (const { file, stamp } of frames.values()) this.#stamps.set(file, stamp);
      },
      stampOf: (file) => this.#stamps.get(file),
    });
  }

  #load(how: { patient?: boolean; dragging?: boolean; columns?: number }): void {
    if (this.listing === null) return;
    const { patient = false, dragging = false, columns = this.around.columns() } = how;
    const wanted = this.#wanted(this.range, columns);
    [this.#columns, this.#dragging, this.#asked] = [columns, dragging, this.#keyOf(columns, dragging)];
    if (wanted.series.length === 0) {
      this.#main.clear();
      this.#whole.clear();
      this.around.changed();
      this.around.draw();
      return;
    }
    const nearer = this.#main.want(wanted, { patient, settled: !dragging }, {
      done: (answers) => this.#arrived(wanted, answers, dragging),
      failed: (error) => this.#failLoading(error),
    });
    if (this.wantsOverview && this.range !== null) this.#loadWhole(patient, columns, dragging);
    // Meanwhile what looks most like it: from a wider window, or from one that was shown before.
    if (nearer && this.#main.busy) this.around.draw();
    this.around.changed();
  }

  /** The same window once more: also in the middle of a drag. */
  #loadAgain(): void {
    this.#load({ patient: true, dragging: this.#dragging, ...(this.#dragging && this.#columns !== undefined && { columns: this.#columns }) });
  }

  #loadWhole(patient: boolean, columns: number, dragging: boolean): void {
    const before = this.#whole.held;
    this.#whole.want(this.#wanted(null, columns), { patient, settled: !dragging }, {
      done: () => {
        this.#pollIndexing();
        if (this.#whole.held === before) return;
        this.around.draw();
        this.around.changed();
      },
      failed: (error) => this.#failLoading(error),
    });
  }

  #failLoading(error: unknown): void {
    if (isPassing(error)) this.#missed = true;
    this.#fail(error);
  }

  #wanted(range: Range | null, columns: number): Wanted {
    const x = at(this.options, 'xAxis', 'type') === 'logarithmic' ? 'logarithmic' : 'linear';
    const shown = this.selection.flatMap(({ file }) => this.listing?.byFile.get(file) ?? []);
    return wantedOf(this.selection.map((one) => one.file), range, columns, x, this.around.demands(shown, this.options));
  }

  /** What is asked for, as text: the same is not asked for twice. */
  #keyOf(columns: number, dragging: boolean): string {
    return JSON.stringify([this.#wanted(this.range, columns), dragging]);
  }

  #arrived(wanted: Wanted, answers: readonly Answer[], dragging: boolean): void {
    if (wanted.from === null) this.#whole.adopt(this.#main);
    this.#noteStamps(answers);
    this.trouble = '';
    // What has come is drawn all the same: data that grow faster than windows travel would else never show.
    if (!(dragging && this.live) && this.#followData()) this.#load({ patient: true });
    this.around.draw();
    this.#pollIndexing();
    this.around.changed();
  }

  /** Asks again for what is being indexed, a little after each answer. */
  #pollIndexing(): void {
    const coarse = [this.#main, this.#whole].some((one) => indexingOf(this.selection, this.listing, one).length > 0);
    if (!coarse || this.#indexing !== null) return;
    this.#indexing = setTimeout(() => {
      this.#indexing = null;
      if (!this.#main.busy && !this.#whole.busy) this.#loadAgain();
      this.around.changed();
    }, INDEXING_PAUSE);
  }

  /** Live, moves a range that touched the data's edge along with it; whether it did. */
  #followData(): boolean {
    const before = this.#followed;
    const now = (this.#followed = this.#main.held);
    if (!this.live) return false;
    const moved = follow(this.range, extentOf(before, now), extentOf(now, before));
    if (moved === this.range) return false;
    this.range = this.#pendingRange = moved;
    return true;
  }

  /** A window may show a newer state than the listing. Live, that is the state now; else Update is marked. */
  #noteStamps(answers: readonly Answer[]): void {
    if (this.listing === null) return;
    const stamps = new Map(answers.flatMap(({ frames }) => [...frames.values()].map((frame) => [frame.file, frame.stamp] as const)));
    const newer = [...stamps].some(([file, stamp]) => this.listing?.byFile.get(file)?.stamp !== stamp);
    if (newer && this.live) this.listing = withStamps(this.listing, this.listing.revision, stamps);
    else if (newer) void this.#check();
  }

  async #probe(): Promise<void> {
    if (this.connection === 'open' || this.connection === 'connecting') this.#connected('lost');
    try {
      const listing = await this.around.api.listing();
      const full = await this.around.api.full();
      this.full = full ?? '';
      if (this.connection !== 'open') this.#connected(full === null ? 'lost' : 'full');
      if (this.listing !== null && !sameContent(this.listing, listing)) await this.#announce();
    } catch (error) {
      if (this.connection !== 'open') this.#fail(error);
    }
  }

  #opened(): void {
    this.#connected('open');
    if (!this.#missed) return;
    this.#missed = false;
    this.#load({});
  }

  #connected(connection: Connection): void {
    this.connection = connection;
    this.around.changed();
  }

  #fail(error: unknown): void {
    if (error instanceof Unreachable) this.connection = 'gone';
    else if (error instanceof Refused && error.status === 401) this.connection = 'denied';
    else if (error instanceof Refused && error.status === 404) this.connection = 'missing';
    else this.trouble = error instanceof Error ? error.message : String(error);
    // While the channel is open nothing else would ask again: the news that this was about came already.
    if (isPassing(error) && this.#channel?.open === true) this.#asking ??= setTimeout(() => void this.#ask(), pause(this.#unanswered++, Math.random()));
    this.around.changed();
  }

  /** Asks again for what was not answered. */
  async #ask(): Promise<void> {
    if (this.#asking !== null) clearTimeout(this.#asking);
    this.#asking = null;
    try {
      const listing = await this.around.api.listing();
      this.#listed();
      if (this.listing !== null && !sameContent(this.listing, listing)) await this.#announce();
    } catch (error) {
      this.#fail(error);
      return;
    }
    if (this.#missed) this.#opened();
  }

  #remarkOnDisplay(): void {
    const wanted = this.listing?.series.filter((one) => one.display).length ?? 0;
    if (wanted <= SHOWN_BY_THEMSELVES) return;
    this.remarks = [...this.remarks, `${SHOWN_BY_THEMSELVES} of ${wanted} series are shown; the others wait in the selector.`];
  }

  #keep(listing: Listing): void {
    this.#known = known(listing);
    this.#stamps.clear();
    for (const { file, stamp } of listing.series) this.#stamps.set(file, stamp);
    rememberKnown(this.around.shelf, this.#key, this.#known);
    this.#persist();
  }

  #persist(): void {
    if (this.listing === null) return;
    const { selection, range, live } = this;
    remember(this.around.shelf, this.#key, { selection, range, live: live === (this.view.live ?? false) ? null : live });
  }
}

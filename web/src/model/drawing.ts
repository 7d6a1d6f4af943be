/** What the page tells the engine and what the engine tells the page. No DOM, no echarts. */

/** x value: milliseconds since 1970 UTC for times, else plain numbers. */
export type X = number;

/** A record in the options vocabulary (options.schema.json). */
export type Options = Record<string, unknown>;

export type Kind = 'y' | 'xy' | 'range' | 'ohlc' | 'named' | 'points' | 'empty';

/** What is known of a series before any point of it. */
export interface Described {
  readonly file: string;
  readonly name: string;
  readonly kind: Kind;
  /** The series' own attributes in the options vocabulary (type, yAxis, xtype, …). */
  readonly attributes: Options;
}

/** What a drawing needs of the server beyond windows: sums of stacks, and counts of points (FORMAT.md, section 5). */
export interface Demands {
  /** Files that stand on each other, the lowest first. */
  readonly stacks: readonly (readonly string[])[];
  /** Files that are drawn as points, and the grid of device pixels that they are drawn on. */
  readonly bins: Bins | null;
}

export interface Bins {
  readonly series: readonly string[];
  readonly columns: number;
  readonly rows: number;
  readonly low: number | null;
  readonly high: number | null;
}

/** The grid that binned points were counted in: values of its edges. */
export interface Grid {
  readonly columns: number;
  readonly rows: number;
  readonly x: readonly [number, number];
  readonly y: readonly [number, number];
}

/** One series as it is to be drawn: its identity, attributes, and the columns of the window that the server gave. */
export interface SeriesWindow extends Described {
  readonly stamp: string;
  /** CSS colour that the selector shows for it. */
  readonly color: string;
  /** Typed columns by role: x, y, low, high, open, close, count. */
  readonly columns: Readonly<Record<string, Float64Array>>;
  /** Text columns by role: label, point (JSON of the record). */
  readonly texts: Readonly<Record<string, readonly string[]>>;
  readonly raw: boolean;
  readonly sorted: boolean;
  /** Share of the file that is indexed; null: all. Until then the points are samples from all over it. */
  readonly progress: number | null;
  /** y holds the sums of its stack up to itself. */
  readonly stacked: boolean;
  /** Not null: x and y are the middles of bins of this grid, the column count how many points each holds. */
  readonly bins: Grid | null;
  /** Points in the whole series. */
  readonly count: number;
  /** Range of the whole series; null when it has no point. */
  readonly extent: { readonly x: readonly [number, number] | null; readonly y: readonly [number, number] | null };
}

/** The range of x that is shown; null: everything. */
export interface Range {
  readonly from: X;
  readonly to: X;
}

/** How a chart is to look: effective options (defaults, settings, view merged) and the view's own flags. */
export interface ChartSettings {
  readonly options: Options;
  readonly stock: boolean;
  readonly dark: boolean;
}

/** One series as it is drawn now, for tests and for the accessible description. */
export interface DrawnSeries {
  readonly file: string;
  readonly name: string;
  readonly type: string;
  readonly color: string;
  /** Points (or vertices) handed to the drawing. */
  readonly points: number;
  readonly x: readonly [number, number] | null;
  readonly y: readonly [number, number] | null;
}

/** One sample as it stands in its file. */
export interface TrueSample {
  readonly file: string;
  readonly stamp: string;
  /** By role, as in a window, of one row. */
  readonly columns: Readonly<Record<string, Float64Array>>;
}

export interface ChartEvents {
  /** The person zoomed or panned, or the plot's size changed: data of `range` in `columns` columns is wanted.
   * `settled` is false during a drag (1 column per device pixel) and true at rest (4 columns per device pixel). */
  wantsWindow(range: Range | null, columns: number, settled: boolean): void;
  /** Someone reads values at x of series whose windows do not hold every sample. */
  wantsSamples(files: readonly string[], x: X): void;
  /** Notices for the person: options understood nowhere (by path), times over plain numbers, and the like. Replaces the earlier list. */
  notices(messages: readonly string[]): void;
}

export interface ChartEngine {
  /** Draws `series` in order, as `settings` say. Keeps the zoom. */
  draw(series: readonly SeriesWindow[], settings: ChartSettings): void;
  /** The whole-range windows of the same series for the overview strip (stock). */
  drawOverview(series: readonly SeriesWindow[]): void;
  /** What the drawing of `series` needs beyond windows. */
  demands(series: readonly Described[], settings: ChartSettings): Demands;
  /** Samples that were asked for: they are read instead of the vertices near them. */
  samples(found: readonly TrueSample[]): void;
  /** What is shown now. */
  range(): Range | null;
  setRange(range: Range | null): void;
  /** Device pixels across the plot. */
  plotWidth(): number;
  resize(): void;
  drawn(): readonly DrawnSeries[];
  /** The chart as a PNG data URL. */
  image(): string;
  dispose(): void;
}

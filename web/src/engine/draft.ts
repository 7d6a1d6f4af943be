/**
 * Lines while the person drags: filled column by column of device pixels into memory. Where a browser strokes paths without
 * a graphics card, thousands of round joins take a tenth of a second; this takes a millisecond, and looks the same but for
 * the smoothing of upright edges. At rest lines are stroked.
 */
import type { Track } from './lines';
import type { Pen } from './pen';

/** Values of one axis to pixels of the page: what is subtracted first keeps the digits of times. */
export interface Line {
  readonly least: number;
  readonly factor: number;
  readonly start: number;
}

const AS_IT_IS: Line = { least: 0, factor: 1, start: 0 };

interface Box {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

/** Columns that are filled together: as many pixels as a line of the processor's cache has. */
const STRIP = 16;

/** A line: its highest and lowest place in each column, with `margin` columns beyond both edges. */
interface Waiting {
  readonly low: Float32Array;
  readonly high: Float32Array;
  readonly half: number;
  readonly margin: number;
  readonly rgb: number;
  /** How far the round pen reaches up and down in the columns beside its middle. */
  readonly reach: Float64Array;
}

/** The pixels of one box, used again for every drawing. */
export class Draft {
  readonly width: number;
  readonly height: number;
  /** As ImageData has them: red, green, blue, opacity. */
  readonly bytes: Uint8ClampedArray<ArrayBuffer>;
  readonly image: ImageData | null;
  readonly #pixels: Uint32Array;
  /** Lines that wait to be filled, and how many of them there are: their memory is used again. */
  readonly #lines: Waiting[] = [];
  #count = 0;

  constructor(readonly box: Box, readonly ratio: number) {
    this.width = Math.max(Math.round(box.width * ratio), 1);
    this.height = Math.max(Math.round(box.height * ratio), 1);
    this.bytes = new Uint8ClampedArray(4 * this.width * this.height);
    this.#pixels = new Uint32Array(this.bytes.buffer);
    this.image = typeof ImageData === 'undefined' ? null : new ImageData(this.bytes, this.width, this.height);
  }

  fits(box: Box, ratio: number): boolean {
    return ratio === this.ratio && box.left === this.box.left && box.top === this.box.top && box.width === this.box.width && box.height === this.box.height;
  }

  clear(): void {
    this.#pixels.fill(0);
    this.#count = 0;
  }

  /** Adds the track, values that `x` and `y` turn into pixels, as a line of `width` pixels of the page; `color` is opaque. */
  line(track: Track, width: number, color: readonly [number, number, number], x: Line = AS_IT_IS, y: Line = AS_IT_IS): void {
    const half = (width * this.ratio) / 2;
    const margin = Math.ceil(half + 0.5);
    const line = this.#next(this.width + 2 * margin, half, margin, color);
    this.#trace(line, track, x, y);
  }

  /** Draws the lines that were added, in their order. A strip of columns at a time: its pixels stay in the processor's cache for all of them. */
  paint(): void {
    for (let first = 0; first < this.width; first += STRIP) {
      const end = Math.min(first + STRIP, this.width);
      for (let i = 0; i < this.#count; i++) this.#fill(this.#lines[i]!, first, end);
    }
    this.#count = 0;
  }

  #next(length: number, half: number, margin: number, color: readonly [number, number, number]): Waiting {
    const kept = this.#lines[this.#count];
    const low = kept?.low.length === length ? kept.low.fill(Infinity) : new Float32Array(length).fill(Infinity);
    const high = kept?.high.length === length ? kept.high.fill(-Infinity) : new Float32Array(length).fill(-Infinity);
    const rgb = (color[0] | (color[1] << 8) | (color[2] << 16)) >>> 0;
    const reach = Float64Array.from({ length: 2 * margin + 1 }, (_, i) => Math.sqrt(Math.max(half * half - (i - margin) ** 2, 0)));
    return (this.#lines[this.#count++] = { low, high, half, margin, rgb, reach });
  }

  #trace({ low, high, margin }: Waiting, track: Track, x: Line, y: Line): void {
    const { u, v, start, end } = track;
    const { ratio } = this;
    const left = (x.start - this.box.left) * ratio + margin;
    const top = (y.start - this.box.top) * ratio;
    const across = x.factor * ratio;
    const along = y.factor * ratio;
    const { least: firstX } = x;
    const { least: firstY } = y;
    let x0 = NaN;
    let y0 = NaN;
    for (let i = start; i < end; i++) {
      const x1 = left + across * (u[i]! - firstX);
      const y1 = top + along * (v[i]! - firstY);
      // After a gap the line begins anew: a lone sample is a dot.
      if (x0 !== x0 || y0 !== y0) segment(low, high, x1, y1, x1, y1);
      else if (x1 >= x0) segment(low, high, x0, y0, x1, y1);
      else segment(low, high, x1, y1, x0, y0);
      x0 = x1;
      y0 = y1;
    }
  }

  /** Columns [first, end) get what the round pen covers of them, from the line in them and beside them. */
  #fill({ low, high, half, margin, rgb, reach }: Waiting, first: number, end: number): void {
    // The columns beside that cover this one wholly; the next ones cover `part` of it, their edge running through it.
    const inner = Math.max(Math.floor(half - 0.5), 0);
    const part = Math.min(Math.max(half - 0.5 - inner, 0), 1);
    const thin = Math.min(2 * half, 1);
    for (let x = first; x < end; x++) {
      let top = Infinity;
      let bottom = -Infinity;
      for (let d = margin - inner; d <= margin + inner; d++) {
        const a = low[x + d]! - reach[d]!;
        const b = high[x + d]! + reach[d]!;
        if (a < top) top = a;
        if (b > bottom) bottom = b;
      }
      if (part > 0.01) {
        const edge = reach[margin + inner + 1]!;
        const partTop = Math.min(low[x + margin - inner - 1]!, low[x + margin + inner + 1]!) - edge;
        const partBottom = Math.max(high[x + margin - inner - 1]!, high[x + margin + inner + 1]!) + edge;
        this.#span(x, partTop, Math.min(partBottom, top), rgb, part * thin);
        if (bottom > top) this.#span(x, Math.max(partTop, bottom), partBottom, rgb, part * thin);
      }
      this.#span(x, top, bottom, rgb, thin);
    }
  }

  #span(x: number, top: number, bottom: number, rgb: number, cover: number): void {
    if (!(bottom > top) || bottom <= 0 || top >= this.height) return;
    const first = Math.max(Math.floor(top), 0);
    const last = Math.min(Math.ceil(bottom), this.height) - 1;
    const width = this.width;
    if (first === last || cover < 1) {
      for (let y = first; y <= last; y++) this.#blend(y * width + x, rgb, cover * (Math.min(bottom, y + 1) - Math.max(top, y)));
      return;
    }
    const pixels = this.#pixels;
    const opaque = (rgb | 0xff000000) >>> 0;
    this.#blend(first * width + x, rgb, Math.min(first + 1 - top, 1));
    for (let o = (first + 1) * width + x, end = last * width; o < end; o += width) pixels[o] = opaque;
    this.#blend(last * width + x, rgb, Math.min(bottom - last, 1));
  }

  #blend(place: number, rgb: number, cover: number): void {
    const under = this.#pixels[place]!;
    if (under === 0 || cover >= 1) {
      this.#pixels[place] = (rgb | (Math.round(Math.min(cover, 1) * 255) << 24)) >>> 0;
      return;
    }
    const below = ((under >>> 24) / 255) * (1 - cover);
    const opacity = cover + below;
    const red = ((rgb & 255) * cover + (under & 255) * below) / opacity;
    const green = (((rgb >>> 8) & 255) * cover + ((under >>> 8) & 255) * below) / opacity;
    const blue = (((rgb >>> 16) & 255) * cover + ((under >>> 16) & 255) * below) / opacity;
    this.#pixels[place] = (Math.round(red) | (Math.round(green) << 8) | (Math.round(blue) << 16) | (Math.round(opacity * 255) << 24)) >>> 0;
  }
}

/** From left to right; of NaN nothing. */
function segment(low: Float32Array, high: Float32Array, x0: number, y0: number, x1: number, y1: number): void {
  const from = Math.max(Math.floor(x0), 0);
  const to = Math.min(Math.floor(x1), low.length - 1);
  const slope = x1 > x0 ? (y1 - y0) / (x1 - x0) : 0;
  for (let c = from; c <= to; c++) {
    const enter = c <= x0 ? y0 : y0 + slope * (c - x0);
    const leave = c + 1 >= x1 ? y1 : y0 + slope * (c + 1 - x0);
    if (enter < low[c]!) low[c] = enter;
    if (leave < low[c]!) low[c] = leave;
    if (enter > high[c]!) high[c] = enter;
    if (leave > high[c]!) high[c] = leave;
  }
}

let kept: Draft | null = null;
let scratch: { readonly canvas: HTMLCanvasElement; readonly pen: CanvasRenderingContext2D } | null = null;
const colors = new Map<string, readonly [number, number, number] | null>();

/** An empty draft of the box. */
export function draftOf(box: Box, ratio: number): Draft {
  if (kept?.fits(box, ratio) === true) kept.clear();
  else kept = new Draft(box, ratio);
  return kept;
}

/** Lays the draft over what has been drawn. Where that is nothing yet, it is put `there`, in device pixels, as it is. */
export function layDraft(pen: Pen, draft: Draft, there: { readonly x: number; readonly y: number } | null): void {
  draft.paint();
  if (draft.image === null) return;
  if (there !== null) return pen.putImageData(draft.image, there.x, there.y);
  const own = scratchOf();
  if (own === null) return;
  if (own.canvas.width !== draft.width || own.canvas.height !== draft.height) {
    own.canvas.width = draft.width;
    own.canvas.height = draft.height;
  }
  own.pen.putImageData(draft.image, 0, 0);
  pen.drawImage(own.canvas, draft.box.left, draft.box.top, draft.width / draft.ratio, draft.height / draft.ratio);
}

function scratchOf(): typeof scratch {
  if (scratch !== null || typeof document === 'undefined') return scratch;
  const canvas = document.createElement('canvas');
  const pen = canvas.getContext('2d', { willReadFrequently: true });
  return (scratch = pen === null ? null : { canvas, pen });
}

/** Red, green and blue of a CSS colour; null where it is none, or not opaque. */
export function opaqueColor(color: string): readonly [number, number, number] | null {
  const known = colors.get(color);
  if (known !== undefined) return known;
  const canvas = typeof document === 'undefined' ? null : document.createElement('canvas');
  const pen = canvas?.getContext('2d') ?? null;
  if (pen === null) return null;
  pen.fillStyle = color;
  pen.fillRect(0, 0, 1, 1);
  const [r, g, b, a] = pen.getImageData(0, 0, 1, 1).data;
  const read = a === 255 ? ([r!, g!, b!] as const) : null;
  colors.set(color, read);
  return read;
}

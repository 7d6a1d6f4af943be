/** Many points as a picture: each device pixel as strong as the logarithm of how many points it holds. */
import type { Mark } from './marks';
import type { Stage } from './paint';
import type { Pen } from './pen';
import { type Scale, toPixel } from './scale';

/** Opacity of a pixel that holds one point. */
const FAINTEST = 0.3;

/** How many points each device pixel of a pane holds, row by row. */
export interface Density {
  readonly counts: Float32Array;
  readonly width: number;
  readonly height: number;
  readonly most: number;
}

/** Bins that lie across pixels are shared out among them, so that no stripes come from their rounding. */
export function densityOf(mark: Mark, stage: Stage): Density {
  const pane = stage.panes[mark.yAxis]!;
  const [width, height] = [Math.max(Math.round(pane.width * stage.ratio), 1), Math.max(Math.round(pane.height * stage.ratio), 1)];
  const counts = new Float32Array(width * height);
  const grid = mark.series.bins;
  const bins = mark.series.columns['count'];
  if (grid === null || bins === undefined) return { counts, width, height, most: 0 };
  const [across, along] = [(scale: Scale, value: number) => (toPixel(scale, value) - pane.left) * stage.ratio, (scale: Scale, value: number) => (toPixel(scale, value) - pane.top) * stage.ratio];
  const [u, v] = stage.swapped ? [along, across] : [across, along];
  const halfU = Math.abs(u(stage.x, grid.x[1]) - u(stage.x, grid.x[0])) / grid.columns / 2;
  const halfValue = (grid.y[1] - grid.y[0]) / grid.rows / 2;
  const scale = stage.y[mark.yAxis]!;
  for (let i = 0; i < bins.length; i++) {
    const middle = u(stage.x, mark.x[i]!);
    const [a, b] = [v(scale, mark.y[i]! - halfValue), v(scale, mark.y[i]! + halfValue)];
    const [low, high] = a < b ? [a, b] : [b, a];
    if (stage.swapped) share(counts, width, height, low, high, middle - halfU, middle + halfU, bins[i]!);
    else share(counts, width, height, middle - halfU, middle + halfU, low, high, bins[i]!);
  }
  let most = 0;
  for (const count of counts) if (count > most) most = count;
  return { counts, width, height, most };
}

/** Edges within this of a whole pixel lie on it: rounding of doubles. */
const NEAR = 0.02;

function share(counts: Float32Array, width: number, height: number, left: number, right: number, top: number, bottom: number, count: number): void {
  if (!(right >= 0 && left <= width && bottom >= 0 && top <= height)) return;
  const [l, r] = stretch(left, right);
  const [t, b] = stretch(top, bottom);
  const part = count / ((r - l) * (b - t));
  for (let y = Math.max(Math.floor(t), 0); y < Math.min(b, height); y++) {
    const tall = Math.min(b, y + 1) - Math.max(t, y);
    for (let x = Math.max(Math.floor(l), 0); x < Math.min(r, width); x++) {
      counts[y * width + x]! += part * tall * (Math.min(r, x + 1) - Math.max(l, x));
    }
  }
}

function stretch(from: number, to: number): [number, number] {
  const snapped = (edge: number): number => (Math.abs(edge - Math.round(edge)) < NEAR ? Math.round(edge) : edge);
  const [a, b] = [snapped(from), snapped(to)];
  return b - a > 1e-6 ? [a, b] : [Math.floor(a), Math.floor(a) + 1];
}

/** Opacity of `count` points among at most `most`, 0 to 255. */
export function opacityOf(count: number, most: number): number {
  if (count <= 0) return 0;
  const share = most <= 1 ? 1 : Math.min(Math.log1p(count) / Math.log1p(most), 1);
  const whole = Math.min(count, 1);
  return Math.round(255 * whole * (FAINTEST + (1 - FAINTEST) * share));
}

/** One canvas for all pictures: each is drawn before the next is made. */
let scratch: HTMLCanvasElement | null = null;

export function drawDensity(pen: Pen, mark: Mark, stage: Stage): void {
  const { counts, width, height, most } = densityOf(mark, stage);
  if (most === 0 || typeof document === 'undefined') return;
  scratch ??= document.createElement('canvas');
  scratch.width = width;
  scratch.height = height;
  const own = scratch.getContext('2d');
  if (own === null) return;
  const image = own.createImageData(width, height);
  for (let i = 0; i < counts.length; i++) if (counts[i]! > 0) image.data[4 * i + 3] = opacityOf(counts[i]!, most);
  own.putImageData(image, 0, 0);
  own.globalCompositeOperation = 'source-in';
  own.fillStyle = mark.color;
  own.fillRect(0, 0, width, height);
  const pane = stage.panes[mark.yAxis]!;
  pen.imageSmoothingEnabled = false;
  pen.drawImage(scratch, pane.left, pane.top, width / stage.ratio, height / stage.ratio);
}

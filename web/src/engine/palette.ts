/** Colours: of series, and of everything around them in light and dark. */
import type { ChartSettings, Options } from '../model/drawing';
import { isRecord, listAt } from './read';

/** Hues after Okabe and Ito, in an order and with lightness that keep neighbours apart for colour-blind eyes. */
const LIGHT = ['#0a6ebd', '#e0731d', '#0f9d77', '#c2438b', '#5b4bb7', '#c79a00', '#3aa6dd', '#b3312c', '#6b7a1e', '#6f6f78'] as const;
const DARK = ['#4ba3f0', '#f79646', '#2fc79c', '#ec79b9', '#9d8ff2', '#e8c13a', '#7fd0f7', '#f0716b', '#b3c353', '#a9a9b4'] as const;

/** The colours that series take in the order of their index. */
export function palette(settings: ChartSettings): readonly string[] {
  const own = listAt(settings.options, 'colors').filter(isColor);
  if (own.length > 0) return own;
  return settings.dark ? DARK : LIGHT;
}

/** What is not data. */
export interface Theme {
  readonly text: string;
  readonly muted: string;
  readonly line: string;
  readonly grid: string;
  readonly surface: string;
  readonly raised: string;
  readonly crosshair: string;
  readonly accent: string;
  readonly up: string;
  readonly down: string;
  readonly shade: string;
}

const LIGHT_THEME: Theme = {
  text: '#1f2430', muted: '#5d6575', line: '#c3c8d2', grid: '#e8eaef', surface: '#ffffff', raised: 'rgba(255,255,255,0.97)',
  crosshair: 'rgba(60,68,86,0.45)', accent: '#0a6ebd', up: '#0f9d77', down: '#d1493f', shade: 'rgba(10,110,189,0.10)',
};

const DARK_THEME: Theme = {
  text: '#e8eaf0', muted: '#a2a9b8', line: '#4a5162', grid: '#2b303b', surface: '#171a21', raised: 'rgba(34,38,48,0.97)',
  crosshair: 'rgba(200,206,220,0.45)', accent: '#4ba3f0', up: '#2fc79c', down: '#f0716b', shade: 'rgba(75,163,240,0.14)',
};

export function theme(dark: boolean): Theme {
  return dark ? DARK_THEME : LIGHT_THEME;
}

export const FONT = 'system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif';

/** A canvas that gradients can be made on. */
export type GradientMaker = Pick<CanvasRenderingContext2D, 'createLinearGradient'>;

/** A paint option (colour or gradient) for a box of a canvas; undefined when it is neither. */
export function paintOf(maker: GradientMaker, value: unknown, width: number, height: number): string | CanvasGradient | undefined {
  if (typeof value === 'string') return value;
  if (!isRecord(value)) return undefined;
  const line = value['linearGradient'];
  const stops = value['stops'];
  if (!Array.isArray(stops)) return undefined;
  const [x1, y1, x2, y2] = gradientLine(line);
  const gradient = maker.createLinearGradient(x1 * width, y1 * height, x2 * width, y2 * height);
  for (const stop of stops) {
    if (!Array.isArray(stop) || typeof stop[0] !== 'number' || typeof stop[1] !== 'string') continue;
    try {
      gradient.addColorStop(Math.min(Math.max(stop[0], 0), 1), stop[1]);
    } catch {
      return undefined; // no CSS colour
    }
  }
  return gradient;
}

function gradientLine(line: unknown): readonly [number, number, number, number] {
  const read = (value: unknown, fallback: number): number => (typeof value === 'number' && Number.isFinite(value) ? value : fallback);
  if (Array.isArray(line)) return [read(line[0], 0), read(line[1], 0), read(line[2], 0), read(line[3], 1)];
  const record: Options = isRecord(line) ? line : {};
  return [read(record['x1'], 0), read(record['y1'], 0), read(record['x2'], 0), read(record['y2'], 1)];
}

/** What CSS fetches is no colour, and escapes could spell it: an option never makes the page load anything. */
const FETCHES = /url|image|src|\\/i;

/** Whether a series can be drawn in it. Where there is no CSS (tests of the model), any text. */
export function isColor(value: unknown): value is string {
  return typeof value === 'string' && value !== '' && !/var\(/i.test(value) && (typeof CSS === 'undefined' || CSS.supports('color', value));
}

/** The same as CSS, for elements; empty when it is neither colour nor gradient. */
export function cssPaint(value: unknown): string {
  if (typeof value === 'string') return FETCHES.test(value) ? '' : value;
  if (!isRecord(value) || !Array.isArray(value['stops'])) return '';
  const [x1, y1, x2, y2] = gradientLine(value['linearGradient']);
  const angle = Math.round((Math.atan2(x2 - x1, -(y2 - y1)) * 180) / Math.PI);
  const stops = value['stops'].flatMap((s) => (Array.isArray(s) && typeof s[0] === 'number' && typeof s[1] === 'string' && !FETCHES.test(s[1]) ? [`${s[1]} ${s[0] * 100}%`] : []));
  return `linear-gradient(${angle}deg, ${stops.join(', ')})`;
}

/** `#rrggbb` or `#rgb` with an opacity; other CSS colours through color-mix. */
export function withAlpha(color: string, alpha: number): string {
  const short = /^#([0-9a-f])([0-9a-f])([0-9a-f])$/i.exec(color);
  const hex = short ? `#${short[1]}${short[1]}${short[2]}${short[2]}${short[3]}${short[3]}` : color;
  const match = /^#([0-9a-f]{2})([0-9a-f]{2})([0-9a-f]{2})$/i.exec(hex);
  if (match) return `rgba(${[1, 2, 3].map((i) => Number.parseInt(match[i]!, 16)).join(',')},${alpha})`;
  return `color-mix(in srgb, ${color} ${alpha * 100}%, transparent)`;
}

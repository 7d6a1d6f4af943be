/** Windows, settings and a recording pen for the engine's tests. */
import type { Kind, Options, SeriesWindow } from '../../src/model/drawing';
import type { Pen } from '../../src/engine/pen';

export function windowOf(name: string, kind: Kind, columns: Record<string, readonly number[]>, more: Partial<SeriesWindow> = {}): SeriesWindow {
  const typed = Object.fromEntries(Object.entries(columns).map(([role, values]) => [role, Float64Array.from(values)]));
  const extent = (values: readonly number[] | undefined): [number, number] | null => {
    const numbers = (values ?? []).filter((v) => !Number.isNaN(v));
    return numbers.length === 0 ? null : [Math.min(...numbers), Math.max(...numbers)];
  };
  return {
    file: `${name}.json`, name, color: '#0000ff', kind, attributes: {}, columns: typed, texts: {}, raw: true, sorted: true, stamp: 's1', progress: null, stacked: false, bins: null,
    count: Object.values(columns)[0]?.length ?? 0, extent: { x: extent(columns['x']), y: extent(columns['y'] ?? columns['close']) }, ...more,
  };
}

export function yWindow(name: string, y: readonly number[], attributes: Options = {}): SeriesWindow {
  return windowOf(name, 'y', { x: y.map((_, i) => i), y }, { attributes });
}

export type Call = readonly [name: string, ...values: unknown[]];

/** A pen that writes down what it is told to draw. */
export function recordingPen(): { pen: Pen; calls: Call[]; path: () => string } {
  const calls: Call[] = [];
  const state: Record<string, unknown> = {};
  const pen = new Proxy(state, {
    get: (target, name: string) => {
      if (name in target) return target[name];
      if (name === 'createLinearGradient') return () => ({ addColorStop: () => undefined });
      if (name === 'measureText') return (text: string) => ({ width: text.length * 7 });
      return (...values: unknown[]) => void calls.push([name, ...values]);
    },
    set: (target, name: string, value) => {
      target[name] = value;
      return true;
    },
  }) as unknown as Pen;
  const letters: Readonly<Record<string, string>> = { moveTo: 'M', lineTo: 'L', bezierCurveTo: 'C', arc: 'A', rect: 'R', closePath: 'Z' };
  const path = (): string => calls.flatMap(([name, ...values]) => (letters[name] === undefined ? [] : [`${letters[name]}${values.map((v) => (typeof v === 'number' ? Math.round(v * 100) / 100 : v)).join(',')}`])).join(' ');
  return { pen, calls, path };
}

export const measure = (text: string): number => text.length * 7;

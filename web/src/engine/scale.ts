/** Values to pixels and back. A logarithmic scale is a linear one of the logarithms. */

export interface Scale {
  readonly min: number;
  readonly max: number;
  readonly log: boolean;
  /** Pixel of min and of max. */
  readonly start: number;
  readonly end: number;
}

export function forward(scale: Scale, value: number): number {
  return scale.log ? Math.log10(value) : value;
}

/** Pixels per unit of forward(value). */
export function factorOf(scale: Scale): number {
  const span = forward(scale, scale.max) - forward(scale, scale.min);
  return span === 0 ? 0 : (scale.end - scale.start) / span;
}

/** The minimum is subtracted first: that keeps the digits of times, 1.7e12 ms being far from 0 in pixels. */
export function toPixel(scale: Scale, value: number): number {
  return scale.start + factorOf(scale) * (forward(scale, value) - forward(scale, scale.min));
}

export function toValue(scale: Scale, pixel: number): number {
  const low = forward(scale, scale.min);
  const high = forward(scale, scale.max);
  const value = low + ((pixel - scale.start) / (scale.end - scale.start)) * (high - low);
  return scale.log ? 10 ** value : value;
}

/** Pixels of all `values`; NaN stays NaN, and so does what a logarithm cannot show. */
export function pixelsOf(scale: Scale, values: Float64Array): Float64Array {
  const low = forward(scale, scale.min);
  const factor = factorOf(scale);
  const pixels = new Float64Array(values.length);
  if (!scale.log) {
    for (let i = 0; i < values.length; i++) pixels[i] = scale.start + factor * (values[i]! - low);
    return pixels;
  }
  for (let i = 0; i < values.length; i++) {
    const value = values[i]!;
    pixels[i] = value > 0 ? scale.start + factor * (Math.log10(value) - low) : NaN;
  }
  return pixels;
}

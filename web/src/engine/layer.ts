/** The picture of all marks of a chart: an offscreen canvas that is a little larger than the plot, so that dots on its edge stay whole. */
import type { Axis } from './axes';
import { drawBands, drawDataLabels } from './bands';
import type { Writing } from './format';
import type { Rect } from './layout';
import type { Mark } from './marks';
import { type Stage, drawMark } from './paint';
import type { Pen } from './pen';

/** Pixels around the plot that the picture covers too. */
export const BLEED = 8;

export interface Scene {
  readonly stage: Stage;
  readonly plot: Rect;
  readonly marks: readonly Mark[];
  readonly xAxis: Axis;
  readonly yAxes: readonly Axis[];
  readonly writing: Writing;
}

/** Draws the scene with a pen whose origin is the chart's upper left corner. */
export function drawScene(pen: Pen, scene: Scene): void {
  const { stage, marks } = scene;
  bands(pen, scene, false);
  for (const mark of marks) if (mark.type !== 'pie') drawMark(pen, mark, stage);
  bands(pen, scene, true);
  drawDataLabels(pen, marks, stage, scene.writing);
}

function bands(pen: Pen, scene: Scene, above: boolean): void {
  const { stage, plot, xAxis, yAxes } = scene;
  drawBands(pen, xAxis, stage.x, plot, stage.swapped, above, stage);
  yAxes.forEach((axis, i) => drawBands(pen, axis, stage.y[i]!, stage.panes[i]!, !stage.swapped, above, stage));
}

/** One canvas, used again for every drawing. */
export class Layer {
  readonly canvas = document.createElement('canvas');

  /** Draws the scene; the canvas then covers `plot` and BLEED pixels around it. */
  draw(scene: Scene): void {
    const { plot, stage } = scene;
    const width = Math.round((plot.width + 2 * BLEED) * stage.ratio);
    const height = Math.round((plot.height + 2 * BLEED) * stage.ratio);
    // Setting the size clears the canvas and resets its state.
    this.canvas.width = width;
    this.canvas.height = height;
    const pen = this.canvas.getContext('2d');
    if (pen === null) return;
    pen.scale(stage.ratio, stage.ratio);
    pen.translate(BLEED - plot.left, BLEED - plot.top);
    drawScene(pen, scene);
  }
}

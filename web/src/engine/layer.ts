/** The picture of all marks of a chart: an offscreen canvas that is a little larger than the plot, so that dots on its edge stay whole. */
import type { Axis } from './axes';
import { drawBands, drawDataLabels } from './bands';
import type { Writing } from './format';
import type { Rect } from './layout';
import type { Mark } from './marks';
import { draftOf, layDraft } from './draft';
import { type Stage, draftMark, drawMark, isDraftable } from './paint';
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
  drawMarks(pen, marks.filter((mark) => mark.type !== 'pie'), scene);
  bands(pen, scene, true);
  drawDataLabels(pen, marks, stage, scene.writing);
}

/** Lines that follow each other in one pane are drafted together: laying pictures over each other is what takes time. */
function drawMarks(pen: Pen, marks: readonly Mark[], { stage, plot, xAxis, yAxes }: Scene): void {
  let blank = [xAxis, ...yAxes].every(({ options }) => options['plotBands'] === undefined && options['plotLines'] === undefined);
  for (let i = 0; i < marks.length; i++) {
    const first = marks[i]!;
    if (!isDraftable(first, stage)) {
      drawMark(pen, first, stage);
      blank = false;
      continue;
    }
    const pane = stage.panes[first.yAxis]!;
    // Lines that run along the pane's edge keep their full width, as stroked ones do.
    const box = { ...pane, top: pane.top - 1, height: pane.height + 2 };
    const draft = draftOf(box, stage.ratio);
    const device = (pixel: number): number => Math.round((pixel + BLEED) * stage.ratio);
    for (; i < marks.length && stage.panes[marks[i]!.yAxis] === pane && isDraftable(marks[i]!, stage); i++) draftMark(draft, marks[i]!, stage);
    i--;
    layDraft(pen, draft, blank ? { x: device(box.left - plot.left), y: device(box.top - plot.top) } : null);
    blank = false;
  }
}

function bands(pen: Pen, scene: Scene, above: boolean): void {
  const { stage, plot, xAxis, yAxes } = scene;
  drawBands(pen, xAxis, stage.x, plot, stage.swapped, above, stage);
  yAxes.forEach((axis, i) => drawBands(pen, axis, stage.y[i]!, stage.panes[i]!, !stage.swapped, above, stage));
}

/** One canvas, used again for every drawing. */
export class Layer {
  constructor(readonly canvas: HTMLCanvasElement) {}

  /** Draws the scene; the canvas then covers `plot` and BLEED pixels around it. */
  draw(scene: Scene): void {
    const { plot, stage } = scene;
    const width = Math.round((plot.width + 2 * BLEED) * stage.ratio);
    const height = Math.round((plot.height + 2 * BLEED) * stage.ratio);
    const pen = this.canvas.getContext('2d');
    if (pen === null) return;
    if (this.canvas.width !== width || this.canvas.height !== height) {
      this.canvas.width = width;
      this.canvas.height = height;
    } else pen.reset();
    pen.scale(stage.ratio, stage.ratio);
    pen.translate(BLEED - plot.left, BLEED - plot.top);
    drawScene(pen, scene);
  }
}

/** Reading values: by pointer, finger and keys; tooltip, and what is spoken. */
import type { ChartSettings, TrueSample } from '../model/drawing';
import { element } from './dom';
import type { Chart } from './echart';
import { inside } from './gestures';
import { type Sample, nearestSamples, sameSample, sampleAt, shownIndices } from './nearest';
import { sliceReadout } from './pie';
import type { Plan } from './plan';
import { flagAt } from './read';
import { type Readout, readoutOf, spoken } from './readout';
import { toValue } from './scale';
import { Tooltip, rowsWithin } from './tooltip';
import { Truths, wantsTruth } from './truth';

export interface ReadingAround {
  plan(): Plan | null;
  settings(): ChartSettings;
  echarts(): Chart | null;
  readonly host: HTMLElement;
  wantsSamples(files: readonly string[], x: number): void;
}

/** Series that are asked for at once what really stands at a place: no more are listed. */
const MOST_ASKED = 24;

export class Reading {
  readonly tooltip = new Tooltip();
  readonly spoken = element('div', 'cx-unseen');
  readonly #truths = new Truths();
  /** Where values are read: the pointer's place, or the sample that keys have chosen. */
  #pointer: { readonly px: number; readonly py: number } | null = null;
  #keyed: Sample | null = null;
  #slice: number | null = null;
  #asked = '';

  constructor(private readonly around: ReadingAround) {
    this.spoken.setAttribute('role', 'status');
  }

  hover(px: number, py: number): void {
    const plan = this.around.plan();
    this.#pointer = { px, py };
    this.#keyed = null;
    if (plan === null || this.#silent) return;
    const x = toValue(plan.scene.stage.x, plan.swapped ? py : px);
    const found = this.#trueOf(plan, nearestSamples(plan, px, py), x, py);
    const shared = flagAt(this.around.settings().options, 'tooltip', 'shared') !== false;
    const samples = shared ? found : [...found].sort((a, b) => Math.hypot(a.px - px, a.py - py) - Math.hypot(b.px - px, b.py - py)).slice(0, 1);
    this.#show(plan, samples, px, py);
  }

  leave(): void {
    this.#pointer = this.#keyed = null;
    if (this.#slice !== null) this.around.echarts()?.dispatchAction({ type: 'downplay', seriesIndex: 0 });
    this.#slice = null;
    this.tooltip.hide();
  }

  /** After a new drawing: what stands now under the pointer, or at the x that keys have chosen. */
  keep(plan: Plan): void {
    this.#truths.sweep(plan);
    const [pointer, keyed] = [this.#pointer, this.#keyed];
    if (keyed !== null) {
      this.#keyed = sameSample(plan, keyed);
      if (this.#keyed === null) this.leave();
      else this.#showKeyed(plan, this.#keyed);
    } else if (pointer !== null && inside(plan.plot, { x: pointer.px, y: pointer.py })) this.hover(pointer.px, pointer.py);
    else this.leave();
  }

  /** Samples have come that were asked for. */
  samples(found: readonly TrueSample[]): void {
    const plan = this.around.plan();
    this.#truths.take(found);
    if (plan === null) return;
    if (this.#keyed !== null) this.#speak(this.#showKeyed(plan, this.#keyed));
    else if (this.#pointer !== null) this.hover(this.#pointer.px, this.#pointer.py);
  }

  hoverSlice(seriesIndex: number, index: number, at: { offsetX: number; offsetY: number } | undefined): Readout | null {
    const [plan, chart] = [this.around.plan(), this.around.echarts()];
    const mark = plan?.pies[seriesIndex - (plan.marks.length === 0 ? 0 : 1)];
    if (plan === null || chart === null || mark === undefined || this.#silent) return null;
    const readout = sliceReadout(mark, index, plan);
    if (readout !== null) this.tooltip.showBox(readout, at?.offsetX ?? chart.getWidth() / 2, at?.offsetY ?? chart.getHeight() / 2, chart.getWidth(), chart.getHeight());
    return readout;
  }

  /** From sample to sample of the first series by keys; what is there is spoken. */
  step(direction: -1 | 1): void {
    const plan = this.around.plan();
    if (plan !== null && plan.marks.length === 0) return this.#stepSlice(direction);
    const file = this.#keyed?.mark.series.file;
    const mark = plan?.marks.find((one) => one.series.file === file) ?? plan?.marks.reduce((first, one) => (one.place < first.place ? one : first), plan.marks[0]!);
    if (plan === null || mark === undefined) return;
    const [start, end] = shownIndices(plan, mark);
    let index = this.#keyed === null ? (direction > 0 ? start - 1 : end) : this.#keyed.index;
    do index += direction;
    while (index >= start && index < end && (Number.isNaN(mark.own[index]!) || mark.x[index] === this.#keyed?.mark.x[this.#keyed.index]));
    if (index < start || index >= end) return;
    this.#pointer = null;
    this.#keyed = sampleAt(plan, mark, index);
    this.#speak(this.#showKeyed(plan, this.#keyed));
  }

  get #silent(): boolean {
    return flagAt(this.around.settings().options, 'tooltip', 'enabled') === false;
  }

  /** Of each sample of a window what really stands there, as far as it is known; the rest is asked for. */
  #trueOf(plan: Plan, found: readonly Sample[], x: number, py: number): Sample[] {
    const doubtful = found.filter(({ mark }) => wantsTruth(mark));
    if (doubtful.length > 0) this.#ask([...doubtful].sort((a, b) => Math.abs(a.py - py) - Math.abs(b.py - py)).slice(0, MOST_ASKED), x);
    return found.flatMap((sample) => this.#truths.at(plan, sample, x) ?? []);
  }

  #ask(samples: readonly Sample[], x: number): void {
    const key = JSON.stringify([x, samples.map(({ mark }) => [mark.series.file, mark.series.stamp])]);
    if (key === this.#asked) return;
    this.#asked = key;
    this.around.wantsSamples(samples.map(({ mark }) => mark.series.file), x);
  }

  #show(plan: Plan, samples: readonly Sample[], px: number, py: number): Readout | null {
    const { clientWidth: width, clientHeight: height } = this.around.host;
    const readout = readoutOf(plan, samples, rowsWithin(height), py);
    if (readout === null) this.tooltip.hide();
    else this.tooltip.show(plan, samples, readout, px, py, width, height);
    return readout;
  }

  /** The sample that keys have chosen, and those of other marks at its x. */
  #showKeyed(plan: Plan, keyed: Sample): Readout | null {
    const beside = keyed.mark.type === 'scatter' ? []
      : nearestSamples(plan, keyed.px, keyed.py).filter(({ mark }) => mark.series.file !== keyed.mark.series.file);
    const samples = this.#trueOf(plan, [keyed, ...beside], keyed.mark.x[keyed.index]!, keyed.py);
    return this.#show(plan, samples, samples[0]?.px ?? keyed.px, samples[0]?.py ?? keyed.py);
  }

  #speak(readout: Readout | null): void {
    this.spoken.textContent = readout === null ? '' : spoken(readout);
  }

  /** From slice to slice of the first pie, where there is nothing but pies. */
  #stepSlice(direction: -1 | 1): void {
    const index = (this.#slice ?? (direction > 0 ? -1 : 1)) + direction;
    const readout = this.hoverSlice(0, index, undefined);
    if (readout === null) return;
    const chart = this.around.echarts();
    chart?.dispatchAction({ type: 'downplay', seriesIndex: 0 });
    chart?.dispatchAction({ type: 'highlight', seriesIndex: 0, dataIndex: index });
    this.#slice = index;
    this.#speak(readout);
  }
}

/** What the Export menu offers: the picture, the numbers in it, the files behind it. */
import type { ChartEngine } from '../model/drawing';
import { MOST_COLUMNS, type DirectoryApi } from '../model/api';
import type { Chart } from '../model/chart';
import { toCsv } from '../model/csv';
import { isFailure } from '../model/frame';
import { at } from '../model/options';
import type { Action } from './menu';

/** Series whose files are offered one by one. */
const FILES_OFFERED = 12;

export function exportActions(directory: string, chart: Chart, api: DirectoryApi, engine: ChartEngine, say: (text: string) => void): Action[] {
  const name = fileName(chart, directory);
  const guarded = (work: () => Promise<void>) => (): void => {
    work().catch((error: unknown) => say(`Not exported: ${error instanceof Error ? error.message : String(error)}`));
  };
  const files = chart.selection.slice(0, FILES_OFFERED).map(({ file }): Action => ({
    label: file, hint: 'the series file, whole',
    run: guarded(async () => download(await api.file(file), file)),
  }));
  return [
    { label: 'Picture', hint: 'PNG, as it stands', run: guarded(async () => download(await (await pngBlob(engine)), `${name}.png`)) },
    { label: 'Table', hint: 'CSV of what is shown', run: guarded(() => exportTable(chart, api, name, say)) },
    ...files,
  ];
}

async function exportTable(chart: Chart, api: DirectoryApi, name: string, say: (text: string) => void): Promise<void> {
  const { range, selection } = chart;
  const frames = selection.length === 0 ? [] : await api.window({
    series: selection.map((one) => one.file), from: range?.from ?? null, to: range?.to ?? null, columns: MOST_COLUMNS, x: 'linear',
  });
  const series = frames.flatMap((frame) => {
    const about = chart.listing?.byFile.get(frame.file);
    return isFailure(frame) || about === undefined ? [] : [{ ...frame, bins: null, name: about.name, attributes: about.attributes, color: '' }];
  });
  download(new Blob([toCsv(series)], { type: 'text/csv;charset=utf-8' }), `${name}.csv`);
  const reduced = series.filter((one) => !one.raw).map((one) => one.name);
  say(reduced.length === 0 ? `${name}.csv holds every point shown` : `${name}.csv holds the first, lowest, highest and last of every ${MOST_COLUMNS}th of ${reduced.join(', ')}; the series files hold all points`);
}

function pngBlob(engine: ChartEngine): Promise<Blob> {
  const [head = '', body = ''] = engine.image().split(',');
  const bytes = Uint8Array.from(atob(body), (letter) => letter.charCodeAt(0));
  return Promise.resolve(new Blob([bytes], { type: /data:([^;]*)/.exec(head)?.[1] ?? 'image/png' }));
}

function fileName(chart: Chart, directory: string): string {
  const wanted = at(chart.options, 'exporting', 'filename') ?? at(chart.options, 'title', 'text');
  const name = typeof wanted === 'string' && wanted !== '' ? wanted : (directory.split('/').pop() ?? directory);
  return name.replace(/[\\/:*?"<>|\p{Cc}]/gu, '-').slice(0, 100) || 'chart';
}

function download(blob: Blob, name: string): void {
  const address = URL.createObjectURL(blob);
  const link = document.createElement('a');
  link.href = address;
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(address), 60_000);
}

/** The whole chart as one picture: canvases as they are, and the texts around them written at their places. */

export function pictureOf(root: HTMLElement, canvases: readonly HTMLCanvasElement[], background: string, ratio: number): string {
  const frame = root.getBoundingClientRect();
  const canvas = document.createElement('canvas');
  canvas.width = Math.max(Math.round(frame.width * ratio), 1);
  canvas.height = Math.max(Math.round(frame.height * ratio), 1);
  const pen = canvas.getContext('2d');
  if (pen === null) return canvas.toDataURL();
  pen.scale(ratio, ratio);
  pen.fillStyle = background;
  pen.fillRect(0, 0, frame.width, frame.height);
  for (const one of canvases) {
    const box = one.getBoundingClientRect();
    if (box.width > 0 && one.width > 0) pen.drawImage(one, box.left - frame.left, box.top - frame.top, box.width, box.height);
  }
  for (const chip of root.querySelectorAll<HTMLElement>('.cx-legend .cx-mark')) swatch(pen, chip, frame);
  for (const text of root.querySelectorAll<HTMLElement>('.cx-title, .cx-subtitle, .cx-legend-title, .cx-legend button > span:last-child, .cx-credits')) write(pen, text, frame);
  return canvas.toDataURL('image/png');
}

function swatch(pen: CanvasRenderingContext2D, chip: HTMLElement, frame: DOMRect): void {
  const box = chip.getBoundingClientRect();
  const style = getComputedStyle(chip);
  if (box.width === 0) return;
  pen.globalAlpha = Number(style.opacity);
  pen.fillStyle = style.backgroundImage === 'none' ? style.backgroundColor : firstColor(style.backgroundImage);
  pen.beginPath();
  pen.roundRect(box.left - frame.left, box.top - frame.top, box.width, box.height, Math.min(Number.parseFloat(style.borderRadius) || 0, box.height / 2));
  pen.fill();
  pen.globalAlpha = 1;
}

/** The colour that a CSS gradient begins with. */
function firstColor(image: string): string {
  return /(?:rgba?|color)\([^)]*\)/.exec(image)?.[0] ?? 'gray';
}

/** Each line of the text where the browser has put it. */
function write(pen: CanvasRenderingContext2D, target: HTMLElement, frame: DOMRect): void {
  const node = target.firstChild;
  if (node === null || target.getBoundingClientRect().width === 0) return;
  const style = getComputedStyle(target);
  pen.font = `${style.fontStyle} ${style.fontWeight} ${style.fontSize} ${style.fontFamily}`;
  pen.fillStyle = style.color;
  pen.textBaseline = 'middle';
  pen.textAlign = 'left';
  const text = node.textContent ?? '';
  const range = document.createRange();
  let start = 0;
  let line: DOMRect | null = null;
  const flush = (end: number): void => {
    if (line !== null) pen.fillText(text.slice(start, end).trim(), line.left - frame.left, line.top - frame.top + line.height / 2);
  };
  for (let i = 0; i < text.length; i++) {
    range.setStart(node, i);
    range.setEnd(node, i + 1);
    const box = range.getBoundingClientRect();
    if (line !== null && box.top - line.top > line.height / 2 && box.width > 0) {
      flush(i);
      [start, line] = [i, box];
    }
    line ??= box;
  }
  flush(text.length);
}

/** Builds frames for tests, byte by byte as FORMAT.md section 5 says. */

export interface Column {
  readonly role: string;
  readonly numbers?: readonly number[];
  readonly texts?: readonly string[];
}

/** The header's entry and the payload's bytes of a series with these columns, from `offset` on. */
export function frameOf(series: readonly { entry: Record<string, unknown>; columns?: readonly Column[] }[]): ArrayBuffer {
  const parts: Uint8Array[] = [];
  let offset = 0;
  const entries = series.map(({ entry, columns = [] }) => ({
    ...entry,
    ...(!('error' in entry) && { columns: columns.map((column) => {
      const bytes = column.numbers !== undefined ? new Uint8Array(Float64Array.from(column.numbers).buffer) : textBytes(column.texts ?? []);
      const described = { role: column.role, type: column.numbers !== undefined ? 'f64' : 'text', offset, count: (column.numbers ?? column.texts ?? []).length };
      parts.push(bytes);
      offset += bytes.length;
      return described;
    }) }),
  }));
  return assemble(JSON.stringify({ series: entries }), parts);
}

/** A frame from a header's text and the payload's parts. */
export function assemble(header: string, parts: readonly Uint8Array[] = []): ArrayBuffer {
  let text = header;
  while ((12 + new TextEncoder().encode(text).length) % 8 !== 0) text += ' ';
  const head = new TextEncoder().encode(text);
  const frame = new Uint8Array(12 + head.length + parts.reduce((sum, part) => sum + part.length, 0));
  frame.set(new TextEncoder().encode('CHARTSF1'));
  new DataView(frame.buffer).setUint32(8, head.length, true);
  frame.set(head, 12);
  let at = 12 + head.length;
  for (const part of parts) {
    frame.set(part, at);
    at += part.length;
  }
  return frame.buffer;
}

export function entryOf(file: string, more: Record<string, unknown> = {}): Record<string, unknown> {
  return { file, stamp: 's1', kind: 'xy', raw: true, sorted: true, count: 2, extent: { x: [0, 1], y: [5, 6] }, ...more };
}

function textBytes(texts: readonly string[]): Uint8Array {
  const encoded = texts.map((text) => new TextEncoder().encode(text));
  const length = 4 * (texts.length + 1) + encoded.reduce((sum, one) => sum + one.length, 0);
  const bytes = new Uint8Array(Math.ceil(length / 8) * 8);
  const view = new DataView(bytes.buffer);
  let end = 0;
  encoded.forEach((one, i) => {
    bytes.set(one, 4 * (texts.length + 1) + end);
    end += one.length;
    view.setUint32(4 * (i + 1), end, true);
  });
  return bytes;
}

// Makes the C source of the files that the library carries (core/src/embedded.h):
//
//     node web/embed.mjs OUT_DIR [--page DIR] [--schema FILE] [--datasets DIR]
//
// Writes OUT_DIR/embedded.c and, beside it, one file of stored bytes for each entry, which the assembler includes:
// that is quick whatever the size, where an array of numbers would keep the compiler busy for seconds.
import { mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { extname, join, relative, resolve, sep } from 'node:path';
import { gzipSync } from 'node:zlib';

const TYPES = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.json': 'application/json',
  '.woff2': 'font/woff2',
  '.png': 'image/png',
  '.txt': 'text/plain; charset=utf-8',
};

function fnv1a64(bytes) {
  let hash = 0xcbf29ce484222325n;
  for (const byte of bytes) hash = BigInt.asUintN(64, (hash ^ BigInt(byte)) * 0x100000001b3n);
  return hash.toString(16).padStart(16, '0');
}

function entry(name, bytes, compressed) {
  const type = TYPES[extname(name)];
  if (type === undefined) throw new Error(`embed.mjs: ${name} has a file type that is not in the table`);
  const stored = compressed ? gzipSync(bytes, { level: 9 }) : bytes;
  return { name, type, stored, compressed, etag: fnv1a64(stored) };
}

function page(directory) {
  return readdirSync(directory, { withFileTypes: true, recursive: true })
    .filter((found) => found.isFile() && !found.name.endsWith('.map'))
    .map((found) => join(found.parentPath ?? found.path, found.name))
    .map((file) => entry(`page/${relative(directory, file).split(sep).join('/')}`, readFileSync(file), true));
}

function schema(file) {
  return [entry('options.schema.json', Buffer.from(JSON.stringify(JSON.parse(readFileSync(file, 'utf8')))), false)];
}

function datasets(directory) {
  return readdirSync(directory)
    .filter((name) => name.endsWith('.json'))
    .map((name) => entry(`datasets/${name}`, readFileSync(join(directory, name)), false));
}

function source(entries, directory) {
  const blobs = entries.map(
    (_, place) => `__asm__(".section .rodata\\n"
        ".balign 16\\n"
        "embedded_bytes_${place}:\\n"
        ".incbin \\"${join(directory, `${place}.bin`)}\\"\\n"
        ".byte 0\\n"
        ".previous\\n");
extern const unsigned char embedded_bytes_${place}[] __attribute__((visibility("hidden")));`,
  );
  const rows = entries.map(
    ({ name, type, stored, compressed, etag }, place) =>
      `    {${JSON.stringify(name)}, ${JSON.stringify(type)}, embedded_bytes_${place}, ${stored.length}, ${compressed}, "${etag}"},`,
  );
  return `/* Made by web/embed.mjs: do not edit. */
#include "embedded.h"

#include <string.h>

${blobs.join('\n')}

static const embedded_file files[] = {
${rows.join('\n')}
    {NULL, NULL, NULL, 0, false, NULL},
};

const embedded_file *embedded_find(const char *name) {
  for (size_t place = 0; files[place].name != NULL; place++)
    if (strcmp(files[place].name, name) == 0)
      return &files[place];
  return NULL;
}
`;
}

const [out, ...options] = process.argv.slice(2);
const readers = { '--page': page, '--schema': schema, '--datasets': datasets };
if (out === undefined || options.length % 2 !== 0) throw new Error('usage: embed.mjs OUT_DIR [--page DIR] …');

const entries = [];
for (let place = 0; place < options.length; place += 2) {
  const read = readers[options[place]];
  if (read === undefined) throw new Error(`embed.mjs: unknown option ${options[place]}`);
  entries.push(...read(options[place + 1]));
}
entries.sort((a, b) => (a.name < b.name ? -1 : 1));

const directory = resolve(out);
rmSync(directory, { recursive: true, force: true });
mkdirSync(directory, { recursive: true });
entries.forEach(({ stored }, place) => writeFileSync(join(directory, `${place}.bin`), stored));
writeFileSync(join(directory, 'embedded.c'), source(entries, directory));

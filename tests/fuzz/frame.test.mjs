// Frames: what the core writes, the page's decoder reads bit for bit; what was changed on the way it refuses with a FrameError,
// or reads within the bytes that came. With CHARTS_LONG it goes on for CHARTS_FUZZ_SECONDS (600).
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, before, test } from 'node:test';
import { fileURLToPath, pathToFileURL } from 'node:url';

const source = join(dirname(fileURLToPath(import.meta.url)), '../..');
const build = process.env.CHARTS_BUILD ?? join(source, 'build');
const SECONDS = process.env.CHARTS_LONG ? Number(process.env.CHARTS_FUZZ_SECONDS ?? 600) : 0;
const FRAMES = 400;
const CHANGES = 20; // of each frame
const MEMORY_MOST = 1 << 30; // beyond what there was before
const WORDS = ['"count":', '"offset":', '4294967295', '9007199254740991', '1e99', '-1', 'null', '"role":"__proto__"', '"role":"toString"',
  '"type":"text"', '"type":"f64"', '"label"', '{}', '[]', ',', '0', '"\\ud800"'];

let place;
let decoder;

before(async () => {
  const { build: bundle } = createRequire(join(source, 'web/package.json'))('esbuild');
  place = mkdtempSync(join(tmpdir(), 'charts-frame-'));
  const out = join(place, 'frame.mjs');
  await bundle({ entryPoints: [join(source, 'web/src/model/frame.ts')], outfile: out, bundle: true, format: 'esm', platform: 'node', logLevel: 'warning' });
  decoder = await import(pathToFileURL(out).href);
});

after(() => rmSync(place, { recursive: true, force: true }));

/** Frames of a seed, and what is in each. */
function frames(seed) {
  const made = spawnSync(join(build, 'fuzz/frames'), [String(seed), String(FRAMES)], { maxBuffer: 1 << 28 });
  assert.equal(made.status, 0, made.stderr.toString());
  const list = [];
  for (let at = 0; at < made.stdout.length;) {
    const part = () => {
      const length = made.stdout.readUInt32LE(at);
      at += 4 + length;
      return made.stdout.subarray(at - length, at);
    };
    const frame = part();
    list.push({ frame, said: JSON.parse(part().toString()) });
  }
  assert.equal(list.length, FRAMES);
  return list;
}

function decode(bytes) {
  return decoder.decodeFrame(Uint8Array.from(bytes).buffer); // begins at a multiple of 8, as an answer's body does
}

const word = new DataView(new ArrayBuffer(8));

function bits(number) {
  word.setFloat64(0, number);
  return word.getBigUint64(0).toString(16).padStart(16, '0');
}

/** NaN is a gap, whichever it is: JavaScript may change its bits. */
function same(number, expected) {
  return Number.isNaN(number) ? /^[7f]ff/.test(expected) && !/^[7f]ff0{13}$/.test(expected) : bits(number) === expected;
}

/** Numbers of the header are decimals, where -0 is 0's equal. */
function sameRange(pair, expected) {
  return expected === null ? pair === null : pair !== null && pair.every((number, i) => same(number, expected[i]));
}

function compare(found, said) {
  assert.equal(found.length, said.length);
  found.forEach((series, i) => {
    const expected = said[i];
    assert.equal(series.file, expected.file);
    assert.equal(decoder.isFailure(series), 'error' in expected);
    if ('error' in expected) {
      assert.equal(series.error, expected.error);
      return;
    }
    for (const key of ['stamp', 'kind', 'count']) assert.equal(series[key], expected[key], key);
    for (const key of ['raw', 'sorted', 'stacked', 'binned']) assert.equal(series[key], expected[key] === 1, key);
    assert.ok('progress' in expected ? same(series.progress, expected.progress) : series.progress === null, 'progress');
    assert.ok(sameRange(series.extent.x, expected.extentX) && sameRange(series.extent.y, expected.extentY), 'extent');
    assert.deepEqual(Object.keys(series.columns), Object.keys(expected.columns));
    assert.deepEqual(series.texts, expected.texts);
    for (const [role, column] of Object.entries(series.columns)) {
      assert.equal(column.length, expected.columns[role].length);
      column.forEach((number, j) => assert.ok(same(number, expected.columns[role][j]), `${role} ${j}: ${number}`));
    }
  });
}

function random(seed) {
  let state = BigInt(seed) * 0x9E3779B97F4A7C15n + 1n;
  return (limit) => {
    state ^= (state << 13n) & 0xFFFFFFFFFFFFFFFFn;
    state ^= state >> 7n;
    state ^= (state << 17n) & 0xFFFFFFFFFFFFFFFFn;
    return Number(state % BigInt(limit));
  };
}

function change(frame, below) {
  let bytes = Buffer.from(frame);
  const header = 12 + bytes.readUInt32LE(8);
  for (let times = 1 + below(4); times > 0; times--) {
    const at = below(below(2) ? Math.min(header, bytes.length) || 1 : bytes.length || 1);
    const way = below(6);
    if (way === 0 && at < bytes.length) bytes[at] ^= 1 << below(8);
    else if (way === 1 && at < bytes.length) bytes[at] = below(256);
    else if (way === 2) bytes = bytes.subarray(0, at);
    else if (way === 3) bytes = Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + 1 + below(16))]);
    else if (way === 4) bytes = overwritten(bytes, at, Buffer.from(WORDS[below(WORDS.length)]));
    else bytes = digits(bytes, below);
  }
  return bytes;
}

function overwritten(bytes, at, by) {
  const copy = Buffer.from(bytes);
  by.copy(copy, at, 0, Math.max(0, Math.min(by.length, copy.length - at)));
  return copy;
}

/** Other digits in the place of a number of the header. */
function digits(bytes, below) {
  const text = bytes.toString('latin1');
  const numbers = [...text.slice(12).matchAll(/:\d+/g)];
  if (numbers.length === 0) return bytes;
  const number = numbers[below(numbers.length)];
  const other = Array.from({ length: number[0].length - 1 }, () => below(10)).join('');
  return overwritten(bytes, 12 + number.index + 1, Buffer.from(other));
}

/** Reads changed frames; returns how many were read and how many refused. */
function readChanged(list, below) {
  const counts = { read: 0, refused: 0 };
  for (const { frame } of list) {
    for (let i = 0; i < CHANGES; i++) {
      const bytes = change(frame, below);
      try {
        for (const series of decode(bytes)) checkBounds(series, bytes);
        counts.read++;
      } catch (error) {
        assert.ok(error instanceof decoder.FrameError, `${error.stack}\n${bytes.toString('base64')}`);
        counts.refused++;
      }
    }
  }
  return counts;
}

function checkBounds(series, bytes) {
  if (decoder.isFailure(series)) return;
  for (const column of Object.values(series.columns)) assert.ok(column.byteLength <= bytes.length);
  for (const texts of Object.values(series.texts)) {
    assert.ok(Array.isArray(texts));
    assert.ok(texts.reduce((sum, text) => sum + text.length, 0) <= bytes.length);
  }
}

test('what the core writes is read bit for bit, and what was changed is refused or read within its bytes', () => {
  const end = Date.now() + 1000 * SECONDS;
  const counts = { frames: 0, read: 0, refused: 0 };
  const memory = process.memoryUsage().rss;
  let seed = 1;
  do {
    const list = frames(seed);
    for (const { frame, said } of list) compare(decode(frame), said);
    const changed = readChanged(list, random(seed));
    counts.frames += list.length;
    counts.read += changed.read;
    counts.refused += changed.refused;
    seed++;
  } while (Date.now() < end);
  console.log(`${counts.frames} frames; of the changed ones ${counts.read} were read, ${counts.refused} refused`);
  assert.ok(counts.read > 0 && counts.refused > 0);
  assert.ok(process.memoryUsage().rss - memory < MEMORY_MOST);
});

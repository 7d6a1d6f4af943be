// Runs the page's unit tests: every test/**/*.test.ts, bundled by esbuild, under node:test.
import { build } from 'esbuild';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

const web = dirname(fileURLToPath(import.meta.url));
const tests = readdirSync(join(web, 'test'), { recursive: true })
  .filter((name) => name.endsWith('.test.ts')).sort().map((name) => join(web, 'test', name));
const out = mkdtempSync(join(tmpdir(), 'charts-page-test-'));
try {
  await build({
    entryPoints: tests, outdir: out, outbase: join(web, 'test'), outExtension: { '.js': '.mjs' },
    bundle: true, platform: 'node', format: 'esm', target: 'node18', sourcemap: 'inline', logLevel: 'warning',
    banner: { js: "import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);" },
  });
  const files = tests.map((file) => join(out, relative(join(web, 'test'), file).replace(/\.ts$/, '.mjs')));
  const { status } = spawnSync(process.execPath, ['--enable-source-maps', '--test', ...files], { stdio: 'inherit' });
  process.exitCode = status ?? 1;
} finally {
  rmSync(out, { recursive: true, force: true });
}

// Builds the page: node web/build.mjs OUTDIR
// OUTDIR/index.html (the gallery, at the server's root), OUTDIR/chart.html (one segment below), OUTDIR/assets/*.
import { build } from 'esbuild';
import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const web = dirname(fileURLToPath(import.meta.url));
const [target] = process.argv.slice(2);
if (target === undefined) {
  process.stderr.write('usage: node build.mjs OUTDIR\n');
  process.exit(2);
}
const out = resolve(target);
const assets = join(out, 'assets');
mkdirSync(assets, { recursive: true });

const common = { bundle: true, minify: true, legalComments: 'none', target: ['es2022'], logLevel: 'warning' };
await build({ ...common, entryPoints: [join(web, 'src/main.ts')], outfile: join(assets, 'main.js'), format: 'esm' });
await build({ ...common, entryPoints: [join(web, 'src/view/page.css')], outfile: join(assets, 'page.css') });
copyFileSync(join(web, 'icon.svg'), join(assets, 'icon.svg'));

const html = readFileSync(join(web, 'index.html'), 'utf8');
writeFileSync(join(out, 'index.html'), html.replaceAll('{root}', './'));
writeFileSync(join(out, 'chart.html'), html.replaceAll('{root}', '../'));

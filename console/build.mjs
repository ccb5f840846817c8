// Builds the console: node build.mjs [DIRECTORY], by default dist/. Assets carry a hash of their
// content in their names, so that the door may let browsers keep them for a year.
import { build } from 'esbuild';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';

const here = dirname(fileURLToPath(import.meta.url));
const out = resolve(process.argv[2] ?? join(here, 'dist'));

rmSync(join(out, 'assets'), { recursive: true, force: true });
mkdirSync(out, { recursive: true });
const made = await build({
  absWorkingDir: here,
  entryPoints: { console: 'src/main.tsx', early: 'src/early.ts' },
  outdir: join(out, 'assets'),
  entryNames: '[name]-[hash]',
  assetNames: '[name]-[hash]',
  chunkNames: '[name]-[hash]',
  bundle: true,
  splitting: true,
  minify: true,
  format: 'esm',
  target: ['chrome109', 'firefox115', 'safari16'],
  jsx: 'automatic',
  jsxImportSource: 'preact',
  legalComments: 'eof',
  metafile: true,
  logLevel: 'warning',
});

const files = Object.keys(made.metafile.outputs).map((path) => resolve(here, path));
const named = (start, end) => {
  const found = files.find((f) => basename(f).startsWith(start) && f.endsWith(end));
  if (!found) throw new Error(`no ${start}*${end} was made`);
  return `/assets/${basename(found)}`;
};
// What the script imports before anything else is fetched beside it, not after it.
const entry = Object.entries(made.metafile.outputs).find(([path]) => resolve(here, path).endsWith(named('console-', '.js')))[1];
const beside = entry.imports.filter((i) => i.kind === 'import-statement').map((i) => `<link rel="modulepreload" href="/assets/${basename(i.path)}">`).join('');
const page = readFileSync(join(here, 'src/index.html'), 'utf8')
  .replace('@early@', named('early-', '.js'))
  .replace('@script@', named('console-', '.js'))
  .replace('@style@', named('console-', '.css'))
  .replace('@beside@', beside);
writeFileSync(join(out, 'index.html'), page);
writeFileSync(join(out, 'icon.svg'), readFileSync(join(here, 'src/icon.svg')));

let total = 0;
for (const file of files) {
  const bytes = readFileSync(file);
  const packed = gzipSync(bytes).length;
  total += packed;
  console.log(`${(bytes.length / 1024).toFixed(1).padStart(8)} KB ${(packed / 1024).toFixed(1).padStart(7)} KB gzip  ${basename(file)}`);
}
console.log(`${''.padStart(11)} ${(total / 1024).toFixed(1).padStart(7)} KB gzip  in all`);

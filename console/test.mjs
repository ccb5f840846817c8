// Bundles each test/*.test.ts and runs it with node's own test runner.
import { build } from 'esbuild';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const here = dirname(fileURLToPath(import.meta.url));
const out = mkdtempSync(join(tmpdir(), 'console-tests-'));
const names = readdirSync(join(here, 'test')).filter((name) => name.endsWith('.test.ts'));
await build({
  absWorkingDir: here,
  entryPoints: names.map((name) => join('test', name)),
  outdir: out,
  outExtension: { '.js': '.mjs' },
  bundle: true,
  platform: 'node',
  format: 'esm',
  jsx: 'automatic',
  jsxImportSource: 'preact',
  logLevel: 'warning',
});
const run = spawnSync(process.execPath, ['--test', ...names.map((n) => join(out, n.replace(/\.ts$/, '.mjs')))],
  { stdio: 'inherit' });
rmSync(out, { recursive: true, force: true });
process.exit(run.status ?? 1);

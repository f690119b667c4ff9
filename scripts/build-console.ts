// Builds the console into manager/console/dist, and the types of its API client, unless they are as new as their sources.
import { createHash } from 'node:crypto';
import { existsSync, globSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { brotliCompressSync, gzipSync } from 'node:zlib';
import openapiTypescript, { astToString } from 'openapi-typescript';
import { build } from 'vite';
import { root } from './node-24.js';
import { describeApi } from './openapi.ts';

const source = join(root, 'manager', 'console');
const output = join(source, 'dist');
const marker = join(output, '.built-from');
const schema = join(source, 'api', 'schema.d.ts');

const hash = hashOf(['package-lock.json', 'manager/console/**/*', 'manager/http/**/*', 'protocol/*', 'scripts/*.ts']);
if (!existsSync(schema) || !existsSync(marker) || readFileSync(marker, 'utf8') !== hash) {
  writeFileSync(schema, astToString(await openapiTypescript(await describeApi())));
  await build({ configFile: join(source, 'vite.config.ts'), logLevel: 'warn' });
  for (const name of globSync('assets/*.{js,css}', { cwd: output })) compress(join(output, name));
  writeFileSync(marker, hash);
  process.stdout.write('setup: the console is built\n');
}

function hashOf(patterns: readonly string[]): string {
  const hash = createHash('sha256');
  const files = globSync(patterns, { cwd: root, withFileTypes: true, exclude: ['manager/console/dist', schema] })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((path) => path !== schema && !path.startsWith(output))
    .toSorted();
  for (const path of files) hash.update(path.slice(root.length)).update('\0').update(readFileSync(path)).update('\0');
  return hash.digest('hex');
}

function compress(path: string): void {
  const content = readFileSync(path);
  writeFileSync(`${path}.br`, brotliCompressSync(content));
  writeFileSync(`${path}.gz`, gzipSync(content, { level: 9 }));
}

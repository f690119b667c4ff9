import { spawnSync } from 'node:child_process';
import { copyFile, mkdir, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { expect, it } from 'vitest';
import { temporaryDirectory } from '../../support/directory.ts';

type Import = readonly [file: string, imported: string];

const refused: readonly Import[] = [
  ['protocol/x.ts', '../manager/core/tasks.ts'],
  ['protocol/x.ts', 'node:crypto'],
  ['protocol/x.ts', 'ws'],
  ['runtime/x.ts', '#protocol/task.ts'],
  ['manager/core/x.ts', 'bullmq'],
  ['manager/core/x.ts', 'ioredis'],
  ['manager/core/x.ts', 'fastify'],
  ['manager/core/x.ts', 'ws'],
  ['manager/core/x.ts', 'node:crypto'],
  ['manager/core/x.ts', '../redis/keys.ts'],
  ['manager/core/x.ts', '#runtime/logger.ts'],
  ['manager/http/x.ts', '../redis/keys.ts'],
  ['manager/http/routes/x.ts', '../../redis/keys.ts'],
  ['manager/http/x.ts', 'ioredis'],
  ['manager/redis/x.ts', '../http/server.ts'],
  ['manager/gateway/x.ts', '../redis/keys.ts'],
  ['manager/core/x.ts', '../webhooks/address-guard.ts'],
  ['manager/core/x.ts', 'ipaddr.js'],
  ['manager/http/x.ts', 'undici'],
  ['manager/webhooks/x.ts', '../redis/keys.ts'],
  ['manager/webhooks/x.ts', 'ioredis'],
  ['manager/app.ts', '../delegate/app.ts'],
  ['delegate/core/x.ts', 'undici'],
  ['delegate/core/x.ts', '../servicenow/client.ts'],
  ['delegate/core/x.ts', 'yaml'],
  ['delegate/link/x.ts', '../servicenow/client.ts'],
  ['delegate/servicenow/x.ts', 'undici'],
  ['delegate/servicenow/x.ts', '../link/session.ts'],
  ['delegate/main.ts', '../manager/main.ts'],
  ['simulator/x.ts', '#protocol/task.ts'],
  ['simulator/x.ts', '../delegate/servicenow/client.ts'],
  ['cli/x.ts', '../manager/core/tasks.ts'],
  ['cli/x.ts', '../manager/app.ts'],
];

const allowed: readonly Import[] = [
  ['protocol/x.ts', './limits.ts'],
  ['manager/core/x.ts', '#protocol/task.ts'],
  ['manager/core/x.ts', '@marcbachmann/cel-js'],
  ['manager/http/routes/x.ts', '../../core/tasks.ts'],
  ['manager/redis/x.ts', 'bullmq'],
  ['manager/webhooks/x.ts', 'undici'],
  ['manager/webhooks/x.ts', 'ipaddr.js'],
  ['delegate/servicenow/client.ts', 'undici'],
  ['delegate/link/x.ts', 'node:fs/promises'],
  ['delegate/x.ts', 'yaml'],
  ['cli/x.ts', '../manager/main.ts'],
];

/** Lints each import as if it stood in that file, with the repository's own rules; answers with those that are refused. */
async function lint(imports: readonly Import[]): Promise<Import[]> {
  await using directory = await temporaryDirectory();
  await copyFile('biome.json', join(directory.path, 'biome.json'));
  const files = new Map<string, Import>();
  for (const [index, pair] of imports.entries()) {
    const file = pair[0].replace('/x.ts', `/x${index}.ts`);
    files.set(file, pair);
    await mkdir(join(directory.path, dirname(file)), { recursive: true });
    await writeFile(join(directory.path, file), `import { x } from '${pair[1]}';\n\nexport const y = x;\n`);
  }
  const biome = resolve('node_modules/@biomejs/biome/bin/biome');
  const args = [biome, 'lint', '--vcs-enabled=false', '--max-diagnostics=none', '--colors=off'];
  const { stdout, stderr } = spawnSync(process.execPath, args, { cwd: directory.path, encoding: 'utf8' });
  const output = stdout + stderr;
  return [...files]
    .filter(([file]) => new RegExp(`^${file}:.*noRestrictedImports`, 'm').test(output))
    .map(([, pair]) => pair);
}

it('refuses every import that the table of ARCHITECTURE.md forbids, and no other', async () => {
  expect(await lint([...refused, ...allowed])).toEqual(refused);
});

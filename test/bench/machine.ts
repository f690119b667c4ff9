import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { arch, cpus, platform, release, totalmem } from 'node:os';

export interface MachineFacts {
  readonly cores: number;
  readonly processor: string;
  readonly memoryGib: number;
  readonly system: string;
  readonly node: string;
  readonly redis: string;
  readonly packages: Readonly<Record<string, string>>;
}

/** Says what the figures were measured on: without it they mean nothing. */
export function describeMachine(): MachineFacts {
  const processors = cpus();
  return {
    cores: processors.length,
    processor: processors[0]?.model.trim() ?? 'unknown',
    memoryGib: Math.round(totalmem() / 2 ** 30),
    system: `${platform()} ${release()} ${arch()}`,
    node: process.version,
    redis: /v=(\S+)/.exec(spawnSync('redis-server', ['--version'], { encoding: 'utf8' }).stdout)?.[1] ?? 'unknown',
    packages: Object.fromEntries(
      ['bullmq', 'ioredis', 'ws', 'fastify', 'undici'].map((name) => [name, versionOf(name)]),
    ),
  };
}

export function formatMachine({ cores, processor, memoryGib, system, node, redis, packages }: MachineFacts): string {
  const versions = Object.entries(packages).map(([name, version]) => `${name} ${version}`);
  return [
    `${cores} cores (${processor}), ${memoryGib} GiB, ${system}`,
    `Node ${node}, redis-server ${redis}, ${versions.join(', ')}`,
    'Redis: on a Unix socket, appendonly yes, appendfsync everysec unless said otherwise, no rewriting while it measures',
    '',
  ].join('\n');
}

function versionOf(name: string): string {
  const file = new URL(`../../node_modules/${name}/package.json`, import.meta.url);
  return (JSON.parse(readFileSync(file, 'utf8')) as { version: string }).version;
}

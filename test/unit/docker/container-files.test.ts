import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { parseDuration } from '#runtime/duration.ts';
import { type OptionTable, variableName } from '#runtime/options.ts';
import { commands } from '../../../cli/commands.ts';
import { delegateOptions } from '../../../delegate/config.ts';
import { managerOptions } from '../../../manager/config.ts';
import { listFiles, readPage, root } from '../docs/pages.ts';
import { findNeeds } from './import-graph.ts';

interface Instruction {
  readonly name: string;
  readonly text: string;
}

function readInstructions(path: string): Instruction[] {
  const lines = readPage(path)
    .replace(/^#.*\n/gm, '')
    .replaceAll('\\\n', ' ')
    .split('\n');
  return lines
    .filter((line) => line.trim() !== '')
    .map((line) => ({ name: line.split(' ')[0] ?? '', text: line.slice(line.indexOf(' ') + 1).trim() }));
}

function textsOf(instructions: readonly Instruction[], name: string): string[] {
  return instructions.filter((instruction) => instruction.name === name).map(({ text }) => text);
}

function copiedBy(instructions: readonly Instruction[]): string[] {
  return textsOf(instructions, 'COPY').flatMap((text) => text.split(/\s+/).slice(0, -1));
}

function variablesIn(text: string): string[] {
  return text.match(/TICKETGATE_[A-Z_]+/g) ?? [];
}

function variablesOf(table: OptionTable): string[] {
  return Object.keys(table).map(variableName);
}

const { dependencies } = JSON.parse(readPage('package.json')) as { dependencies: Readonly<Record<string, string>> };
const needs = findNeeds('bin/ticketgate.js');
const images: readonly { file: string; table: OptionTable }[] = [
  { file: 'docker/manager.Dockerfile', table: managerOptions },
  { file: 'docker/delegate.Dockerfile', table: delegateOptions },
];

describe.each(images)('$file', ({ file, table }) => {
  const instructions = readInstructions(file);
  const copied = copiedBy(instructions);

  it('begins with the pinned base image', () => {
    expect(instructions[0]).toEqual({ name: 'FROM', text: 'node:24-bookworm-slim' });
  });

  it('copies paths that are there, and that the ignore file lets through', () => {
    const kept =
      readPage('.dockerignore')
        .match(/^!.*$/gm)
        ?.map((line) => line.slice(1)) ?? [];
    for (const path of copied) {
      expect(existsSync(join(root, path)), path).toBe(true);
      expect(kept, path).toContain(path);
    }
    expect([...kept].sort()).toEqual([...copied].sort());
  });

  it('copies every file that the command imports', () => {
    const missing = [...needs.files].filter(
      (path) => !copied.some((from) => path === from || path.startsWith(`${from}/`)),
    );
    expect(missing).toEqual([]);
  });

  it('installs every package that the command imports without the development dependencies', () => {
    expect(textsOf(instructions, 'RUN').join('\n')).toContain('npm ci --omit=dev');
    expect([...needs.packages].filter((name) => !(name in dependencies))).toEqual([]);
  });

  it('runs as a user without rights, a command that there is', () => {
    expect(textsOf(instructions, 'USER')).toEqual(['node']);
    const [program, script] = JSON.parse(textsOf(instructions, 'ENTRYPOINT')[0] ?? '[]') as string[];
    expect(program).toBe('node');
    expect(existsSync(join(root, script ?? ''))).toBe(true);
    const [command] = JSON.parse(textsOf(instructions, 'CMD').at(-1) ?? '[]') as string[];
    expect(commands.map(({ name }) => name)).toContain(command);
  });

  it('sets variables that the program reads', () => {
    for (const variable of variablesIn(readPage(file))) expect(variablesOf(table)).toContain(variable);
  });

  it('has a health check', () => {
    expect(textsOf(instructions, 'HEALTHCHECK')).toHaveLength(1);
  });
});

interface ComposeService {
  readonly image?: string;
  readonly build?: { readonly context: string; readonly dockerfile: string };
  readonly command?: string;
  readonly environment?: Readonly<Record<string, string>>;
  readonly stop_grace_period?: string;
  readonly volumes?: readonly string[];
}

const text = readPage('docker/compose.yaml');
const compose = parse(text, { merge: true }) as {
  services: Readonly<Record<string, ComposeService>>;
  volumes: Readonly<Record<string, null>>;
};
const services = Object.entries(compose.services);
const delegates = services.filter(([, { build }]) => build?.dockerfile === 'docker/delegate.Dockerfile');

describe('docker/compose.yaml', () => {
  it('builds from container files that are there', () => {
    const built = services.flatMap(([, { build }]) => (build ? [build] : []));
    expect(built).toHaveLength(3);
    for (const { context, dockerfile } of built)
      expect(existsSync(join(root, 'docker', context, dockerfile))).toBe(true);
  });

  it.each(services)('gives %s only variables that its program reads', (_name, { build, environment = {} }) => {
    const image = images.find(({ file }) => file === build?.dockerfile);
    for (const variable of Object.keys(environment)) expect(variablesOf(image?.table ?? {})).toContain(variable);
  });

  it('has a Redis that writes every change at once and drops nothing', () => {
    const command = compose.services.redis?.command;
    for (const setting of ['--appendonly yes', '--appendfsync always', '--maxmemory-policy noeviction'])
      expect(command).toContain(setting);
  });

  it('gives its two delegates different names, tags and data', () => {
    expect(delegates).toHaveLength(2);
    const distinct = (read: (service: ComposeService) => string | undefined) =>
      new Set(delegates.map(([, service]) => read(service))).size;
    expect(distinct(({ environment }) => environment?.TICKETGATE_NAME)).toBe(2);
    expect(distinct(({ environment }) => environment?.TICKETGATE_TAGS)).toBe(2);
    expect(distinct(({ volumes }) => volumes?.[0])).toBe(2);
  });

  it('lets delegates drain before it kills them', () => {
    const drainMs = Number(delegateOptions.drainTimeout.fallback);
    for (const [, { stop_grace_period }] of delegates)
      expect(parseDuration(stop_grace_period ?? '')).toBeGreaterThan(drainMs + 2_000);
  });

  it('names every volume that a service uses', () => {
    const used = services.flatMap(([, { volumes = [] }]) => volumes.map((volume) => volume.split(':')[0] ?? ''));
    expect(used.sort()).toEqual(Object.keys(compose.volumes).sort());
  });

  it('tells in its comments commands and files that there are', () => {
    const named = text.match(/(?:docker|bin)\/[\w.]+/g) ?? [];
    for (const path of named) expect(listFiles()).toContain(path);
    expect(commands.map(({ name }) => name)).toContain('delegate-token');
  });
});

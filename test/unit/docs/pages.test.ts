import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readTables, withoutCodeBlocks } from './markdown-table.ts';
import { listFiles, listPages, readPage, root } from './pages.ts';

const pages = listPages();

/** The targets of a page's links, without those to other sites. */
function linksOf(page: string): string[] {
  const targets = [...withoutCodeBlocks(readPage(page)).matchAll(/\]\(([^)\s]+)\)/g)].map(([, target]) => target ?? '');
  return targets.filter((target) => !/^[a-z]+:/.test(target));
}

/** The anchors that a page's headings make. */
function anchorsOf(page: string): string[] {
  const headings = withoutCodeBlocks(readPage(page)).match(/^#+ .*$/gm) ?? [];
  return headings.map((heading) =>
    heading
      .replace(/^#+ /, '')
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-'),
  );
}

describe('every page', () => {
  it.each(pages)('has links that lead somewhere: %s', (page) => {
    for (const link of linksOf(page)) {
      const [path = '', anchor] = link.split('#');
      const target = path === '' ? page : join(dirname(page), path);
      expect(existsSync(join(root, target)), `${page} links to ${link}`).toBe(true);
      if (anchor !== undefined) expect(anchorsOf(target), `${page} links to ${link}`).toContain(anchor);
    }
  });

  it.each(pages)('has tables whose rows are as long as their headers: %s', (page) => {
    for (const { heading, header, rows } of readTables(readPage(page)))
      for (const row of rows) expect(row.length, `${page}, ${heading}: ${row[0]}`).toBe(header.length);
  });

  it.each(pages)('names files and folders of the repository that are there: %s', (page) => {
    const named = [...withoutCodeBlocks(readPage(page)).matchAll(/`((?:[\w-]+\/)+[\w.-]*)`/g)].map(([, path]) => path);
    const tops = new Set(listFiles().map((path) => path.split('/')[0]));
    const ours = named.filter((path) => path !== undefined && tops.has(path.split('/')[0] ?? ''));
    for (const path of ours) expect(existsSync(join(root, path ?? '')), `${page} names ${path}`).toBe(true);
  });

  it('is reached from the README', () => {
    const seen = new Set<string>();
    const visit = (page: string) => {
      if (seen.has(page) || !existsSync(join(root, page))) return;
      seen.add(page);
      if (page.endsWith('.md')) for (const link of linksOf(page)) visit(join(dirname(page), link.split('#')[0] ?? ''));
    };
    visit('README.md');
    expect(pages.filter((page) => !seen.has(page))).toEqual([]);
  });

  it("names no path of somebody's machine, no registry and nothing left to do", () => {
    const strange = [/(?<![\w./])\/(home|Users|w[o]rk)\//, /\.\.\/sh[a]red/, /\bregistry\.\w/, /\bTO[D]O\b/];
    for (const page of [...pages, '.env.example', 'docker/compose.yaml'])
      for (const pattern of strange) expect(readPage(page), page).not.toMatch(pattern);
  });
});

describe('a decision', () => {
  const decisions = pages.filter((page) => /^docs\/decisions\/\d/.test(page));

  it.each(decisions)('has its title, status, context, decision and consequences in at most 60 lines: %s', (page) => {
    const text = readPage(page);
    expect(text).toMatch(/^# \d{4}: /);
    expect(text).toMatch(/^\*\*Status\*\*: (proposed|accepted|replaced by \[\d{4}\])/m);
    expect(text.match(/^## .*$/gm)).toEqual(['## Context', '## Decision', '## Consequences']);
    expect(text.split('\n').length).toBeLessThanOrEqual(61);
  });

  it('that the code refers to is there', () => {
    const sources = listFiles().filter((path) => /\.(ts|js)$/.test(path) && !path.startsWith('test/'));
    const named = sources.flatMap((path) => readPage(path).match(/docs\/decisions\/\d{4}/g) ?? []);
    for (const name of named) expect(decisions.some((page) => page.startsWith(name))).toBe(true);
  });
});

describe('ARCHITECTURE.md', () => {
  const page = readPage('ARCHITECTURE.md');

  it('has a row of import rules for every folder that the linter has rules for', () => {
    const { overrides } = JSON.parse(readPage('biome.json')) as {
      overrides: { includes: string[]; linter: { rules: { style?: { noRestrictedImports?: unknown } } } }[];
    };
    const ruled = overrides.filter(({ linter }) => linter.rules.style?.noRestrictedImports !== undefined);
    const folders = ruled.flatMap(({ includes }) => includes).map((path) => path.replace('**', ''));
    const rows = readTables(page)
      .find(({ heading }) => heading === 'Import rules')
      ?.rows.map(([folder]) => folder);
    // client.ts has a row of the linter's, and a cell in the table.
    expect(folders.filter((folder) => !folder.endsWith('client.ts')).sort()).toEqual([...(rows ?? [])].sort());
  });

  it('names in the table of imports every library that the linter lets in', () => {
    const table = /^## Import rules$(.*?)^So adapters/ms.exec(page)?.[1] ?? '';
    const allowed = [...readPage('biome.json').matchAll(/"!(@?[a-z][a-z-]*)(?:\/\*)?"/g)].map(([, name]) => name ?? '');
    for (const name of new Set(allowed)) expect(table).toContain(name);
  });

  it('numbers its ten invariants as the code refers to them', () => {
    const section = /^## Invariants$(.*?)^## /ms.exec(page)?.[1] ?? '';
    const numbers = [...section.matchAll(/^(\d+)\. /gm)].map(([, number]) => Number(number));
    expect(numbers).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
  });
});

import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { resolveOptions } from '#runtime/options.ts';
import { delegateOptions } from '../../../delegate/config.ts';
import { tagsOf } from '../../../delegate/core/tags.ts';
import { version } from '../../../delegate/version.ts';

const given = { manager: 'https://m.example.com', token: 'tgd_abc', name: 'dc-1' };

function resolve(flags: Record<string, unknown>) {
  return resolveOptions(delegateOptions, { flags: { ...given, ...flags }, env: {}, file: {} });
}

describe("the delegate's settings", () => {
  it('have defaults for all but manager, token and name', () => {
    expect(resolve({})).toEqual({
      ...given,
      tags: [],
      data: undefined,
      capacity: 10,
      policy: undefined,
      logLevel: 'info',
      drainTimeout: 30_000,
    });
  });

  it.each([
    [{ manager: 'm.example.com' }, /--manager/],
    [{ manager: 'ftp://m.example.com' }, /https:\/\//],
    [{ manager: 'https://u:p@m.example.com' }, /without credentials/],
    [{ manager: 'https://m.example.com/?x=1' }, /without \?/],
    [{ name: 'has space' }, /--name: expected letters/],
    [{ name: 'x'.repeat(64) }, /at most 63/],
    [{ tags: 'ok,not ok' }, /not a tag: not ok \(expected letters/],
    [{ capacity: '0' }, /from 1 to 1000/],
    [{ capacity: '1001' }, /from 1 to 1000/],
    [{ logLevel: 'loud' }, /one of trace/],
    [{ drainTimeout: 'soon' }, /duration/],
  ])('refuse %j with what was expected', (flags, message) => {
    expect(() => resolve(flags)).toThrow(message);
  });

  it('never show the token', () => {
    expect(() => resolve({ token: 'two words' })).toThrow(/^--token: expected a delegate token[^"]*$/);
  });
});

describe("a delegate's tags", () => {
  it('are the given ones, its name and its hostname, in canonical form', () => {
    expect(tagsOf(['Prod', ' EU '], 'DC-1', 'Host.Example.COM')).toEqual(['dc-1', 'eu', 'host.example.com', 'prod']);
  });

  it.each([
    ["Anna's MacBook (2)", 'anna-s-macbook-2-'],
    ['_under', 'under'],
    ['', undefined],
    ['***', undefined],
    ['x'.repeat(200), 'x'.repeat(128)],
  ])('make something legal of the hostname %j', (hostname, tag) => {
    expect(tagsOf([], 'd', hostname)).toEqual(tag === undefined ? ['d'] : ['d', tag].sort());
  });
});

describe('the version', () => {
  it('is that of the package', () => {
    const manifest = JSON.parse(readFileSync(new URL('../../../package.json', import.meta.url), 'utf8'));
    expect(version).toBe(manifest.version);
  });
});

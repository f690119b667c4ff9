import { describe, expect, it } from 'vitest';
import { everywhere } from '#protocol/scope.ts';
import { resolveOptions } from '#runtime/options.ts';
import { managerOptions, readDefaultScope, readWebhookAllow } from '../../../manager/config.ts';

function resolve(flags: Record<string, string>) {
  return resolveOptions(managerOptions, { flags, env: {}, file: {} });
}

describe('the settings of a manager', () => {
  it('make the default scope of secrets, which is everywhere unless it is given', () => {
    expect(readDefaultScope(resolve({}))).toEqual(everywhere);
    expect(readDefaultScope(resolve({ defaultEnvironments: 'production, non-production/qa' }))).toEqual({
      applications: 'all',
      environments: ['production', 'non-production/qa'],
    });
    const wrong = resolve({ defaultApplications: 'shop', defaultEnvironments: 'staging' });
    expect(() => readDefaultScope(wrong)).toThrow(/^--default-environments: .*got "staging"$/);
    expect(() => readDefaultScope(resolve({ defaultApplications: 'a b' }))).toThrow(/^--default-applications: /);
  });

  it('test connectors again every 15 minutes unless another interval or none is given', () => {
    expect(resolve({}).retestEvery).toBe(900_000);
    expect(resolve({ retestEvery: '1h' }).retestEvery).toBe(3_600_000);
    expect(resolve({ retestEvery: 'none' }).retestEvery).toBeUndefined();
    expect(() => resolve({ retestEvery: 'never' })).toThrow('--retest-every: expected a duration');
  });

  it('let webhooks reach public addresses alone unless more is given', () => {
    expect(readWebhookAllow(resolve({}))).toEqual([]);
    const given = resolve({ webhookAllow: 'ci.example.com, *.hooks.example.com, 10.1.0.0/16' });
    expect(readWebhookAllow(given).map(({ kind }) => kind)).toEqual(['host', 'suffix', 'range']);
    const wrong = resolve({ webhookAllow: 'https://ci.example.com' });
    expect(() => readWebhookAllow(wrong)).toThrow(/^--webhook-allow: expected .*got "https:\/\/ci\.example\.com"$/);
  });
});

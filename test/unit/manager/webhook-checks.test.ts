import { describe, expect, it } from 'vitest';
import { everywhere, type UsageScope } from '#protocol/scope.ts';
import type { Refusal } from '../../../manager/core/refusal.ts';
import { WebhookChecks } from '../../../manager/core/webhook-checks.ts';
import { signer } from '../../../manager/webhooks/signature.ts';

const production: UsageScope = { applications: 'all', environments: ['production'] };
const webhook = { url: 'https://hooks.example.com/', secret: 'hook' };

function checksOf({
  value = 'a text that is long enough for a key',
  scope = everywhere,
  fault,
}: {
  value?: string;
  scope?: UsageScope;
  fault?: string;
} = {}): WebhookChecks {
  return new WebhookChecks({
    secrets: {
      find: async (name) => (name === 'hook' ? { name, scope, updatedAt: 0 } : undefined),
      use: async (_name, _use, work) => ({ done: work(value) }),
    },
    target: { findFault: async () => fault },
    signer,
  });
}

async function refusalOf(checks: WebhookChecks, own = webhook, scope: UsageScope = everywhere): Promise<Refusal> {
  const caller = { name: 'ci', role: 'pipeline', scope } as const;
  return checks.check(caller, own).then(
    () => {
      throw new Error('it was not refused');
    },
    (refusal: Refusal) => refusal,
  );
}

describe('the check of a webhook', () => {
  it('passes one whose secret the caller may use, and whose URL may be sent to', async () => {
    const caller = { name: 'ci', role: 'pipeline', scope: everywhere } as const;
    await expect(checksOf().check(caller, webhook)).resolves.toBeUndefined();
  });

  it('refuses a secret that is not there, or not for the caller', async () => {
    expect((await refusalOf(checksOf(), { ...webhook, secret: 'other' })).code).toBe('secret-not-found');
    const staging: UsageScope = { applications: 'all', environments: ['non-production'] };
    expect((await refusalOf(checksOf({ scope: production }), webhook, staging)).code).toBe('scope-refused');
  });

  it('refuses a secret that is no key, and does not tell its value', async () => {
    const refusal = await refusalOf(checksOf({ value: 'hunter2' }));
    expect(refusal).toMatchObject({ code: 'webhook-refused', faults: [{ path: '/webhook/secret' }] });
    expect(JSON.stringify([refusal.message, refusal.remedy, refusal.faults])).not.toContain('hunter2');
  });

  it('refuses a URL that may not be sent to, and names what permits it', async () => {
    const refusal = await refusalOf(checksOf({ fault: '10.0.0.1 is not public' }));
    expect(refusal).toMatchObject({
      code: 'webhook-refused',
      message: 'the webhook cannot be used: 10.0.0.1 is not public',
      remedy: expect.stringContaining('--webhook-allow'),
      faults: [{ path: '/webhook/url' }],
    });
  });
});

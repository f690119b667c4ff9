import { describe, expect, it } from 'vitest';
import { sendWebhook } from '../../../manager/core/webhook-delivery.ts';
import { endedApproval } from '../../support/ended-approval.ts';

const url = 'https://hooks.example/services/T00000000/SECRETTOKEN1234567890';

describe('what a receiver answered, as the log of a delivery shows it', () => {
  it.each([900, 950, 990, 1_000, 1_010, 1_020])(
    'has nothing of what is secret in the URL, also where that stands across the end, from letter %d on',
    async (at) => {
      const { end, ...record } = endedApproval({ spec: { webhook: { url, secret: 'hook' } } });
      if (!end) throw new Error('it has ended');
      const body = `${'x'.repeat(at)} no hook at ${url} ${'y'.repeat(200)}`;
      const tried = await sendWebhook(
        {
          target: {
            findFault: async () => undefined,
            post: async () => ({ kind: 'answered', status: 500, body, ...silent }),
          },
          signer: { findKeyFault: () => undefined, sign: () => ({}) },
          secrets: { use: async (_name, _use, work) => ({ done: work('key') }) },
          version: '1',
        },
        { ...record, end },
        0,
        new AbortController().signal,
      );
      const shown = tried.told?.answer ?? '';
      expect(shown).toMatch(/^x+/);
      expect(shown.length).toBeLessThanOrEqual(1_024);
      for (let length = 8; length < 21; length += 1)
        expect(shown).not.toContain('SECRETTOKEN1234567890'.slice(0, length));
    },
  );
});

const silent = { retryAfterMs: undefined, redirectsTo: undefined };

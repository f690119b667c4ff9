import { Webhook } from 'standardwebhooks';
import { describe, expect, it } from 'vitest';
import { readRetryAfter } from '../../../manager/webhooks/retry-after.ts';
import { signer } from '../../../manager/webhooks/signature.ts';

const message = { id: 'msg_1', at: Date.now(), body: '{"a":"ü"}' };
const bytes = Buffer.from('0123456789abcdef0123456789abcdef');

describe('the signature of a webhook', () => {
  it('is verified by the Standard Webhooks library with the same whsec_ secret', () => {
    const secret = `whsec_${bytes.toString('base64')}`;
    expect(signer.findKeyFault(secret)).toBeUndefined();
    expect(new Webhook(secret).verify(message.body, signer.sign(secret, message))).toEqual({ a: 'ü' });
  });

  it('is verified with the UTF-8 bytes of any other text', () => {
    const secret = 'drücken Sie bitte eine Taste';
    const headers = signer.sign(secret, message);
    expect(new Webhook(Buffer.from(secret, 'utf8'), { format: 'raw' }).verify(message.body, headers)).toEqual({
      a: 'ü',
    });
    expect(headers['webhook-timestamp']).toBe(String(Math.floor(message.at / 1_000)));
  });

  it.each([
    ['short', 'a key of 5 bytes'],
    ['whsec_', 'a key of 0 bytes'],
    ['whsec_c2hvcnQ=', 'a key of 5 bytes'],
    ['whsec_ not base64 at all, but long enough', 'no base64'],
  ])('is not made with a key that is none, or too short: %s', (secret, fault) => {
    expect(signer.findKeyFault(secret)).toContain(fault);
    expect(() => signer.sign(secret, message)).toThrow(fault);
  });
});

describe('Retry-After', () => {
  it.each([
    ['120', '', 120_000],
    ['Wed, 21 Oct 2026 07:28:30 GMT', 'Wed, 21 Oct 2026 07:28:00 GMT', 30_000],
    ['Wed, 21 Oct 2026 07:27:00 GMT', 'Wed, 21 Oct 2026 07:28:00 GMT', 0],
    ['soon 5', '', undefined],
    ['-1', '', undefined],
    [undefined, '', undefined],
  ])('is read as seconds or a date: %s', (text, answeredAt, ms) => {
    expect(readRetryAfter(text, answeredAt, 0)).toBe(ms);
  });
});

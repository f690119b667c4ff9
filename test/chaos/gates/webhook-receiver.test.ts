import { Webhook } from 'standardwebhooks';
import { describe, expect, it } from 'vitest';
import { WebhookReceiver } from './webhook-receiver.ts';
import { newWebhookSecret } from './webhooks.ts';

const secret = newWebhookSecret();
const body = JSON.stringify({ type: 'approval.ended', data: { id: 'apr_1' } });

/** Tells as the specification's own library signs; the status, or undefined when there was no answer. */
async function tell(url: string, signedBy = secret): Promise<number | undefined> {
  const now = new Date();
  const headers = {
    'webhook-id': 'msg_1',
    'webhook-timestamp': String(Math.floor(now.getTime() / 1_000)),
    'webhook-signature': new Webhook(signedBy).sign('msg_1', now, body),
  };
  return fetch(url, { method: 'POST', body, headers }).then(
    ({ status }) => status,
    () => undefined,
  );
}

describe('the receiver of webhooks', () => {
  it('fails as planned, takes the rest, and keeps everything', async () => {
    await using receiver = await WebhookReceiver.open(secret);
    const url = receiver.urlFor('gate-1-1', ['error-500', 'reset', 'hang']);
    const answers = [await tell(url), await tell(url), await tell(url), await tell(url)];
    expect(answers).toEqual([500, undefined, undefined, 204]);
    expect(receiver.deliveries.map(({ answered }) => answered)).toEqual(['error-500', 'reset', 'hang', 'taken']);
    expect(receiver.deliveries[3]).toMatchObject({ marker: 'gate-1-1', webhookId: 'msg_1', isSigned: true });
    expect(receiver.deliveries[3]?.body).toEqual(JSON.parse(body));
  });

  it('knows who did not sign with its secret', async () => {
    await using receiver = await WebhookReceiver.open(secret);
    await tell(receiver.urlFor('gate-1-1', []), newWebhookSecret());
    expect(receiver.deliveries.map(({ isSigned }) => isSigned)).toEqual([false]);
  });

  it('is away for a while, and back at the same address', async () => {
    await using receiver = await WebhookReceiver.open(secret);
    const url = receiver.urlFor('gate-1-1', []);
    const back = receiver.goAway(50);
    while ((await tell(url)) !== undefined);
    await back;
    expect(await tell(url)).toBe(204);
  });
});

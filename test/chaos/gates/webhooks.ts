import { randomBytes } from 'node:crypto';

/** Whether managers tell of ended approvals: off until they do. Then the storms have a receiver, and the checker looks. */
export const areWebhooksTold: boolean = false;

/** What every manager is started with, beside its other options. */
export const webhookArgs: readonly string[] = areWebhooksTold ? ['--webhook-allow', '127.0.0.1'] : [];

/** The name of the encrypted secret that signs. */
export const webhookSecretName = 'gate-hooks';

/** As Standard Webhooks writes one. */
export function newWebhookSecret(): string {
  return `whsec_${randomBytes(32).toString('base64')}`;
}

/** From when everything is up, until what has ended must have been told. */
export const toldWithinMs = 30_000;

/** What the API shows of an approval that goes on changing after it has ended. */
export const fieldsOfDelivery: ReadonlySet<string> = new Set(['delivery', 'deliveries']);

import { randomBytes } from 'node:crypto';

/** What every manager is started with, beside its other options: the receiver is on this machine. */
export const webhookArgs = ['--webhook-allow', '127.0.0.1'] as const;

/** The name of the encrypted secret that signs. */
export const webhookSecretName = 'gate-hooks';

/** As Standard Webhooks writes one. */
export function newWebhookSecret(): string {
  return `whsec_${randomBytes(32).toString('base64')}`;
}

/**
 * From when everything is up, until what has ended must have been told: a claim of a manager that died (30 s), a planned
 * failure, a receiver that is away, and the pauses after these two (5 s and 30 s, each a fifth longer at most).
 */
export const toldWithinMs = 75_000;

/** What the API shows of an approval that goes on changing after it has ended. */
export const fieldsOfDelivery: ReadonlySet<string> = new Set(['delivery', 'deliveries']);

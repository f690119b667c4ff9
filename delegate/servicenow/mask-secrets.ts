import { secretsOf } from '#protocol/authentication.ts';
import type { OpenTarget } from '../core/handler.ts';
import type { Judged } from './answer.ts';
import type { TransportResult } from './transport.ts';

/** Replaces the secrets of a target, what is made of them for the wire, and `more` secrets in a text. */
export function maskSecrets(text: string, { authentication }: OpenTarget, more: readonly string[] = []): string {
  const secrets = [...secretsOf(authentication).map(({ secret }) => secret), ...more].filter((secret) => secret !== '');
  if (authentication.kind === 'basic') {
    const { username, password } = authentication;
    secrets.unshift(Buffer.from(`${username}:${password}`, 'utf8').toString('base64'));
  }
  return secrets
    .flatMap((secret) => [secret, ...encode(secret)])
    .reduce((masked, secret) => masked.replaceAll(secret, '[masked]'), text);
}

/** As in a form, in a path, and in a form that was decoded by half. */
function encode(secret: string): string[] {
  const inForm = new URLSearchParams({ s: secret }).toString().slice(2);
  return [inForm, inForm.replaceAll('+', '%20'), secret.replaceAll(' ', '+')];
}

/**
 * Judges an outcome so that a failure quotes what ServiceNow, or something in its place, says without the secrets that it
 * may echo. The body is masked before it is quoted, since a quotation may be cut in the middle of it, and the message
 * after, since in JSON the secret may have been escaped.
 */
export function judgeMasked<T>(
  judge: (outcome: TransportResult) => Judged<T>,
  outcome: TransportResult,
  target: OpenTarget,
  more: readonly string[] = [],
): Judged<T> {
  const judged = judge(outcome);
  if (judged.kind === 'ok' || outcome.kind !== 'answer') return judged;
  const again = judge({ ...outcome, body: maskSecrets(outcome.body, target, more) });
  const quoted = again.kind === 'failed' && again.failure.code === judged.failure.code ? again : judged;
  return { ...judged, failure: { ...judged.failure, message: maskSecrets(quoted.failure.message, target, more) } };
}

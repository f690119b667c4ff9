import { Webhook } from 'standardwebhooks';
import type { WebhookSigner } from '../core/webhook-target.ts';

/** Signs as Standard Webhooks: HMAC-SHA-256 over id, time and body, in three headers. */
export const signer: WebhookSigner = {
  findKeyFault: (secret) => {
    const read = readKey(secret);
    return 'fault' in read ? read.fault : undefined;
  },
  sign: (secret, { id, at, body }) => {
    const read = readKey(secret);
    if ('fault' in read) throw new Error(read.fault);
    return {
      'webhook-id': id,
      'webhook-timestamp': String(Math.floor(at / 1_000)),
      'webhook-signature': new Webhook(read.key, { format: 'raw' }).sign(id, new Date(at), body),
    };
  },
};

/** What Standard Webhooks asks for at least: a shorter key can be guessed from one message that was seen. */
const leastBytes = 24;

const prefix = 'whsec_';

/** A text that begins with `whsec_` is base64 of the key's bytes after it; any other text is the key itself, in UTF-8. */
function readKey(secret: string): { key: Uint8Array } | { fault: string } {
  const encoded = secret.startsWith(prefix) ? secret.slice(prefix.length) : undefined;
  if (encoded !== undefined && !/^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/.test(encoded))
    return { fault: `the value of its secret begins with ${prefix} and goes on with something that is no base64` };
  // The library would make bytes of a text's UTF-16 units, so it gets bytes.
  const key = encoded === undefined ? Buffer.from(secret, 'utf8') : Buffer.from(encoded, 'base64');
  return key.length < leastBytes
    ? { fault: `the value of its secret is a key of ${key.length} bytes; ${leastBytes} are needed` }
    : { key };
}

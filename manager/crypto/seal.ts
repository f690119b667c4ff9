import {
  createCipheriv,
  createPublicKey,
  diffieHellman,
  generateKeyPairSync,
  hkdfSync,
  type KeyObject,
  randomBytes,
} from 'node:crypto';
import type { Seal } from '../core/secrets.ts';

const rawKeyBytes = 32;

/** Seals a secret to a session's X25519 key for one field of one attempt. PROTOCOL.md, section 6. */
export const seal: Seal = (plaintext, sealKey, { taskId, attempt, field }) => {
  const ephemeral = generateKeyPairSync('x25519');
  const theirs = importPublicKey(sealKey);
  const ours = exportPublicKey(ephemeral.publicKey);
  const shared = diffieHellman({ privateKey: ephemeral.privateKey, publicKey: theirs });
  const salt = Buffer.concat([ours, Buffer.from(sealKey, 'base64')]);
  const key = Buffer.from(hkdfSync('sha256', shared, salt, 'ticketgate.v1 seal', 32));
  const iv = randomBytes(12);
  const cipher = createCipheriv('aes-256-gcm', key, iv).setAAD(Buffer.from(`${taskId}\n${attempt}\n${field}`));
  const ciphertext = Buffer.concat([cipher.update(plaintext, 'utf8'), cipher.final()]);
  return {
    ephemeralKey: ours.toString('base64'),
    iv: iv.toString('base64'),
    ciphertext: ciphertext.toString('base64'),
    tag: cipher.getAuthTag().toString('base64'),
  };
};

/** Tells whether a text is a public key that secrets can be sealed to. */
export function isSealKey(text: string): boolean {
  return Buffer.from(text, 'base64').length === rawKeyBytes;
}

function importPublicKey(text: string): KeyObject {
  const x = Buffer.from(text, 'base64').toString('base64url');
  return createPublicKey({ key: { kty: 'OKP', crv: 'X25519', x }, format: 'jwk' });
}

function exportPublicKey(key: KeyObject): Buffer {
  const { x } = key.export({ format: 'jwk' });
  return Buffer.from(String(x), 'base64url');
}

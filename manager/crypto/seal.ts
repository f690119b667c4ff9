import {
  createCipheriv,
  createPublicKey,
  createSecretKey,
  diffieHellman,
  generateKeyPairSync,
  hkdfSync,
  type KeyObject,
  randomBytes,
} from 'node:crypto';
import type { SealedSecret } from '#protocol/messages.ts';
import type { SealContext } from '../core/secrets.ts';

const rawKeyBytes = 32;

/**
 * Makes the function that seals secrets to one session, for one field of one attempt each. Its key pair lives as long as
 * the session: what makes a box unique is its iv and what it is bound to. PROTOCOL.md, section 6.
 */
export function createSealer(sealKey: string): (plaintext: string, context: SealContext) => SealedSecret {
  // Made when it is first needed: most delegates of a large fleet get no task for a while.
  let keys: Keys | undefined;
  return (plaintext, { taskId, attempt, field }) => {
    keys ??= agree(sealKey);
    const iv = Buffer.from(keys.ivPrefix);
    iv.writeUInt32BE(keys.boxes, 8);
    keys.boxes += 1;
    const cipher = createCipheriv('aes-256-gcm', keys.key, iv).setAAD(Buffer.from(`${taskId}\n${attempt}\n${field}`));
    const ciphertext = Buffer.concat([cipher.update(plaintext, 'utf8'), cipher.final()]);
    return {
      ephemeralKey: keys.ours,
      iv: iv.toString('base64'),
      ciphertext: ciphertext.toString('base64'),
      tag: cipher.getAuthTag().toString('base64'),
    };
  };
}

/** Tells whether a text is a public key that secrets can be sealed to. */
export function isSealKey(text: string): boolean {
  return Buffer.from(text, 'base64').length === rawKeyBytes;
}

/** What both sides of a session share; an iv is its random part and a count, so that none comes twice under one key. */
interface Keys {
  readonly ours: string;
  readonly key: KeyObject;
  readonly ivPrefix: Buffer;
  boxes: number;
}

function agree(sealKey: string): Keys {
  const ephemeral = generateKeyPairSync('x25519');
  const ours = exportPublicKey(ephemeral.publicKey);
  const shared = diffieHellman({ privateKey: ephemeral.privateKey, publicKey: importPublicKey(sealKey) });
  const salt = Buffer.concat([ours, Buffer.from(sealKey, 'base64')]);
  const key = hkdfSync('sha256', shared, salt, 'ticketgate.v1 seal', 32);
  // A key object: from bytes Node would make one anew for every box, which takes four times as long as the box.
  return { ours: ours.toString('base64'), key: createSecretKey(Buffer.from(key)), ivPrefix: randomBytes(12), boxes: 0 };
}

function importPublicKey(text: string): KeyObject {
  const x = Buffer.from(text, 'base64').toString('base64url');
  return createPublicKey({ key: { kty: 'OKP', crv: 'X25519', x }, format: 'jwk' });
}

function exportPublicKey(key: KeyObject): Buffer {
  const { x } = key.export({ format: 'jwk' });
  return Buffer.from(String(x), 'base64url');
}

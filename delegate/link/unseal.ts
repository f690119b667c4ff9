import {
  createDecipheriv,
  createPublicKey,
  createSecretKey,
  diffieHellman,
  generateKeyPairSync,
  hkdfSync,
  type KeyObject,
} from 'node:crypto';
import type { SealedSecret } from '#protocol/messages.ts';
import type { SealBinding } from '../core/link.ts';

/** The key pair of one session. The private half never leaves this object and ends with it. */
export interface SessionKeys {
  /** The public half as hello carries it: base64 of the 32 raw bytes. */
  readonly sealKey: string;
  /** Opens what was sealed to this session; undefined when it was not, or was sealed for another assignment or field. */
  open(sealed: SealedSecret, binding: SealBinding): string | undefined;
}

const keyBytes = 32;
const ivBytes = 12;
const tagBytes = 16;
const info = 'ticketgate.v1 seal';

/** How many derived keys are kept: a manager has one for a session, older ones one for each box. */
const mostKeysKept = 4;

/** Makes the X25519 key pair of a session. PROTOCOL.md, section 6. */
export function createSessionKeys(): SessionKeys {
  const { publicKey, privateKey } = generateKeyPairSync('x25519');
  const rawPublicKey = Buffer.from(publicKey.export({ format: 'jwk' }).x ?? '', 'base64url');
  /** By the manager's ephemeral key, the oldest first. */
  const kept = new Map<string, KeyObject>();
  const keyOf = (ephemeralKey: Buffer): KeyObject => {
    const name = ephemeralKey.toString('base64');
    const known = kept.get(name);
    if (known) return known;
    const derived = deriveKey(ephemeralKey, privateKey, rawPublicKey);
    kept.set(name, derived);
    const [oldest] = kept.keys();
    if (kept.size > mostKeysKept && oldest !== undefined) kept.delete(oldest);
    return derived;
  };
  return {
    sealKey: rawPublicKey.toString('base64'),
    open: (sealed, binding) => {
      const box = readBox(sealed);
      if (!box) return undefined;
      try {
        return openBox(box, binding, keyOf(box.ephemeralKey));
      } catch {
        // A key that is no point of the curve, a tag that does not fit, text that is not UTF-8: all mean "not for us".
        return undefined;
      }
    },
  };
}

interface Box {
  readonly ephemeralKey: Buffer;
  readonly iv: Buffer;
  readonly ciphertext: Buffer;
  readonly tag: Buffer;
}

/** The lengths are part of the form: what is sealed with others would open too, and is not what the page says. */
function readBox(sealed: SealedSecret): Box | undefined {
  const box = {
    ephemeralKey: Buffer.from(sealed.ephemeralKey, 'base64'),
    iv: Buffer.from(sealed.iv, 'base64'),
    ciphertext: Buffer.from(sealed.ciphertext, 'base64'),
    tag: Buffer.from(sealed.tag, 'base64'),
  };
  const fits = box.ephemeralKey.length === keyBytes && box.iv.length === ivBytes && box.tag.length === tagBytes;
  return fits ? box : undefined;
}

function deriveKey(ephemeralKey: Buffer, privateKey: KeyObject, rawPublicKey: Buffer): KeyObject {
  const x = ephemeralKey.toString('base64url');
  const publicKey = createPublicKey({ key: { kty: 'OKP', crv: 'X25519', x }, format: 'jwk' });
  const shared = diffieHellman({ privateKey, publicKey });
  const salt = Buffer.concat([ephemeralKey, rawPublicKey]);
  return createSecretKey(Buffer.from(hkdfSync('sha256', shared, salt, info, keyBytes)));
}

function openBox(box: Box, binding: SealBinding, key: KeyObject): string {
  const decipher = createDecipheriv('aes-256-gcm', key, box.iv, { authTagLength: tagBytes });
  decipher.setAAD(Buffer.from(`${binding.taskId}\n${binding.attempt}\n${binding.field}`, 'utf8'));
  decipher.setAuthTag(box.tag);
  const plain = Buffer.concat([decipher.update(box.ciphertext), decipher.final()]);
  return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(plain);
}

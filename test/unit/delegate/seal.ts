import {
  createCipheriv,
  createPublicKey,
  diffieHellman,
  generateKeyPairSync,
  hkdfSync,
  randomBytes,
} from 'node:crypto';
import type { SealedSecret } from '#protocol/messages.ts';

/** Seals as PROTOCOL.md, section 6, tells a manager to: written from the page, and not from either program. */
export function seal(plain: string, sealKey: string, boundTo: string, ivBytes = 12): SealedSecret {
  const ephemeral = generateKeyPairSync('x25519');
  const ephemeralRaw = Buffer.from(ephemeral.publicKey.export({ format: 'jwk' }).x ?? '', 'base64url');
  const sessionRaw = Buffer.from(sealKey, 'base64');
  const publicKey = createPublicKey({
    key: { kty: 'OKP', crv: 'X25519', x: sessionRaw.toString('base64url') },
    format: 'jwk',
  });
  const shared = diffieHellman({ privateKey: ephemeral.privateKey, publicKey });
  const salt = Buffer.concat([ephemeralRaw, sessionRaw]);
  const key = Buffer.from(hkdfSync('sha256', shared, salt, 'ticketgate.v1 seal', 32));
  const iv = randomBytes(ivBytes);
  const cipher = createCipheriv('aes-256-gcm', key, iv);
  cipher.setAAD(Buffer.from(boundTo, 'utf8'));
  const ciphertext = Buffer.concat([cipher.update(plain, 'utf8'), cipher.final()]);
  return {
    ephemeralKey: ephemeralRaw.toString('base64'),
    iv: iv.toString('base64'),
    ciphertext: ciphertext.toString('base64'),
    tag: cipher.getAuthTag().toString('base64'),
  };
}

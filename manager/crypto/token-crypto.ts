import { randomBytes, timingSafeEqual } from 'node:crypto';
import type { TokenCrypto } from '../core/tokens.ts';
import { sha256 } from './ids.ts';

export const tokenCrypto: TokenCrypto = {
  newSecret: () => randomBytes(32).toString('base64url'),
  hash: sha256,
  matches: (secret, hash) => {
    const expected = Buffer.from(hash, 'hex');
    const actual = Buffer.from(sha256(secret), 'hex');
    return expected.length === actual.length && timingSafeEqual(expected, actual);
  },
};

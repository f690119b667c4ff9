import { describe, expect, it } from 'vitest';
import { isSealKey } from '../../../manager/crypto/seal.ts';
import { tokenCrypto } from '../../../manager/crypto/token-crypto.ts';
import { createVault, newMasterKey, readMasterKey } from '../../../manager/crypto/vault.ts';

describe('the vault', () => {
  const key = readMasterKey(newMasterKey());
  const vault = createVault(key);

  it('gives back what it encrypted, and never the same envelope twice', () => {
    const envelope = vault.encrypt('snow', 'p@ss wörd');
    expect(vault.decrypt('snow', envelope)).toEqual({ plaintext: 'p@ss wörd' });
    expect(vault.encrypt('snow', 'p@ss wörd')).not.toEqual(envelope);
    expect(JSON.stringify(envelope)).not.toContain('p@ss');
  });

  it('refuses an envelope that was moved to another secret, or changed', () => {
    const envelope = vault.encrypt('snow', 'secret');
    const damaged = { fault: expect.stringContaining('is damaged') };
    expect(vault.decrypt('other', envelope)).toEqual(damaged);
    const bytes = Buffer.from(envelope.ciphertext, 'base64');
    bytes[bytes.length - 1] = (bytes[bytes.length - 1] ?? 0) ^ 1;
    expect(vault.decrypt('snow', { ...envelope, ciphertext: bytes.toString('base64') })).toEqual(damaged);
  });

  it('says so when the master key is another one', () => {
    const envelope = vault.encrypt('snow', 'secret');
    const other = createVault(readMasterKey(newMasterKey()));
    expect(other.decrypt('snow', envelope)).toEqual({ fault: expect.stringContaining('another master key') });
  });

  it.each(['', 'short', 'zz'.repeat(32)])('refuses %j as a master key', (text) => {
    expect(() => readMasterKey(text)).toThrow(/32 bytes/);
  });
});

describe('token secrets and seal keys', () => {
  it('match only their own hash', () => {
    const secret = tokenCrypto.newSecret();
    expect(tokenCrypto.matches(secret, tokenCrypto.hash(secret))).toBe(true);
    expect(tokenCrypto.matches(`${secret}x`, tokenCrypto.hash(secret))).toBe(false);
  });

  it('are 32 bytes long, or refused', () => {
    expect(isSealKey(Buffer.alloc(32, 9).toString('base64'))).toBe(true);
    expect(isSealKey(Buffer.alloc(31).toString('base64'))).toBe(false);
  });
});

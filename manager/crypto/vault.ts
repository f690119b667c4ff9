import { createCipheriv, createDecipheriv, createSecretKey, type KeyObject, randomBytes } from 'node:crypto';
import type { Envelope, Vault } from '../core/secrets.ts';
import { sha256 } from './ids.ts';

const algorithm = 'aes-256-gcm';
const keyBytes = 32;
const ivBytes = 12;
const tagBytes = 16;

export class MasterKeyError extends Error {
  override readonly name = 'MasterKeyError';
}

/** Reads a master key: 32 bytes in hexadecimal or base64. */
export function readMasterKey(text: string): Buffer {
  const trimmed = text.trim();
  const key = /^[0-9a-f]{64}$/i.test(trimmed) ? Buffer.from(trimmed, 'hex') : Buffer.from(trimmed, 'base64');
  if (key.length !== keyBytes)
    throw new MasterKeyError(
      'the master key must be 32 bytes in hexadecimal or base64; make one with: openssl rand -hex 32',
    );
  return key;
}

export function newMasterKey(): string {
  return randomBytes(keyBytes).toString('hex');
}

/** Envelope encryption: each secret under a data key of its own, the data key under the master key, both AES-256-GCM. */
export function createVault(masterKey: Buffer): Vault {
  const masterKeyId = sha256(`ticketgate master key ${masterKey.toString('hex')}`).slice(0, 16);
  // Key objects: from bytes Node makes one anew for every use, which takes longer than the use.
  const master = createSecretKey(masterKey);
  // As long as the document is remembered: a task a second needs the same one.
  const dataKeys = new WeakMap<Envelope, KeyObject>();
  const dataKeyOf = (name: string, envelope: Envelope): KeyObject => {
    const known = dataKeys.get(envelope);
    if (known) return known;
    const opened = createSecretKey(decrypt(master, envelope.wrappedKey, `key of ${name}`));
    dataKeys.set(envelope, opened);
    return opened;
  };
  return {
    encrypt: (name, plaintext) => {
      const dataKey = randomBytes(keyBytes);
      return {
        masterKeyId,
        wrappedKey: encrypt(master, dataKey, `key of ${name}`),
        ciphertext: encrypt(createSecretKey(dataKey), Buffer.from(plaintext, 'utf8'), `value of ${name}`),
      };
    },
    decrypt: (name, envelope) => decryptEnvelope(dataKeyOf, masterKeyId, name, envelope),
  };
}

function decryptEnvelope(
  dataKeyOf: (name: string, envelope: Envelope) => KeyObject,
  masterKeyId: string,
  name: string,
  envelope: Envelope,
): { plaintext: string } | { fault: string } {
  if (envelope.masterKeyId !== masterKeyId)
    return {
      fault: `the secret "${name}" is encrypted under another master key (${envelope.masterKeyId}, this one is ${masterKeyId})`,
    };
  try {
    return { plaintext: decrypt(dataKeyOf(name, envelope), envelope.ciphertext, `value of ${name}`).toString('utf8') };
  } catch {
    // AES-GCM tells only that it does not fit, never how.
    return { fault: `the secret "${name}" is damaged: its envelope was changed, or is another secret's` };
  }
}

/** iv, tag and ciphertext in one base64 text. */
function encrypt(key: KeyObject, plaintext: Buffer, boundTo: string): string {
  const iv = randomBytes(ivBytes);
  const cipher = createCipheriv(algorithm, key, iv).setAAD(Buffer.from(boundTo));
  const ciphertext = Buffer.concat([cipher.update(plaintext), cipher.final()]);
  return Buffer.concat([iv, cipher.getAuthTag(), ciphertext]).toString('base64');
}

function decrypt(key: KeyObject, text: string, boundTo: string): Buffer {
  const bytes = Buffer.from(text, 'base64');
  const decipher = createDecipheriv(algorithm, key, bytes.subarray(0, ivBytes), { authTagLength: tagBytes })
    .setAAD(Buffer.from(boundTo))
    .setAuthTag(bytes.subarray(ivBytes, ivBytes + tagBytes));
  return Buffer.concat([decipher.update(bytes.subarray(ivBytes + tagBytes)), decipher.final()]);
}

import { createHash, randomUUID } from 'node:crypto';

/** Makes an identifier such as `tsk_4f…`: 24 digits, 92 bits of them random, behind a prefix that tells what it names. */
export function newId(prefix: string): string {
  // Node keeps random bytes for these in store; asked for anew each time they cost more than all else here.
  return `${prefix}_${randomUUID().replaceAll('-', '').slice(0, 24)}`;
}

/** SHA-256, hexadecimal. */
export function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

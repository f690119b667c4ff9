import { createHash, randomBytes } from 'node:crypto';

/** Makes an identifier such as `tsk_4f…`: 96 random bits behind a prefix that tells what it names. */
export function newId(prefix: string): string {
  return `${prefix}_${randomBytes(12).toString('hex')}`;
}

/** SHA-256, hexadecimal. */
export function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

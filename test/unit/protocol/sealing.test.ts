import { describe, expect, it } from 'vitest';
import { createSessionKeys } from '../../../delegate/link/unseal.ts';
import { createSealer } from '../../../manager/crypto/seal.ts';

describe('a secret that the manager seals', () => {
  const keys = createSessionKeys();
  const context = { taskId: 'tsk_1', attempt: 2, field: 'password' };
  const seal = createSealer(keys.sealKey);
  const sealed = seal('pässword', context);

  it('is opened by the delegate whose session it was sealed to', () => {
    expect(keys.open(sealed, context)).toBe('pässword');
    expect(JSON.stringify(sealed)).not.toContain('ssword');
  });

  it.each([
    { taskId: 'tsk_2', attempt: 2, field: 'password' },
    { taskId: 'tsk_1', attempt: 3, field: 'password' },
    { taskId: 'tsk_1', attempt: 2, field: 'token' },
  ])('cannot be moved to %j', (other) => {
    expect(keys.open(sealed, other)).toBeUndefined();
  });

  it('is nothing to another session', () => {
    expect(createSessionKeys().open(sealed, context)).toBeUndefined();
  });

  it('is never sealed twice alike', () => {
    const { iv, ciphertext } = seal('pässword', context);
    expect(iv).not.toBe(sealed.iv);
    expect(ciphertext).not.toBe(sealed.ciphertext);
  });
});

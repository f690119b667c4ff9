import { describe, expect, it } from 'vitest';
import { createSessionKeys } from '../../../delegate/link/unseal.ts';
import { createSealer } from '../../../manager/crypto/seal.ts';
import { seal } from './seal.ts';

const binding = { taskId: 'task-1', attempt: 2, field: 'password' };
const boundTo = 'task-1\n2\npassword';

describe('session keys', () => {
  it('tell the public half as base64 of 32 raw bytes', () => {
    expect(Buffer.from(createSessionKeys().sealKey, 'base64')).toHaveLength(32);
  });

  it('open what was sealed to them for this assignment and field', () => {
    const keys = createSessionKeys();
    expect(keys.open(seal('pässword \u{1f511}', keys.sealKey, boundTo), binding)).toBe('pässword \u{1f511}');
  });

  it("open what the manager's own code sealed to them", () => {
    const keys = createSessionKeys();
    const seal = createSealer(keys.sealKey);
    expect(keys.open(seal('pässword', binding), binding)).toBe('pässword');
  });

  it('open every box of a session, whether the manager takes one ephemeral key for all of them or one for each', () => {
    const keys = createSessionKeys();
    const sealOne = createSealer(keys.sealKey);
    for (let attempt = 1; attempt <= 20; attempt++) {
      const bound = { ...binding, attempt };
      expect(keys.open(sealOne(`first ${attempt}`, bound), bound)).toBe(`first ${attempt}`);
      const other = seal(`second ${attempt}`, keys.sealKey, `task-1\n${attempt}\npassword`);
      expect(keys.open(other, bound)).toBe(`second ${attempt}`);
    }
  });

  it('open the next box after one that was damaged', () => {
    const keys = createSessionKeys();
    const seal = createSealer(keys.sealKey);
    const sealed = seal('secret', binding);
    expect(keys.open({ ...sealed, tag: Buffer.alloc(16).toString('base64') }, binding)).toBeUndefined();
    expect(keys.open(sealed, binding)).toBe('secret');
  });

  it('open an empty secret', () => {
    const keys = createSessionKeys();
    expect(keys.open(seal('', keys.sealKey, boundTo), binding)).toBe('');
  });

  it('do not open what was sealed to another session', () => {
    const sealed = seal('secret', createSessionKeys().sealKey, boundTo);
    expect(createSessionKeys().open(sealed, binding)).toBeUndefined();
  });

  it.each([
    ['another task', { ...binding, taskId: 'task-2' }],
    ['another attempt', { ...binding, attempt: 3 }],
    ['another field', { ...binding, field: 'token' }],
  ])('do not open a box that was moved to %s', (_what, moved) => {
    const keys = createSessionKeys();
    expect(keys.open(seal('secret', keys.sealKey, boundTo), moved)).toBeUndefined();
  });

  it.each([
    ['a shortened tag', { tag: Buffer.alloc(4).toString('base64') }],
    ['a key that is too short', { ephemeralKey: Buffer.alloc(31).toString('base64') }],
    ['the key of a point of small order', { ephemeralKey: Buffer.alloc(32).toString('base64') }],
    ['other ciphertext', { ciphertext: Buffer.from('other').toString('base64') }],
  ])('do not open a box with %s', (_what, damage) => {
    const keys = createSessionKeys();
    expect(keys.open({ ...seal('secret', keys.sealKey, boundTo), ...damage }, binding)).toBeUndefined();
  });

  it('do not open a box that was sealed with an iv of another length', () => {
    const keys = createSessionKeys();
    expect(keys.open(seal('secret', keys.sealKey, boundTo, 16), binding)).toBeUndefined();
  });
});

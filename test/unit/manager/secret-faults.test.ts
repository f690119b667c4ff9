import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { everywhere } from '#protocol/scope.ts';
import type { DocumentStore } from '../../../manager/core/documents.ts';
import { type SecretDocument, Secrets } from '../../../manager/core/secrets.ts';
import { createVault } from '../../../manager/crypto/vault.ts';
import { SimulatedClock } from './simulated-clock.ts';

const sealer = { seal: (plaintext: string) => ({ plaintext }) as never };
const context = { taskId: 'tsk_1', attempt: 1, field: 'password' };

async function sealWith(stored: SecretDocument | undefined, masterKey: Buffer) {
  const store: Partial<DocumentStore<SecretDocument>> = { get: async () => stored };
  const secrets = new Secrets({
    uses: { note: () => {} },
    store: store as DocumentStore<SecretDocument>,
    vault: createVault(masterKey),
    clock: new SimulatedClock(0),
    defaultScope: everywhere,
    connectors: { list: async () => [] },
    waitersOn: async () => [],
  });
  const sealed = await secrets.sealFor('pw', sealer, context, { purpose: 'task', by: 'tsk_1', delegate: 'd' });
  return 'kind' in sealed ? sealed.kind : 'sealed';
}

describe('a secret that a task needs', () => {
  it('that was stored under another master key is one that this manager cannot read, and not gone', async () => {
    const [own, other] = [randomBytes(32), randomBytes(32)];
    const envelope = createVault(own).encrypt('pw', 'value');
    const document = { id: 'pw', name: 'pw', envelope, scope: everywhere, createdAt: 0, updatedAt: 0 };
    expect(await sealWith(document, own)).toBe('sealed');
    expect(await sealWith(document, other)).toBe('unreadable');
    expect(await sealWith(undefined, own)).toBe('gone');
  });
});

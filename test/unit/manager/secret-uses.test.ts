import { describe, expect, it } from 'vitest';
import type { AuditEntry } from '../../../manager/core/audit.ts';
import { SecretUses } from '../../../manager/core/secret-uses.ts';
import { capturingLogger } from '../../support/log.ts';
import { ManualClock } from '../delegate/manual-clock.ts';

type Told = Omit<AuditEntry, 'at'>;

function openUses({ begin, isDue = () => true }: { begin?: () => Promise<string>; isDue?: () => boolean } = {}) {
  const told: Told[] = [];
  const manual = new ManualClock();
  const clock = { now: () => manual.monotonicMs(), setTimer: manual.setTimer.bind(manual) };
  const { logger, text } = capturingLogger();
  const audit = {
    begin: async (entry: Told) => {
      told.push(entry);
      return begin ? begin() : '1-1';
    },
  };
  return { uses: new SecretUses({ audit, clock, log: logger, isDue }), told, manual, log: text };
}

const use = { secret: 'pw', purpose: 'task', delegate: 'd1', by: 'tsk_1' } as const;

describe('uses of secrets', () => {
  it('are told within a second, those of one kind together', () => {
    const { uses, told, manual } = openUses();
    uses.note(use);
    uses.note({ ...use, by: 'tsk_2' });
    uses.note({ ...use, delegate: 'd2', by: 'tsk_3' });
    expect(told).toEqual([]);
    manual.advance(1_000);
    expect(told).toMatchObject([
      {
        action: 'secret.use',
        subject: 'pw',
        details: { purpose: 'task', times: '2', by: 'tsk_1 tsk_2', delegate: 'd1' },
      },
      { action: 'secret.use', subject: 'pw', details: { times: '1', by: 'tsk_3', delegate: 'd2' } },
    ]);
  });

  it('are told once an hour for gates, with their number', () => {
    const { uses, told, manual } = openUses();
    for (let polls = 0; polls < 360; polls += 1) uses.note({ ...use, purpose: 'gate', by: 'con_1' });
    manual.advance(3_599_000);
    expect(told).toEqual([]);
    manual.advance(1_000);
    expect(told).toMatchObject([{ details: { purpose: 'gate', times: '360', by: 'con_1' } }]);
  });

  it('are told when the manager stops, and stand in its own log when they cannot be', async () => {
    const stopping = openUses();
    stopping.uses.note(use);
    await stopping.uses.close();
    expect(stopping.told).toHaveLength(1);

    const failing = openUses({ begin: () => Promise.reject(new Error('full')) });
    failing.uses.note(use);
    await failing.uses.close();
    expect(failing.log()).toContain('use of a secret was not recorded');

    const away = openUses({ isDue: () => false });
    away.uses.note(use);
    await away.uses.close();
    expect(away.told).toEqual([]);
    expect(away.log()).toContain('tsk_1');
  });
});

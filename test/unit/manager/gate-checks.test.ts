import { describe, expect, it } from 'vitest';
import type { FieldInfo } from '#protocol/metadata.ts';
import type { Caller } from '../../../manager/core/caller.ts';
import { readCriteria } from '../../../manager/core/criteria-input.ts';
import { GateChecks } from '../../../manager/core/gate-checks.ts';
import type { MetadataReading } from '../../../manager/core/metadata.ts';
import { Refusal, type RefusalCode } from '../../../manager/core/refusal.ts';

const caller = {} as Caller;
const state: FieldInfo = {
  name: 'state',
  label: 'State',
  type: 'integer',
  mandatory: false,
  readOnly: false,
  choices: [{ value: '-2', label: 'Scheduled' }],
};

function rules(approve: string) {
  return { approve: readCriteria(approve, '/approve'), reject: undefined, window: undefined };
}

function reading(result: MetadataReading['result']): MetadataReading {
  return { result, taskId: 'tsk_1', readAt: 0 };
}

/** Checks that read what is given, with a clock whose timers a test calls. */
function openChecks(read: () => Promise<MetadataReading>) {
  const timers = new Set<() => void>();
  const delays: number[] = [];
  const asked: unknown[] = [];
  const clock = {
    now: () => 0,
    setTimer: (ms: number, callback: () => void) => {
      timers.add(callback);
      delays.push(ms);
      return () => timers.delete(callback);
    },
  };
  const metadata = {
    read: (...given: readonly unknown[]) => {
      asked.push(given.slice(1));
      return read();
    },
  };
  const checks = new GateChecks({ metadata, clock });
  const check = (approve: string) => checks.check(caller, 'dev', 'change_request', rules(approve));
  return { check, timers, delays, asked };
}

const whole = async () => reading({ fields: [state], warnings: [] });

describe('checking the rules of a gate', () => {
  it('finds nothing wrong, and says nothing', async () => {
    const { check, asked, timers } = openChecks(whole);
    expect(await check('state = Scheduled')).toEqual([]);
    expect(asked).toEqual([['dev', { what: 'fields', table: 'change_request' }, false]]);
    expect(timers.size).toBe(0);
  });

  it('refuses with every fault and its path', async () => {
    const { check } = openChecks(whole);
    await expect(check('state = Done or stat = 1')).rejects.toMatchObject({
      code: 'criteria-invalid',
      message: expect.stringContaining('/approve the table has no column stat'),
      faults: [
        { path: '/approve', message: expect.stringContaining('no column stat') },
        { path: '/approve', message: '"Done" is no choice of state, which are -2 (Scheduled)' },
      ],
    });
  });

  it('asks nobody about rules that cannot work in any table', async () => {
    const { check, asked } = openChecks(whole);
    await expect(check('state = 1 and state = 2 and state = 3')).rejects.toBeInstanceOf(Refusal);
    expect(asked).toEqual([]);
  });

  it('takes choices that are not all known for none, and says so', async () => {
    const { check } = openChecks(async () => reading({ fields: [state], warnings: ['choices are not known'] }));
    expect(await check('state = Done and u_hidden = 1')).toEqual([
      'not all columns and choices of the rules were looked up in table change_request: choices are not known',
    ]);
  });

  it.each([
    [{ warnings: ['the fields are not known: 403'] }, 'the fields are not known: 403'],
    [{ fields: [], warnings: [] }, 'the instance tells of no columns'],
  ])('says why no column is known: %j', async (result, reason) => {
    const { check } = openChecks(async () => reading(result));
    expect(await check('stat = 1')).toEqual([expect.stringContaining(reason)]);
  });

  it('says why columns could not be read', async () => {
    const { check } = openChecks(async () => {
      throw new Refusal('metadata-unreadable', 'the fields could not be read: 401', '');
    });
    expect(await check('stat = 1')).toEqual([expect.stringMatching(/looked up in table change_request: .* 401$/)]);
  });

  it('holds nobody up for longer than ten seconds', async () => {
    const { check, timers, delays } = openChecks(() => new Promise(() => {}));
    const checked = check('stat = 1');
    expect(delays).toEqual([10_000]);
    for (const call of timers) call();
    expect(await checked).toEqual([expect.stringContaining('within 10 s')]);
  });

  it.each<RefusalCode>(['connector-not-found', 'scope-refused', 'redis-unavailable'])(
    'leaves the refusal %s to the caller',
    async (code) => {
      const { check } = openChecks(async () => {
        throw new Refusal(code, 'no', '');
      });
      await expect(check('state = 1')).rejects.toMatchObject({ code });
    },
  );
});

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { failure } from '#protocol/failure.ts';
import { taskTypes } from '#protocol/task-types.ts';
import { compileCheck } from '#protocol/validation.ts';
import { halve, keyOf, makeBatch, suspicionOf, type Waiting } from '../../../manager/core/read-batch.ts';
import { approvalRecord, sysIdOf } from './approval-records.ts';

const checkParams = compileCheck(taskTypes['ticket.read'].params);

function bySysId(index: number, fields: readonly string[] = ['state'], isDue = true): Waiting {
  const approve = { all: fields.map((field) => ({ field, operator: 'is-not-empty' as const })) };
  return { isDue, record: approvalRecord({ id: `apr_${index}`, ticket: { sysId: sysIdOf(index) }, approve }) };
}

function byNumber(index: number, isDue = true): Waiting {
  return { isDue, record: approvalRecord({ id: `apr_n${index}`, ticket: { number: `CHG${index}` } }) };
}

/** The same once it has been read. */
function read(waiting: Waiting, index: number): Waiting {
  const ticket = { table: 'change_request', number: `CHG${index}`, sysId: sysIdOf(index), link: '', fields: {} };
  const reading = { ticket, readAt: '', taskId: '', attempt: 1, delegateId: '', delegateName: '' };
  return { ...waiting, record: approvalRecord({ ...waiting.record.spec }, { reading }) };
}

const idsOf = (waiting: readonly Waiting[]) => makeBatch(waiting)?.records.map(({ spec }) => spec.id);

describe('a batch of gates', () => {
  it('is not there when none is due', () => {
    expect(makeBatch([])).toBeUndefined();
    expect(makeBatch([bySysId(1, ['state'], false), byNumber(2, false)])).toBeUndefined();
  });

  it('takes along those that are not due yet, as far as there is room', () => {
    expect(idsOf([bySysId(1), bySysId(2, ['state'], false)])).toEqual(['apr_1', 'apr_2']);
    const many = Array.from({ length: 400 }, (_, index) => bySysId(index, ['state'], index === 0));
    expect(idsOf(many)).toHaveLength(180);
  });

  it('asks for each ticket once, and for the fields of all', () => {
    const twice = {
      ...bySysId(1, ['approval', 'state']),
      record: approvalRecord({ id: 'apr_other', ticket: { sysId: sysIdOf(1) } }),
    };
    expect(makeBatch([bySysId(1, ['state']), twice])?.params).toEqual({
      table: 'change_request',
      sysIds: [sysIdOf(1)],
      fields: ['approval', 'state'],
      optionalFields: ['active'],
      approvers: true,
    });
  });

  it('reads those that are known by their number alone first, by themselves, and only when they are due', () => {
    const waiting = [bySysId(1), byNumber(2), byNumber(3, false)];
    expect(makeBatch(waiting)?.params).toMatchObject({ numbers: ['CHG2'] });
    expect(idsOf([bySysId(1), byNumber(3, false)])).toEqual(['apr_1']);
  });

  it('asks for a ticket that has been read by its sys_id, whatever it was named by', () => {
    const known = read(byNumber(7), 7);
    expect(keyOf(known.record)).toEqual({ by: 'sysId', value: sysIdOf(7) });
    expect(makeBatch([known])?.params).toMatchObject({ sysIds: [sysIdOf(7)] });
  });

  it('reads by itself, and last, whose reading failed by itself', () => {
    const alone = (waiting: Waiting): Waiting => ({
      ...waiting,
      record: { ...waiting.record, progress: { ...waiting.record.progress, isReadAlone: true } },
    });
    expect(idsOf([alone(byNumber(1)), alone(bySysId(2)), bySysId(3), bySysId(4, ['state'], false)])).toEqual([
      'apr_3',
      'apr_4',
    ]);
    expect(idsOf([alone(byNumber(1)), alone(bySysId(2)), bySysId(4, ['state'], false)])).toEqual(['apr_n1']);
    expect(idsOf([alone(byNumber(1))])).toEqual(['apr_n1']);
  });

  it('is one gate for a probe, one that was read before if there is any', () => {
    const probed = (waiting: readonly Waiting[]) => makeBatch(waiting, 'probe')?.records.map(({ spec }) => spec.id);
    expect(probed([byNumber(1), bySysId(2), bySysId(3)])).toEqual(['apr_2']);
    expect(probed([byNumber(1), bySysId(2, ['state'], false)])).toEqual(['apr_n1']);
    expect(probed([bySysId(2, ['state'], false)])).toBeUndefined();
  });

  it('leaves out whose fields would make the address too long (trap 37), and takes the next that fits', () => {
    const long = Array.from({ length: 8 }, (_, index) => `u_${index}${'x'.repeat(96)}`);
    const [first = '', ...others] = long;
    const waiting = [bySysId(1, [first]), bySysId(2, [...others, 'u_too_much']), bySysId(3, [first])];
    expect(idsOf(waiting)).toEqual(['apr_1', 'apr_3']);
    expect(idsOf(waiting.slice(1, 2))).toEqual(['apr_2']);
  });

  it('asks for no more than a task may ask for, whatever the gates need', () => {
    const field = fc.integer({ min: 0, max: 1_295 }).map((index) => `u${index.toString(36)}`);
    const gate = fc.tuple(fc.boolean(), fc.uniqueArray(field, { minLength: 1, maxLength: 5 }));
    fc.assert(
      fc.property(fc.array(gate, { minLength: 1, maxLength: 200, size: 'max' }), (gates) => {
        const waiting = gates.map(([isDue, fields], index) => bySysId(index, fields, isDue));
        const batch = makeBatch(waiting);
        expect(batch !== undefined).toBe(gates.some(([isDue]) => isDue));
        if (batch) expect(checkParams(batch.params)).toHaveProperty('value');
      }),
    );
  });

  it('begins with the most pressing, so that every gate that is due is in some batch', () => {
    const left = new Set(Array.from({ length: 300 }, (_, index) => index));
    for (let round = 0; left.size > 0; round += 1) {
      const waiting = [...left].map((index) => bySysId(index, [`u_${'y'.repeat(60)}_${index % 30}`]));
      for (const id of idsOf(waiting) ?? []) left.delete(Number(id.slice(4)));
      expect(round).toBeLessThan(10);
    }
  });
});

describe('a reading that failed for what one gate asked', () => {
  it('is halved until that gate is alone, and asks for what the others need alone', () => {
    const batch = makeBatch([bySysId(1, ['state']), bySysId(2, ['approval']), bySysId(3, ['u_nope'])]);
    const halves = (batch && halve(batch)) ?? [];
    expect(halves.map(({ params }) => params)).toMatchObject([
      { sysIds: [sysIdOf(1), sysIdOf(2)], fields: ['approval', 'state'] },
      { sysIds: [sysIdOf(3)], fields: ['u_nope'] },
    ]);
    const [, alone] = halves;
    expect(alone && halve(alone)).toBeUndefined();
  });

  it.each([
    ['field-unknown', 'one'],
    ['ticket-ambiguous', 'one'],
    ['result-too-large', 'one'],
    ['servicenow-bad-request', 'perhaps-one'],
    ['servicenow-maintenance', 'perhaps-one'],
    ['servicenow-reset', 'perhaps-one'],
    ['servicenow-server-error', 'perhaps-one'],
    ['delegate-fault', 'perhaps-one'],
    ['delegate-lost', 'perhaps-one'],
    ['deadline-exceeded', 'perhaps-one'],
    ['servicenow-timeout', 'perhaps-one'],
    ['servicenow-undecodable', 'perhaps-one'],
    ['task-timeout', 'perhaps-one'],
    ['task-unsupported', 'perhaps-one'],
    ['servicenow-unauthenticated', 'none'],
    ['servicenow-forbidden', 'none'],
    ['servicenow-table-unknown', 'none'],
    ['servicenow-unreachable', 'none'],
    ['servicenow-rate-limited', 'none'],
    ['lease-lost', 'none'],
    ['no-eligible-delegate', 'none'],
  ] as const)('is one by its code: %s, %s', (code, expected) => {
    expect(suspicionOf(failure(code, 'm', 'r'))).toBe(expected);
  });
});

import { describe, expect, it } from 'vitest';
import type { ApprovalView, Reading } from '#protocol/approval.ts';
import { failure } from '#protocol/failure.ts';
import type { StoredRow } from '../simulator-client.ts';
import type { ShownTask } from '../snapshot.ts';
import { checkGates } from './check-gates.ts';
import { endOf, type Gate } from './gate.ts';
import { isDecidedFrom } from './gate-fate.ts';
import { rulesFor, toStored } from './gate-rules.ts';
import type { GateSnapshot } from './gate-snapshot.ts';
import type { PlannedGate, TicketStory } from './plan-gates.ts';
import type { Delivery } from './webhook-receiver.ts';

const start = Date.UTC(2026, 0, 1);
const at = (second: number) => start + second * 1_000;
const iso = (second: number) => new Date(at(second)).toISOString();

const planned: PlannedGate = {
  afterMs: 0,
  manager: 0,
  isOfOtherGroup: false,
  hasKey: true,
  repeats: 0,
  isCancelled: false,
  isByNumber: true,
  hasRejection: true,
  isStrict: false,
  everyMs: 300,
  webhook: undefined,
};
const asking = { state: '-3', approval: 'requested', short_description: 'a ticket' };
const approved = { ...asking, state: '-2', approval: 'approved' };
const both = { ...approved, state: '4' };
const marker = 'gate-7-1';

/** A ticket that is approved from second 2 to 3 on, and a gate that waits for it. */
function gate(
  change: Partial<Gate> = {},
  story: TicketStory = 'approve',
  last: StoredRow | undefined = approved,
): Gate {
  const steps = [
    { askedAt: at(0), doneAt: at(0), row: asking },
    { askedAt: at(2), doneAt: at(3), row: last },
  ];
  return {
    marker,
    story,
    planned,
    rules: rulesFor(story, planned, marker),
    timeoutMs: 60_000,
    history: { table: 'change_request', number: 'CHG1', sysId: 's1', steps },
    submissions: [{ manager: 'manager-1', result: 'accepted', approvalId: 'apr_1', at: at(1), detail: '201' }],
    observations: [],
    cancellation: 'not asked',
    ...change,
  };
}

function reading(row: StoredRow, readAt = 4): Reading {
  const fields = Object.fromEntries(Object.entries(row).map(([name, value]) => [name, { value, displayValue: value }]));
  const ticket = { table: 'change_request', number: 'CHG1', sysId: 's1', link: '', fields };
  const by = { taskId: 'tsk_1', attempt: 1, delegateId: 'd1', delegateName: 'delegate-1' };
  return { ticket, readAt: iso(readAt), ...by };
}

function view(change: Partial<ApprovalView> = {}, row: StoredRow = approved): ApprovalView {
  return {
    id: 'apr_1',
    state: 'approved',
    connectorId: 'con_1',
    ticket: { table: 'change_request', number: 'CHG1', sysId: 's1', link: '' },
    criteria: { approve: 'approval = approved' },
    workNotes: false,
    warnings: [],
    createdAt: iso(1),
    deadlineAt: iso(61),
    intervalMs: 300,
    current: {},
    endedAt: iso(4),
    evidence: { rule: 'approval = approved', decidedAt: iso(4), reading: reading(row) },
    ...change,
  };
}

/** The same without what an approval has by its end. */
function bare(change: Partial<ApprovalView>): ApprovalView {
  const { endedAt, evidence: _, ...open } = view();
  return { ...open, ...(change.state === 'waiting' ? {} : { endedAt: endedAt ?? '' }), ...change };
}

const waiting = bare({ state: 'waiting' });

/** The task of the reading; it began when second 3 was over. */
function task(assignedAt = 3.5): ShownTask {
  const outcome = { kind: 'succeeded', result: {} } as const;
  const attempt = { attempt: 1, delegateId: 'd1', delegateName: 'delegate-1', assignedAt: iso(assignedAt), outcome };
  const shown = { id: 'tsk_1', manager: 'manager-1', type: 'ticket.read', state: 'succeeded', pickUpBy: iso(60) };
  return { ...shown, outcome, attempts: [attempt] };
}

function snapshot(of: Gate, shown: ApprovalView, change: Partial<GateSnapshot> = {}): GateSnapshot {
  return {
    gates: [of],
    idsOf: new Map([[marker, ['apr_1']]]),
    shown: [{ manager: 'manager-1', view: shown }],
    readings: new Map([['tsk_1', task()]]),
    earlier: new Map(),
    delegateNames: ['delegate-1'],
    wholeAt: at(5),
    lookedAt: at(6),
    takenAt: at(6),
    leftKeys: [],
    deliveries: [],
    isLast: true,
    ...change,
  };
}

function rulesBroken(of: GateSnapshot): string[] {
  return checkGates(of).map(({ rule }) => rule);
}

describe('a gate that opened', () => {
  it('is in order when its ticket was as its evidence says', () => {
    expect(checkGates(snapshot(gate(), view()))).toEqual([]);
  });

  it('must have evidence, by a task that is known', () => {
    const evidence = { rule: 'approval = approved', decidedAt: iso(4) };
    expect(rulesBroken(snapshot(gate(), view({ evidence })))).toContain('gate-approved');
    expect(rulesBroken(snapshot(gate(), view(), { readings: new Map() }))).toEqual(['gate-approved']);
  });

  it('must not show what its ticket was not while it was read', () => {
    const earlyTask = new Map([['tsk_1', task(0.2)]]);
    const evidence = { rule: 'approval = approved', decidedAt: iso(4), reading: reading(approved, 1) };
    const early = view({ evidence });
    expect(rulesBroken(snapshot(gate(), early, { readings: earlyTask }))).toEqual(['gate-approved']);
  });

  it('must not be rejected by the same reading', () => {
    const story = gate({}, 'both-at-once', both);
    expect(rulesBroken(snapshot(story, view({}, both)))).toEqual(['gate-approved']);
    const rejected = view({ state: 'rejected' }, both);
    expect(rulesBroken(snapshot(story, rejected))).toEqual([]);
  });

  it('must be inside its window', () => {
    const opening = { start_date: toStored(at(4)), end_date: toStored(at(60)) };
    const open = { ...approved, ...opening };
    expect(rulesBroken(snapshot(gate({}, 'open-window', open), view({}, open)))).toEqual([]);
    const later = { ...approved, ...opening, start_date: toStored(at(5)) };
    expect(rulesBroken(snapshot(gate({}, 'open-window', later), view({}, later)))).toEqual(['gate-approved']);
  });
});

describe('a gate that failed or expired', () => {
  const failed = (code: 'ticket-not-found' | 'servicenow-timeout') =>
    bare({ state: 'failed', failure: failure(code, 'so it is', 'look') });

  it('must not have failed for noise', () => {
    expect(rulesBroken(snapshot(gate(), failed('servicenow-timeout')))).toEqual(['gate-failed']);
  });

  it('may have failed because its ticket was deleted, or never was', () => {
    expect(rulesBroken(snapshot(gate(), failed('ticket-not-found')))).toEqual(['gate-failed']);
    expect(rulesBroken(snapshot(gate({ history: undefined }), failed('ticket-not-found')))).toEqual([]);
    const { history } = gate();
    const steps = [...(history?.steps ?? []), { askedAt: at(3), doneAt: at(3), row: undefined }];
    const gone = gate({ history: { table: '', number: '', sysId: '', steps } }, 'delete');
    expect(rulesBroken(snapshot(gone, failed('ticket-not-found')))).toEqual([]);
  });

  it('must not have timed out before its time-out was over', () => {
    const timedOut = failure('gate-timed-out', 'it is over', 'start another');
    const early = view({ state: 'expired', failure: timedOut, deadlineAt: iso(4.001) });
    expect(rulesBroken(snapshot(gate(), early))).toEqual(['gate-expired']);
    expect(rulesBroken(snapshot(gate(), { ...early, deadlineAt: iso(4) }))).toEqual([]);
  });
});

describe('what callers saw of a gate', () => {
  const end = endOf(view());
  const observation = { manager: 'manager-2', approvalId: 'apr_1', state: 'approved', end, at: at(4) };

  it('must be one end, and nothing after it', () => {
    const other = { ...observation, end: endOf(view({ endedAt: iso(5) })) };
    expect(rulesBroken(snapshot(gate({ observations: [observation] }), view()))).toEqual([]);
    expect(rulesBroken(snapshot(gate({ observations: [other] }), view()))).toEqual(['one-end']);
    const later = { ...observation, state: 'waiting', end: undefined };
    expect(rulesBroken(snapshot(gate({ observations: [observation, later] }), view()))).toEqual(['gate-went-back']);
  });

  it('must be one approval, however often it was started', () => {
    const idsOf = new Map([[marker, ['apr_1', 'apr_2']]]);
    const shown = [view(), view({ id: 'apr_2' })].map((each) => ({ manager: 'manager-1', view: each }));
    expect(rulesBroken(snapshot(gate(), view(), { idsOf, shown }))).toEqual(['one-gate']);
  });

  it('must not be a refusal, or a loss', () => {
    const refused = { manager: 'manager-1', result: 'refused' as const, approvalId: undefined, at: 0, detail: '422' };
    expect(rulesBroken(snapshot(gate({ submissions: [refused] }), view()))).toEqual(['gate-refused']);
    expect(rulesBroken(snapshot(gate(), view(), { shown: [] }))).toEqual(['gate-lost']);
  });

  it('must not be waiting for long once it is decided', () => {
    expect(rulesBroken(snapshot(gate(), waiting, { takenAt: at(14) }))).toEqual([]);
    expect(rulesBroken(snapshot(gate(), waiting, { takenAt: at(15) }))).toEqual(['gate-stuck']);
  });
});

describe('from when a gate is decided', () => {
  it('is when its ticket surely was so, and stayed so', () => {
    expect(isDecidedFrom(gate())).toBe(at(3));
    expect(isDecidedFrom(gate({}, 'flicker', asking))).toBe(Number.POSITIVE_INFINITY);
  });

  it('is when the change window opens', () => {
    const row = { ...approved, start_date: toStored(at(9)), end_date: toStored(at(60)) };
    expect(isDecidedFrom(gate({}, 'open-window', row))).toBe(at(9));
  });
});

describe('what Redis holds once all gates have ended', () => {
  it('must be nothing of poll groups', () => {
    const key = { name: 'ticketgate:poll-groups', type: 'zset', ttlMs: undefined, content: [] };
    expect(rulesBroken(snapshot(gate(), view(), { leftKeys: [key] }))).toEqual(['gate-keys']);
  });
});

describe('what was told of a gate', () => {
  const delivery: Delivery = {
    marker,
    at: at(5),
    webhookId: 'msg_1',
    isSigned: true,
    body: { type: 'approval.ended', timestamp: iso(5), data: JSON.parse(JSON.stringify(view())) },
    answered: 'taken',
  };
  const told = (...deliveries: Delivery[]) =>
    rulesBroken(snapshot(gate({ planned: { ...planned, webhook: { answers: [] } } }), view(), { deliveries }));

  it('must be its end, at least once', () => {
    expect(told(delivery)).toEqual([]);
    expect(told({ ...delivery, answered: 'error-500' }, delivery)).toEqual([]);
    expect(told({ ...delivery, answered: 'error-500' })).toEqual(['webhook-told']);
    expect(told()).toEqual(['webhook-told']);
  });

  it('must be under one id', () => {
    expect(told(delivery, { ...delivery, webhookId: 'msg_2' })).toEqual(['webhook-one-id']);
  });

  it('must be signed, and what the API shows', () => {
    expect(told({ ...delivery, isSigned: false })).toEqual(['webhook-as-shown']);
    expect(told({ ...delivery, body: { data: view({ state: 'rejected' }) } })).toEqual(['webhook-as-shown']);
  });
});

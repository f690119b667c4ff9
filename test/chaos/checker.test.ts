import { describe, expect, it } from 'vitest';
import { failure } from '#protocol/failure.ts';
import type { Outcome } from '#protocol/task.ts';
import type { Operation } from './caller.ts';
import type { FaultKind } from './cells.ts';
import { check } from './checker.ts';
import { keyFamilies } from './redis-snapshot.ts';
import type { RedisKey, Remains, ShownTask, Snapshot } from './snapshot.ts';

const id = 'tsk_1';
const marker = 'chaos-7-1';
const number = 'CHG0030001';
const pickUpBy = '2026-01-01T00:00:30.000Z';
const ticket = { sys_id: 's1', number, short_description: marker, correlation_id: 'ticketgate-1' };
const succeeded: Outcome = { kind: 'succeeded', result: { ticket: { number } } };
const unknown: Outcome = { kind: 'failed', failure: failure('outcome-unknown', 'it may be there', 'look') };
const cut: FaultKind = 'cut-servicenow-link';

const accepted = { manager: 'manager-1', result: 'accepted', taskId: id, detail: '202' } as const;

function operation(change: Partial<Operation> = {}): Operation {
  return {
    marker,
    kind: 'create',
    hasKey: false,
    submissions: [accepted],
    observations: [{ manager: 'manager-2', taskId: id, state: 'succeeded', outcome: JSON.stringify(succeeded) }],
    cancellation: 'not asked',
    ...change,
  };
}

function shown(outcome: Outcome, change: Partial<ShownTask> = {}): ShownTask {
  return {
    id,
    manager: 'manager-1',
    type: 'ticket.create',
    state: outcome.kind,
    pickUpBy,
    outcome,
    attempts: [],
    ...change,
  };
}

function stored(change: Partial<RedisKey> = {}): RedisKey {
  const content = ['spec', `{"short_description":"${marker}"}`, 'outcome', JSON.stringify(succeeded)];
  return { name: `ticketgate:task:${id}`, type: 'hash', ttlMs: 1_000, content, ...change };
}

function key(name: string, content: readonly string[] = [], type = 'zset'): RedisKey {
  return { name, type, ttlMs: undefined, content };
}

/** One create that succeeded, with nothing to find fault with. */
function snapshot(change: Partial<Snapshot> = {}): Snapshot {
  return {
    operations: [operation()],
    tasks: [shown(succeeded), shown(succeeded, { manager: 'manager-2' })],
    takenAt: Date.parse(pickUpBy),
    earlier: new Map(),
    unclaimed: new Map(),
    tickets: [ticket],
    notes: [],
    importRows: [],
    changeTasks: [],
    redis: [stored(), key('ticketgate:tasks', [id])],
    families: keyFamilies(),
    remains: [],
    faults: [],
    unasked: [],
    complaints: [],
    overdue: [],
    ...change,
  };
}

function look(change: Partial<Remains> = {}): Remains {
  return {
    ended: new Set([id]),
    redis: [stored(), key('ticketgate:tasks', [id])],
    families: keyFamilies(),
    delegates: [{ manager: 'manager-1', name: 'delegate-1', state: 'online', inFlight: 0 }],
    delegateCount: 1,
    ...change,
  };
}

/** The same, ended otherwise. */
function ended(outcome: Outcome, change: Partial<Snapshot> = {}, task: Partial<ShownTask> = {}): Snapshot {
  return snapshot({
    operations: [operation({ observations: [] })],
    tasks: [shown(outcome, task)],
    tickets: [],
    ...change,
  });
}

function rulesBroken(of: Snapshot): string[] {
  return check(of).map(({ rule }) => rule);
}

describe('what callers saw', () => {
  it('is in order for a create that succeeded with its ticket', () => {
    expect(check(snapshot())).toEqual([]);
  });

  it('must be one task for one submission, however often it was repeated', () => {
    const submissions = [accepted, { ...accepted, taskId: 'tsk_2' }];
    const tasks = [shown(succeeded), shown(succeeded, { id: 'tsk_2' })];
    expect(rulesBroken(snapshot({ operations: [operation({ submissions })], tasks }))).toEqual(['one-task']);
  });

  it('must be one task also when Redis holds a second one of which nobody was told', () => {
    const second = stored({ name: 'ticketgate:task:tsk_2' });
    const tasks = [shown(succeeded), shown(succeeded, { id: 'tsk_2' })];
    expect(rulesBroken(snapshot({ redis: [stored(), second], tasks }))).toEqual(['one-task']);
  });

  it('must not be the loss of an accepted task', () => {
    expect(rulesBroken(snapshot({ tasks: [], tickets: [], redis: [] }))).toContain('task-lost');
  });

  it('must be an end', () => {
    expect(rulesBroken(ended(succeeded, { tickets: [ticket] }, { state: 'running' }))).toContain('task-ends');
  });

  it('may be a task that was written while its manager died, if it expires in time', () => {
    const submissions = [{ ...accepted, result: 'no answer' as const, taskId: undefined }];
    const operations = [operation({ submissions, observations: [] })];
    const waiting = shown(succeeded, { state: 'queued', outcome: undefined });
    const left = { tasks: [waiting], tickets: [], operations };
    expect(rulesBroken(snapshot(left))).toEqual([]);
    const unclaimed = new Map([[id, Date.parse(pickUpBy) - 1]]);
    expect(rulesBroken(snapshot({ ...left, unclaimed }))).toEqual(['task-ends']);
    const late: Outcome = { kind: 'expired', failure: failure('no-eligible-delegate', 'nobody', 'start one') };
    expect(rulesBroken(snapshot({ ...left, tasks: [shown(late)] }))).toEqual([]);
  });

  it('must be one outcome at every time, by every manager', () => {
    const other: Outcome = { kind: 'succeeded', result: { ticket: { number }, created: false } };
    const tasks = [shown(succeeded), shown(other, { manager: 'manager-2' })];
    expect(rulesBroken(snapshot({ tasks }))).toEqual(['one-outcome']);
    expect(rulesBroken(snapshot({ earlier: new Map([[id, JSON.stringify(other)]]) }))).toContain('one-outcome');
  });

  it('must not be a refusal', () => {
    const submissions = [accepted, { ...accepted, result: 'refused' as const, taskId: undefined }];
    expect(rulesBroken(snapshot({ operations: [operation({ submissions })] }))).toEqual(['refused']);
  });
});

describe('the attempts of a task', () => {
  const lost: Outcome = { kind: 'failed', failure: failure('delegate-lost', 'it vanished', 'look') };
  const at = (second: number) => new Date(Date.UTC(2026, 0, 1, 0, 0, second)).toISOString();
  const attempts = (begins: number) => [
    { attempt: 1, delegateId: 'd', delegateName: 'd', assignedAt: at(0), outcome: lost },
    { attempt: 2, delegateId: 'e', delegateName: 'e', assignedAt: at(begins), outcome: succeeded },
  ];

  it('do not follow one that was lost before it has settled', () => {
    expect(rulesBroken(snapshot({ tasks: [shown(succeeded, { attempts: attempts(5) })] }))).toEqual([]);
    expect(rulesBroken(snapshot({ tasks: [shown(succeeded, { attempts: attempts(1) })] }))).toEqual(['fencing']);
  });

  it('may follow at once where nothing is changed', () => {
    const task = shown(succeeded, { type: 'ticket.read', attempts: attempts(1) });
    const operations = [operation({ kind: 'read' })];
    expect(rulesBroken(snapshot({ operations, tasks: [task], tickets: [] }))).toEqual([]);
  });
});

describe('what ServiceNow holds', () => {
  it('must be the ticket of a create that succeeded, once', () => {
    expect(rulesBroken(snapshot({ tickets: [] }))).toEqual(['ticket-as-told', 'right-ticket']);
    const second = { ...ticket, sys_id: 's2', number: 'CHG0030002', correlation_id: 'ticketgate-2' };
    expect(rulesBroken(snapshot({ tickets: [ticket, second] }))).toEqual(['one-ticket']);
  });

  it('must not be two tickets with one correlation id', () => {
    const stranger = { ...ticket, sys_id: 's2', short_description: 'another' };
    expect(rulesBroken(snapshot({ tickets: [ticket, stranger] }))).toEqual(['one-ticket']);
  });

  it('must not be a ticket of a create that ended without a word of it', () => {
    const cancelled: Outcome = { kind: 'cancelled', reason: 'asked for' };
    const operations = [operation({ observations: [], cancellation: 'answered' })];
    expect(rulesBroken(ended(cancelled, { operations }))).toEqual([]);
    expect(rulesBroken(ended(cancelled, { operations, tickets: [ticket] }))).toEqual(['ticket-as-told']);
  });

  it('may be one ticket or none where the outcome is unknown', () => {
    expect(rulesBroken(ended(unknown, { faults: [cut] }))).toEqual([]);
    expect(rulesBroken(ended(unknown, { faults: [cut], tickets: [ticket] }))).toEqual([]);
  });

  it('must not be a ticket of a submission that was not accepted', () => {
    const submissions = [{ ...accepted, result: 'no answer' as const, taskId: undefined }];
    const operations = [operation({ submissions, observations: [] })];
    expect(rulesBroken(snapshot({ operations, redis: [], tasks: [], tickets: [] }))).toEqual([]);
    expect(rulesBroken(snapshot({ operations, redis: [], tasks: [] }))).toEqual(['ticket-as-told']);
  });

  it('must be one note of an update that succeeded', () => {
    const operations = [operation({ kind: 'update' })];
    const note = { value: marker, element_id: 's1' };
    expect(rulesBroken(snapshot({ operations, tickets: [], notes: [note] }))).toEqual([]);
    expect(rulesBroken(snapshot({ operations, tickets: [], notes: [] }))).toEqual(['note-as-told']);
    expect(rulesBroken(snapshot({ operations, tickets: [], notes: [note, note] }))).toEqual(['one-note']);
  });
});

describe('the parts of a task', () => {
  const imported = (kinds: readonly string[]): Outcome => ({
    kind: 'failed',
    failure: {
      ...failure('servicenow-reset', 'it broke', 'again'),
      partialResult: { rows: kinds.map((kind) => ({ kind })) },
    },
  });
  const rowsOf = (...keys: string[]) => keys.map((each) => ({ u_key: `${marker}-${each}`, u_title: marker }));
  const importing = { operations: [operation({ kind: 'import', observations: [] })], tickets: [], redis: [] };
  const partRules = (of: Snapshot) => rulesBroken(of).filter((rule) => rule.includes('row') || rule.includes('note'));

  it('must be every row of an import that succeeded, once, and those that are alike as often as there are', () => {
    const all = rowsOf('alike', 'other', 'alike');
    expect(partRules(snapshot({ ...importing, importRows: all }))).toEqual([]);
    expect(partRules(snapshot({ ...importing, importRows: rowsOf('alike', 'other') }))).toEqual(['row-as-told']);
    expect(partRules(snapshot({ ...importing, importRows: [...all, ...rowsOf('other')] }))).toEqual(['one-row']);
  });

  it('must be the rows that a failure tells of', () => {
    const of = (kinds: readonly string[], ...keys: string[]) =>
      partRules(ended(imported(kinds), { ...importing, importRows: rowsOf(...keys), faults: [cut] }));
    expect(of(['loaded', 'failed', 'not-tried'], 'alike')).toEqual([]);
    expect(of(['found', 'loaded', 'failed'], 'alike')).toEqual(['row-as-told']);
  });

  it('may be any where the outcome is unknown, and none where nothing is told', () => {
    const cancelled: Outcome = { kind: 'cancelled', reason: 'asked for' };
    const left = { ...importing, importRows: rowsOf('alike') };
    expect(partRules(ended(unknown, left))).toEqual([]);
    expect(partRules(ended(cancelled, left))).toEqual(['row-as-told']);
  });

  it('must be one note on each change task', () => {
    const operations = [operation({ kind: 'update-many' })];
    const noted = (...ids: string[]) =>
      partRules(
        snapshot({
          operations,
          tickets: [],
          changeTasks: ['c1', 'c2'],
          notes: ids.map((id) => ({ value: marker, element_id: id })),
        }),
      );
    expect(noted('c1', 'c2')).toEqual([]);
    expect(noted('c1')).toEqual(['note-as-told']);
    expect(noted('c1', 'c2', 'c2')).toEqual(['one-note']);
  });
});

describe('what is left', () => {
  it.each([
    { rule: 'known-keys', what: 'a key of no family', left: key('ticketgate:surprise:1') },
    { rule: 'retention', what: 'an ended task that stays', left: stored({ ttlMs: undefined }) },
    { rule: 'left-over', what: 'a lease of an ended task', left: key('ticketgate:task-leases', [id]) },
    { rule: 'queue-empty', what: 'a waiting job', left: key('ticketgate:queue:ticket.create:wait', ['x.1'], 'list') },
    { rule: 'queue-empty', what: 'a lock', left: key('ticketgate:queue:ticket.create:x.1:lock', ['t'], 'string') },
  ])('must not be $what', ({ rule, left }) => {
    expect(rulesBroken(snapshot({ remains: [look({ redis: [stored(), left] })] }))).toContain(rule);
  });

  it('may be what a queue is made of, and a canary under way', () => {
    const resting = key('ticketgate:queue:ticket.create:meta', ['opts'], 'hash');
    const canary = key('ticketgate:queue:canary!delegate-1:active', ['tsk_9.1'], 'list');
    expect(rulesBroken(snapshot({ remains: [look({ redis: [stored(), resting, canary] })] }))).toEqual([]);
  });

  it('must not be a slot', () => {
    const delegates = [{ manager: 'manager-1', name: 'delegate-1', state: 'online', inFlight: 1 }];
    expect(rulesBroken(snapshot({ remains: [look({ delegates })] }))).toEqual(['slot-leaked']);
  });

  it('is what every look found', () => {
    const lease = key('ticketgate:task-leases', [id]);
    const left = look({ redis: [stored(), lease] });
    expect(rulesBroken(snapshot({ remains: [left, left] }))).toEqual(['left-over']);
    expect(rulesBroken(snapshot({ remains: [look(), left] }))).toEqual([]);
    expect(rulesBroken(snapshot({ remains: [left, look()] }))).toEqual([]);
  });

  it('must not be a program that ended by itself or complained', () => {
    const unasked = [{ name: 'manager-1', how: 'ended by itself with code 1', lastLines: '' }];
    expect(rulesBroken(snapshot({ unasked, complaints: ['manager-1: …'] }))).toEqual(['program-ended', 'complaint']);
  });
});

describe('what must be explained', () => {
  const reset: Outcome = { kind: 'failed', failure: failure('servicenow-reset', 'it broke', 'try again') };
  const failedAttempt = { attempt: 1, delegateId: 'd', delegateName: 'd', assignedAt: '', outcome: reset };

  it('is an unknown outcome, by a fault between a delegate and ServiceNow', () => {
    expect(rulesBroken(ended(unknown))).toEqual(['explained']);
    expect(rulesBroken(ended(unknown, { faults: ['kill-manager'] }))).toEqual(['explained']);
  });

  it('is a failure, by such a fault and by all attempts', () => {
    const attempts = Array.from({ length: 5 }, () => failedAttempt);
    expect(rulesBroken(ended(reset, { faults: [cut] }, { attempts }))).toEqual([]);
    expect(rulesBroken(ended(reset, { faults: [cut] }, { attempts: [failedAttempt] }))).toEqual(['explained']);
    expect(rulesBroken(ended(reset, {}, { attempts }))).toEqual(['explained']);
  });

  it('is the end of a task that nobody could take, by that', () => {
    const late: Outcome = { kind: 'expired', failure: failure('no-eligible-delegate', 'nobody', 'start one') };
    const operations = [operation({ kind: 'unservable', observations: [] })];
    expect(rulesBroken(ended(late, { operations }))).toEqual([]);
    expect(rulesBroken(ended(late))).toEqual(['explained']);
  });

  it('is a cancelled task, by somebody who asked for it', () => {
    expect(rulesBroken(ended({ kind: 'cancelled', reason: 'who knows' }))).toEqual(['explained']);
  });
});

import { endScript as endGate, createScript as startGate } from '../../manager/redis/approval-store.ts';
import { claimScript as claimKey } from '../../manager/redis/idempotency.ts';
import { giveBackScript as giveBack, rescheduleScript as reschedule } from '../../manager/redis/poll-group-store.ts';
import { assign, create, finish, requeue } from '../../manager/redis/task-scripts.ts';
import type { InstantName } from './cells.ts';
import { isOurs, type TaskTypes, typeIn, writes } from './task-types.ts';
import type { Wire } from './trip-wires.ts';

/** One way to meet an instant: which bytes tell that it is there. */
export interface Way extends Omit<Wire, 'skip' | 'spring'> {
  /** What passes then. */
  readonly name: string;
}

/** The ways to meet each instant. Canaries take the same way as tasks, and are not meant. */
export function waysTo(instant: InstantName, types: TaskTypes): readonly [Way, ...Way[]] {
  const toRedis = { arrow: 'redis', direction: 'to-server' } as const;
  const fromRedis = { arrow: 'redis', direction: 'to-client' } as const;
  const toDelegate = { arrow: 'manager', direction: 'to-client' } as const;
  const toServiceNow = { arrow: 'servicenow', direction: 'to-server' } as const;
  const fromServiceNow = { arrow: 'servicenow', direction: 'to-client' } as const;
  const written = (text: string) => writes(/"(?:type|routeId)":"([a-z.-]*)/.exec(text)?.[1] ?? '');
  const known = (text: string) => isOurs(text, types);
  const isPoll = (text: string) => text.includes('"isBackground":true');
  const ofPoll = (text: string) => typeIn(text, types) === 'ticket.read';
  const isList = (text: string) => /^[^\r]*(sys_id|number)IN/.test(text);
  const always = () => true;
  switch (instant) {
    case 'before-claim':
      return [
        { ...toRedis, name: 'create', bytes: create.sha, concerns: written, when: 'before' },
        { ...toRedis, name: 'create', bytes: create.sha, concerns: written, when: 'answered' },
        // The task and its job are in Redis, and no manager was told.
        { ...toRedis, name: 'notice of work', bytes: 'route-has-work', concerns: written, when: 'before' },
      ];
    case 'after-claim':
      return [
        // The job is claimed, and the manager that claimed it does not know yet.
        {
          ...fromRedis,
          name: 'claimed job',
          bytes: '\r\nname\r\n$13\r\nticket.create\r\n',
          concerns: always,
          when: 'before',
        },
        { ...toRedis, name: 'assign', bytes: assign.sha, concerns: known, when: 'before' },
      ];
    case 'after-assign':
      return [
        { ...toRedis, name: 'assign', bytes: assign.sha, concerns: known, when: 'answered' },
        { ...toDelegate, name: 'task.assign', bytes: '"type":"task.assign"', concerns: known, when: 'before' },
        { ...toDelegate, name: 'task.assign', bytes: '"type":"task.assign"', concerns: known, when: 'after' },
      ];
    case 'during-side-effect':
      return [
        { ...toServiceNow, name: 'POST', bytes: 'POST /api/now/table/', concerns: always, when: 'after' },
        { ...toServiceNow, name: 'import', bytes: 'POST /api/now/import/', concerns: always, when: 'after' },
        { ...toServiceNow, name: 'PATCH', bytes: 'PATCH /api/now/table/', concerns: always, when: 'after' },
      ];
    case 'after-side-effect':
      return [
        { ...fromServiceNow, name: '201', bytes: 'HTTP/1.1 201', concerns: always, when: 'before' },
        { ...fromServiceNow, name: '201', bytes: 'HTTP/1.1 201', concerns: always, when: 'after' },
      ];
    case 'before-ack':
      return [
        { ...toRedis, name: 'finish', bytes: finish.sha, concerns: known, when: 'before' },
        { ...toRedis, name: 'finish', bytes: finish.sha, concerns: known, when: 'answered' },
        { ...toDelegate, name: 'task.report.ack', bytes: '"type":"task.report.ack"', concerns: known, when: 'before' },
      ];
    case 'before-retry':
      return [
        { ...toRedis, name: 'requeue', bytes: requeue.sha, concerns: known, when: 'before' },
        // The attempt has ended, and the next one has no job yet.
        { ...toRedis, name: 'requeue', bytes: requeue.sha, concerns: known, when: 'answered' },
      ];
    case 'gate-start':
      return [
        // Its idempotency key is taken, and there is no approval yet.
        { ...toRedis, name: 'claim of a key', bytes: claimKey.sha, concerns: always, when: 'answered' },
        { ...toRedis, name: 'start of a gate', bytes: startGate.sha, concerns: always, when: 'before' },
        { ...toRedis, name: 'start of a gate', bytes: startGate.sha, concerns: always, when: 'answered' },
        { ...toRedis, name: 'notice of a group', bytes: 'poll-group-due', concerns: always, when: 'before' },
      ];
    case 'gate-poll':
      return [
        // The group is held, and the manager that holds it does not know yet.
        { ...fromRedis, name: 'taken group', bytes: '\r\n$39\r\nchange_request-', concerns: always, when: 'before' },
        { ...toRedis, name: 'create of a poll', bytes: create.sha, concerns: isPoll, when: 'answered' },
        { ...toServiceNow, name: 'poll', bytes: 'GET /api/now/table/change_request?', concerns: isList, when: 'after' },
        { ...toRedis, name: 'finish of a poll', bytes: finish.sha, concerns: ofPoll, when: 'before' },
        { ...toRedis, name: 'finish of a poll', bytes: finish.sha, concerns: ofPoll, when: 'answered' },
        { ...toRedis, name: 'next times', bytes: reschedule.sha, concerns: always, when: 'before' },
        { ...toRedis, name: 'return of a group', bytes: giveBack.sha, concerns: always, when: 'before' },
        { ...toRedis, name: 'return of a group', bytes: giveBack.sha, concerns: always, when: 'answered' },
      ];
    case 'gate-end':
      return [
        { ...toRedis, name: 'end of a gate', bytes: endGate.sha, concerns: always, when: 'before' },
        // The end is in Redis, and nobody was told.
        { ...toRedis, name: 'end of a gate', bytes: endGate.sha, concerns: always, when: 'answered' },
        { ...toRedis, name: 'notice of an end', bytes: 'approval-ended', concerns: always, when: 'before' },
      ];
  }
}

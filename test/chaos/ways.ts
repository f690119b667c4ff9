import { assign, create, finish, requeue } from '../../manager/redis/task-scripts.ts';
import type { InstantName } from './cells.ts';
import { isOurs, type TaskTypes, writes } from './task-types.ts';
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
  }
}

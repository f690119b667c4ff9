import { describe, expect, it } from 'vitest';
import { findConcerns } from '../../../manager/console/pages/home/concerns.ts';
import { firstSteps } from '../../../manager/console/pages/home/getting-going.ts';
import type {
  Approval,
  Connector,
  Delegate,
  Delivery,
  Standing,
  Task,
} from '../../../manager/console/pages/home/standing.ts';

const now = new Date('2026-03-01T12:00:00Z');
const at = (minutes: number) => new Date(now.getTime() + minutes * 60_000).toISOString();

const delegate = (change: Partial<Delegate> = {}): Delegate => ({
  id: 'd1',
  name: 'd1',
  hostname: 'h',
  version: '1',
  state: 'online',
  tags: ['d1', 'dc1'],
  capacity: 4,
  inFlight: 0,
  managerId: 'm',
  connectedAt: at(-60),
  lastSeenAt: at(0),
  taskTypes: ['ticket.read', 'ticket.create'],
  policy: {},
  ...change,
});

const task = (change: Partial<Task> = {}): Task => ({
  id: 'tsk_1',
  type: 'ticket.read',
  state: 'queued',
  connectorId: 'con_1',
  selectors: [],
  createdAt: at(-1),
  pickUpBy: at(5),
  deadlineAt: at(5),
  attempts: [],
  ...change,
});

const failure = { code: 'servicenow-unreachable', message: 'no route', remedy: 'Look.', retry: 'never' } as const;

const connector = (change: Partial<Connector> = {}): Connector => ({
  id: 'con_1',
  name: 'snow',
  type: 'servicenow',
  baseUrl: 'https://x/',
  authentication: { kind: 'basic', username: 'u', password: { secret: 'p' } },
  selectors: [],
  createdAt: at(-60),
  updatedAt: at(-60),
  scope: { applications: 'all', environments: 'all' },
  lastTest: { ...task({ type: 'connection.test', state: 'succeeded' }), outcome: { kind: 'succeeded', result: {} } },
  ...change,
});

const gate = (change: Partial<Approval> = {}): Approval => ({
  id: 'apr_1',
  state: 'waiting',
  connectorId: 'con_1',
  ticket: { table: 'change_request', number: 'CHG1', sysId: '', link: '' },
  criteria: { approve: 'state = -2' },
  workNotes: false,
  warnings: [],
  createdAt: at(-60),
  deadlineAt: at(10_000),
  intervalMs: 60_000,
  current: {},
  ...change,
});

const window = (startsAt: number, endsAt: number) => ({
  startField: 'start_date',
  endField: 'end_date',
  startsAt: at(startsAt),
  endsAt: at(endsAt),
});

const delivery: Delivery = { kind: 'webhook', state: 'given-up', because: 'nobody listens', tries: [] };

const well: Standing = {
  delegates: [delegate()],
  connectors: [connector()],
  gates: [gate()],
  queued: [],
  deliveries: [],
};
function without(of: Connector, name: 'lastTest' | 'scope'): Connector {
  const { [name]: _, ...rest } = of;
  return rest;
}

const many = (count: number, change: Partial<Delegate>) =>
  Array.from({ length: count }, (_, index) => delegate({ ...change, id: `o${index}`, name: `o${index}` }));

describe('what needs attention', () => {
  it.each<[string, Partial<Standing>, readonly (readonly [string, unknown])[]]>([
    ['nothing, when all is well', {}, []],
    ['nothing of a manager that nobody uses yet', { delegates: [], connectors: [], gates: [] }, []],
    [
      'no delegate',
      { delegates: [] },
      [['No delegate is online: nothing is asked of ServiceNow.', { page: 'delegates' }]],
    ],
    [
      'one that is offline, and is the only one',
      { delegates: [delegate({ state: 'offline' })] },
      [
        ['No delegate is online: nothing is asked of ServiceNow.', { page: 'delegates' }],
        ['Delegate d1 is offline.', { page: 'delegate', id: 'd1' }],
      ],
    ],
    ['nothing of one that drains or joins', { delegates: [delegate(), delegate({ state: 'draining' })] }, []],
    [
      'many that are offline, in one line',
      { delegates: [delegate(), ...many(5, { state: 'offline' })] },
      [['Delegates o0, o1, o2 and 2 more are offline.', { page: 'delegates' }]],
    ],
    [
      'those that are stuck, or in conflict',
      {
        delegates: [delegate({ conflict: { at: at(0), hostname: 'x' } }), ...many(2, { state: 'stuck' })],
      },
      [
        ['Delegates o0 and o1 are stuck: connected, and without work.', { page: 'delegates' }],
        ['Delegate d1 is in conflict: another process claims to be the same delegate.', { page: 'delegate', id: 'd1' }],
      ],
    ],
    [
      'a connector whose test failed',
      { connectors: [connector({ lastTest: task({ outcome: { kind: 'failed', failure } }) })] },
      [['The last test of connector snow failed: no route', { page: 'connector', id: 'con_1' }]],
    ],
    ['no connector whose test is under way', { connectors: [connector({ lastTest: task() })] }, []],
    [
      'a connector that was never tested, and one that cannot be used',
      { connectors: [without(connector(), 'lastTest'), without(connector({ id: 'con_2', name: 'old' }), 'scope')] },
      [
        ['Connector snow was never tested.', { page: 'connector', id: 'con_1' }],
        [
          'Connector old cannot be used: a secret of it is gone, or its secrets have no scope in common.',
          { page: 'connector', id: 'con_2' },
        ],
      ],
    ],
    [
      'a delegate that waits for approval',
      { delegates: [delegate(), delegate({ id: 'd2', name: 'd2', state: 'pending' })] },
      [["Delegate d2 waits for an administrator's approval, and gets no work.", { page: 'delegate', id: 'd2' }]],
    ],
    ['no task that somebody can take', { queued: [task({ selectors: ['DC1'] })] }, []],
    [
      'a task whose selector nobody holds',
      { queued: [task({ selectors: ['dc1', 'dc9'] })] },
      [
        [
          'Task tsk_1 waits, and nobody can take it: no delegate that is connected holds dc9.',
          { page: 'task', id: 'tsk_1' },
        ],
      ],
    ],
    [
      'tasks by what they lack',
      {
        delegates: [delegate(), delegate({ id: 'd2', name: 'd2', tags: ['dc2'] })],
        queued: [
          task({ selectors: ['dc1', 'dc2'] }),
          task({ id: 'tsk_2', selectors: ['dc1', 'dc2'] }),
          task({ id: 'tsk_3', type: 'import-set.load' }),
        ],
      },
      [
        [
          '2 tasks wait, and nobody can take them: no delegate that is connected holds all of dc1, dc2.',
          { page: 'tasks' },
        ],
        [
          'Task tsk_3 waits, and nobody can take it: no delegate that could otherwise do it supports import-set.load.',
          { page: 'task', id: 'tsk_3' },
        ],
      ],
    ],
    [
      'a gate whose poll failed',
      { gates: [gate({ lastFailure: failure })] },
      [['The last poll of the approval of CHG1 failed: no route', { page: 'approval', id: 'apr_1' }]],
    ],
    [
      'gates whose polls failed alike, in one line',
      { gates: [gate({ lastFailure: failure }), gate({ id: 'apr_2', lastFailure: failure })] },
      [['The last polls of 2 approvals at snow failed: no route', { page: 'approvals' }]],
    ],
    [
      'a window that ends soon',
      { gates: [gate({ window: window(-60, 40) })] },
      [['The change window of CHG1 ends in 40 minutes.', { page: 'approval', id: 'apr_1' }]],
    ],
    ['no window that ends later', { gates: [gate({ window: window(-60, 61) })] }, []],
    [
      'a window that is too short for what it holds up',
      { gates: [gate({ window: window(-60, 150), expectedDurationMs: 4 * 3_600_000 })] },
      [['The change window of CHG1 ends in 2 hours.', { page: 'approval', id: 'apr_1' }]],
    ],
    [
      'a window that is over',
      { gates: [gate({ window: window(-60, 0) })] },
      [['The change window of CHG1 is over, and its approval still waits.', { page: 'approval', id: 'apr_1' }]],
    ],
    [
      'a gate that gives up soon',
      { gates: [gate({ createdAt: at(-1_000), deadlineAt: at(1) })] },
      [['The approval of CHG1 gives up in a minute.', { page: 'approval', id: 'apr_1' }]],
    ],
    ['no gate that was to wait only shortly', { gates: [gate({ createdAt: at(-1), deadlineAt: at(9) })] }, []],
    [
      'a webhook that was given up',
      { deliveries: [{ approval: gate({ state: 'approved' }), delivery }] },
      [
        [
          'The webhook about the end of the approval of CHG1 was given up: nobody listens.',
          { page: 'approval', id: 'apr_1' },
        ],
      ],
    ],
    [
      'no webhook that is still tried',
      { deliveries: [{ approval: gate(), delivery: { ...delivery, state: 'waiting' } }] },
      [],
    ],
  ])('is %s', (_name, change, concerns) => {
    expect(findConcerns({ ...well, ...change }, now).map(({ text, place }) => [text, place])).toEqual(concerns);
  });
});

it.each([
  [0, 0, 0, [false, false, false]],
  [1, 0, 0, [true, false, false]],
  [1, 1, 0, [true, true, false]],
  [1, 1, 1, []],
])(
  'with %d delegates, %d connectors and %d approvals the steps are done: %j',
  (delegates, connectors, approvals, done) => {
    const of = (count: number) => new Array<unknown>(count).fill(0);
    const steps = firstSteps({ delegates: of(delegates), connectors: of(connectors), approvals: of(approvals) });
    expect(steps.map(({ isDone }) => isDone)).toEqual(done);
  },
);

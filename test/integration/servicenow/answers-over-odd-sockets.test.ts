import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Failure } from '#protocol/failure.ts';
import { type TaskType, taskTypes } from '#protocol/task-types.ts';
import { type Check, compileCheck } from '#protocol/validation.ts';
import type { Clock } from '../../../delegate/core/clock.ts';
import type { HandlerResult, TaskContext } from '../../../delegate/core/handler.ts';
import type { ServiceNowHandlers } from '../../../delegate/servicenow/handlers.ts';
import { isPlainObject, saidBy } from '../../support/odd-answers.ts';
import { type Exchange, type OddSockets, type Reply, script, startOddSockets, trueRow } from './odd-sockets.ts';
import { openWorld } from './task-world.ts';

/** Few scripts run at once, so that a busy machine still answers within the time-out. */
const [rounds, scriptsAtOnce] = [20, 6];
const answerTimeoutMs = 250;
const settleMs = 40;
/** Far above what the time-outs of a task's requests add up to, for a machine with much else to do. */
const longestMs = 15_000;

type Handlers = ServiceNowHandlers['handlers'];
type Field = keyof typeof trueRow;

interface Trial {
  readonly type: TaskType;
  run(handlers: Handlers, context: (changes?: Partial<TaskContext>) => TaskContext): Promise<HandlerResult<TaskType>>;
  /** Whether what was heard allows to speak of success. */
  mayHaveSucceeded(exchanges: readonly Exchange[], result: object): boolean;
}

const fields = { short_description: trueRow.short_description };
const table = 'incident';
const create = { table, fields };

const trials: readonly Trial[] = [
  {
    type: 'connection.test',
    run: (handlers, context) => handlers['connection.test']({}, context()),
    mayHaveSucceeded: (exchanges) => {
      const welcome = exchanges.filter(({ heard }) => heard !== undefined && (heard.status === 403 || saidBy(heard)));
      const refused = exchanges.some(({ heard, anonymous }) => anonymous && heard?.status === 401);
      return (refused || welcome.some(({ anonymous }) => anonymous)) && welcome.some(({ anonymous }) => !anonymous);
    },
  },
  ...[false, true].map(
    (lookFirst): Trial => ({
      type: 'ticket.create',
      run: (handlers, context) => handlers['ticket.create'](create, context({ lookFirst })),
      mayHaveSucceeded: (exchanges) =>
        exchanges.some(
          (each) =>
            (each.method === 'POST' && recordsOf(each).some((row) => textOf(row, 'sys_id') !== '')) ||
            recordsOf(each).some((row) => textOf(row, 'correlation_id') === trueRow.correlation_id),
        ),
    }),
  ),
  ...[{ number: 'INC1' }, { sysId: trueRow.sys_id }].map(
    (by): Trial => ({
      type: 'ticket.update',
      run: (handlers, context) => handlers['ticket.update']({ table, ...by, fields }, context()),
      mayHaveSucceeded: (exchanges) =>
        exchanges.some((each) => recordsOf(each).some((row) => textOf(row, 'short_description') === 'Deploy 42')),
    }),
  ),
  {
    type: 'ticket.update-many',
    run: (handlers, context) => handlers['ticket.update-many']({ changeRequest: 'INC1', fields }, context()),
    mayHaveSucceeded: (exchanges) => exchanges.some(isListOf('INC1')),
  },
  ...[false, true].map(
    (lookFirst): Trial => ({
      type: 'import-set.load',
      run: (handlers, context) =>
        handlers['import-set.load']({ stagingTable: 'u_import', rows: [{ state: '1' }] }, context({ lookFirst })),
      mayHaveSucceeded: (exchanges) =>
        exchanges.some(({ method, heard }) => method === 'POST' && heard?.body.includes('"inserted"')),
    }),
  ),
  ...(['tables', 'templates'] as const).map(
    (what): Trial => ({
      type: 'metadata.read',
      run: (handlers, context) => handlers['metadata.read']({ what }, context()),
      mayHaveSucceeded: (exchanges) => exchanges.some(({ heard }) => heard !== undefined),
    }),
  ),
  {
    type: 'metadata.read',
    run: (handlers, context) => handlers['metadata.read']({ what: 'fields', table }, context()),
    mayHaveSucceeded: (exchanges, result) =>
      exchanges.some(({ heard }) => heard !== undefined && saidBy(heard) !== undefined) ||
      (!('fields' in result) && exchanges.some(({ heard }) => heard?.status === 403)),
  },
  ...[false, true].map(
    (approvers): Trial => ({
      type: 'ticket.read',
      run: (handlers, context) =>
        handlers['ticket.read']({ table, numbers: ['INC1'], fields: ['state'], approvers }, context()),
      mayHaveSucceeded: (exchanges) => exchanges.some(isListOf('INC1')),
    }),
  ),
];

/** The records that an answer holds, one or several. */
function recordsOf({ heard }: Exchange): Readonly<Record<string, unknown>>[] {
  const result = heard === undefined ? undefined : saidBy(heard)?.result;
  return (Array.isArray(result) ? result : [result]).filter(isPlainObject);
}

function isListOf(number: string): (exchange: Exchange) => boolean {
  return (exchange) =>
    exchange.heard !== undefined &&
    Array.isArray(saidBy(exchange.heard)?.result) &&
    recordsOf(exchange).every((row) => textOf(row, 'number') === number);
}

function textOf(row: Readonly<Record<string, unknown>>, field: Field): string {
  const cell = Object.hasOwn(row, field) ? row[field] : '';
  return String(isPlainObject(cell) ? (cell.value ?? cell.display_value ?? '') : (cell ?? ''));
}

const checkFailure = compileCheck(Failure);
const checkResult = new Map<TaskType, Check<unknown>>(
  trials.map(({ type }) => [type, compileCheck(taskTypes[type].result)]),
);

/** The system's clock, with short pauses. */
const { clock: systemClock } = openWorld('http://unused').context();
const clock: Clock = { ...systemClock, sleep: (ms, signal) => systemClock.sleep(Math.min(ms, 10), signal) };

async function runTrial(sockets: OddSockets, trial: Trial, given: readonly Reply[]): Promise<'succeeded' | 'failed'> {
  const { url, exchanges } = sockets.open(given);
  const options = { clock, answerTimeoutMs, reachTimeoutMs: answerTimeoutMs, connectTimeoutMs: 2_000 };
  await using world = openWorld(url, options);
  const startedMs = clock.monotonicMs();
  const done = await trial.run(world.handlers, (changes) => world.context({ clock, settleMs, ...changes }));
  expect(clock.monotonicMs() - startedMs).toBeLessThan(longestMs);
  for (const method of ['POST', 'PATCH'])
    expect(exchanges.filter((each) => each.method === method).length).toBeLessThanOrEqual(1);
  if (done.kind === 'failed') {
    expect(checkFailure(done.failure)).toHaveProperty('value');
  } else {
    expect(checkResult.get(trial.type)?.(done.result)).toHaveProperty('value');
    if ('created' in done.result) expect(done.result.ticket.sysId).not.toBe('');
    if ('missing' in done.result) for (const { sysId } of done.result.tickets) expect(sysId).not.toBe('');
    expect(trial.mayHaveSucceeded(exchanges, done.result), `${trial.type} after ${JSON.stringify(exchanges)}`).toBe(
      true,
    );
  }
  return done.kind;
}

describe('a task whose requests are answered in any way over real sockets', () => {
  it('ends in time, writes at most once and never calls a failure a success (traps 4 to 7)', async () => {
    const ended = new Map<string, number>();
    let runs = 0;
    await using sockets = await startOddSockets();
    await fc.assert(
      fc.asyncProperty(fc.array(script, { minLength: scriptsAtOnce, maxLength: scriptsAtOnce }), async (scripts) => {
        const tried = scripts.flatMap((given) => trials.map((trial) => ({ trial, given })));
        await Promise.all(
          tried.map(async ({ trial, given }) => {
            const kind = await runTrial(sockets, trial, given);
            runs += 1;
            ended.set(`${trial.type} ${kind}`, (ended.get(`${trial.type} ${kind}`) ?? 0) + 1);
          }),
        );
      }),
      { numRuns: rounds, interruptAfterTimeLimit: 60_000 },
    );
    expect(runs).toBe(rounds * scriptsAtOnce * trials.length);
    for (const { type } of trials)
      for (const kind of ['succeeded', 'failed']) expect(ended.get(`${type} ${kind}`) ?? 0).toBeGreaterThan(0);
  }, 90_000);
});

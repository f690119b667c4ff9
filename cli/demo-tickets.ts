import Type from 'typebox';
import { request } from 'undici';
import { TaskView } from '#protocol/task.ts';
import { taskTypes } from '#protocol/task-types.ts';
import type { Ticket } from '#protocol/ticket.ts';
import { compileCheck } from '#protocol/validation.ts';
import { OperationError } from './api-errors.ts';
import { ConnectorView, Explanation } from './api-views.ts';
import type { DemoSteps } from './demo-steps.ts';
import type { DemoWorld } from './demo-world.ts';
import { followTask, patienceMs } from './follow-task.ts';
import { findingsOf, renderFindings } from './task-text.ts';

/** What the connection test took. */
export interface TestFigures {
  readonly taskMs: number;
  readonly callMs: number;
  readonly delegateName: string;
}

export const table = 'change_request';
export const connectorName = 'demo';
const username = 'integration';
const idempotencyKey = 'demo-pipeline/run-1/create-change';
const change = { short_description: 'Deploy web shop 4.2.0', type: 'normal' };

export async function addConnector(world: DemoWorld, steps: DemoSteps): Promise<TestFigures> {
  return steps.run('connector', async () => {
    const startedAt = performance.now();
    const connector = await world.api.call(ConnectorView, 'POST', '/connectors', {
      body: {
        name: connectorName,
        baseUrl: world.addresses().simulatorUrl,
        authentication: { kind: 'basic', username, password: { secret: 'servicenow-password' } },
        selectors: ['dc1'],
      },
    });
    const callMs = Math.round(performance.now() - startedAt);
    const test = connector.lastTest;
    if (!test) throw new OperationError('it was stored without a test', 'Report this as a fault.');
    const taskMs = Date.parse(test.endedAt ?? test.createdAt) - Date.parse(test.createdAt);
    const delegateName = test.attempts.at(-1)?.delegateName ?? '';
    return {
      value: { taskMs, callMs, delegateName },
      says: `tested by ${delegateName} in ${taskMs} ms from submission to outcome, then stored`,
      details: renderFindings(findingsOf(test)).filter((line) => !line.startsWith(' ')),
      data: { taskMs, callMs, delegateName },
    };
  });
}

export async function createChange(world: DemoWorld, steps: DemoSteps): Promise<Ticket> {
  return steps.run('change ticket', async () => {
    const { task, ticket } = await submitChange(world);
    const delegateName = task.attempts.at(-1)?.delegateName;
    return {
      value: ticket,
      says: `${ticket.number} created by ${delegateName}`,
      details: [ticket.link],
      data: { ticket },
    };
  });
}

export async function repeatChange(world: DemoWorld, steps: DemoSteps, first: Ticket): Promise<void> {
  await steps.run('same idempotency key again', async () => {
    const { ticket } = await submitChange(world);
    if (ticket.sysId !== first.sysId)
      throw new OperationError(
        `it made ${ticket.number} beside ${first.number}`,
        'Report this as a fault of Ticketgate.',
      );
    return { value: undefined, says: `the same ticket, ${ticket.number}` };
  });
}

export async function explainMissing({ api }: DemoWorld, steps: DemoSteps): Promise<void> {
  await steps.run('why, for a selector that nobody holds', async () => {
    const selectors = ['dc3'];
    const why = await api.call(Explanation, 'POST', '/tasks/why', { body: { type: 'ticket.create', selectors } });
    if (!why.missingSelectors.some(({ selector }) => selectors.includes(selector)))
      throw new OperationError(`dc3 is not named as missing: ${why.summary}`, 'Report this as a fault of Ticketgate.');
    return { value: undefined, says: why.summary, details: [why.remedy] };
  });
}

const Rows = Type.Object({ rows: Type.Array(Type.Object({ number: Type.String(), sys_id: Type.String() })) });

/** What the demo asks of the simulated instance itself, beside the delegates. */
export const instance = {
  username,
  holdsOneTicket: async (world: DemoWorld, steps: DemoSteps, ticket: Ticket): Promise<void> => {
    await steps.run('exactly one ticket', async () => {
      const { rows } = await readInstance(`${world.addresses().simulatorUrl}/simulator/tables/${table}`, Rows);
      if (rows.length !== 1 || rows[0]?.sys_id !== ticket.sysId)
        throw new OperationError(
          `the instance holds ${rows.length} changes: ${rows.map(({ number }) => number).join(', ')}`,
          'Report this as a fault of Ticketgate.',
        );
      return { value: undefined, says: `the instance holds ${ticket.number} and no other change` };
    });
  },
};

/** Reads from the simulator's control API. */
export async function readInstance<Schema extends Type.TSchema>(
  url: string,
  schema: Schema,
): Promise<Type.Static<Schema>> {
  const { body, statusCode } = await request(url);
  const checked = compileCheck(schema)(await body.json());
  if ('value' in checked) return checked.value;
  throw new OperationError(`the simulator answered ${statusCode} for ${url}`, 'Look at its log.');
}

const checkResult = compileCheck(taskTypes['ticket.create'].result);

async function submitChange({ api }: DemoWorld): Promise<{ task: TaskView; ticket: Ticket }> {
  const submitted = await api.call(TaskView, 'POST', '/tasks', {
    query: { waitMs: patienceMs },
    body: { type: 'ticket.create', connector: connectorName, params: { table, fields: change } },
    idempotencyKey,
  });
  const task = await followTask(api, submitted, () => {});
  const { outcome } = task;
  const checked = outcome?.kind === 'succeeded' ? checkResult(outcome.result) : undefined;
  if (checked && 'value' in checked) return { task, ticket: checked.value.ticket };
  const why = outcome && 'failure' in outcome ? outcome.failure : undefined;
  throw new OperationError(
    why?.message ?? `the task is ${task.state}`,
    why?.remedy ?? 'Look at the log of the manager.',
  );
}

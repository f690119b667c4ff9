import type { Answer, ManagerClient } from './manager-client.ts';
import type { OperationKind, PlannedOperation } from './plan.ts';
import { taskLimits } from './timing.ts';
import { connectorName, type World } from './world.ts';

/** What a caller saw of one thing that it wanted done. */
export interface Operation {
  /** Unique, and part of what is written to ServiceNow. */
  readonly marker: string;
  readonly kind: OperationKind;
  readonly hasKey: boolean;
  readonly submissions: Submission[];
  readonly observations: Observation[];
  cancellation: 'not asked' | 'asked' | 'answered';
}

export interface Submission {
  readonly manager: string;
  /** 'refused': an answer that no fault explains. 'no answer': it may have been accepted. */
  readonly result: 'accepted' | 'refused' | 'no answer';
  readonly taskId: string | undefined;
  readonly detail: string;
}

export interface Observation {
  readonly manager: string;
  readonly taskId: string;
  readonly state: string;
  /** As JSON. */
  readonly outcome: string | undefined;
}

const waitMs = 8_000;
const endedStates: ReadonlySet<string> = new Set(['succeeded', 'failed', 'cancelled', 'expired']);

export function newOperation(marker: string, { kind, hasKey }: PlannedOperation): Operation {
  return { marker, kind, hasKey, submissions: [], observations: [], cancellation: 'not asked' };
}

/** Submits a task as a caller does; with a key again and again until it is accepted, without one just once. */
export async function submit(
  world: World,
  planned: PlannedOperation,
  operation: Operation,
  untilMs: number,
): Promise<string | undefined> {
  const body = bodyOf(world, planned, operation.marker);
  const headers = operation.hasKey ? { 'idempotency-key': operation.marker } : {};
  const ask = { method: 'POST', path: '/api/v1/tasks', body, headers };
  const note = (answer: Answer) => {
    operation.submissions.push(readSubmission(answer));
  };
  if (operation.hasKey) await world.client.insist(planned.manager, ask, untilMs, note);
  else note(await world.client.askOnce(planned.manager, ask));
  return operation.submissions.findLast(({ result }) => result === 'accepted')?.taskId;
}

/** Asks until the task has ended, now this manager and now that, and notes what each says. */
export async function follow(
  client: ManagerClient,
  operation: Operation,
  taskId: string,
  untilMs: number,
  first: number,
): Promise<void> {
  for (let index = first; performance.now() < untilMs; index += 1) {
    const path = `/api/v1/tasks/${taskId}?waitMs=${waitMs}`;
    const answer = await client.insist(index, { method: 'GET', path, withinMs: waitMs + 3_000 }, untilMs);
    const seen = readObservation(answer, taskId);
    if (!seen) continue;
    operation.observations.push(seen);
    if (endedStates.has(seen.state)) return;
  }
}

export async function cancel(
  client: ManagerClient,
  operation: Operation,
  taskId: string,
  first: number,
  untilMs: number,
): Promise<void> {
  operation.cancellation = 'asked';
  const answer = await client.insist(first, { method: 'DELETE', path: `/api/v1/tasks/${taskId}` }, untilMs);
  // 409: it had ended.
  if (answer.kind === 'answer') operation.cancellation = 'answered';
}

export function readObservation(answer: Answer, taskId: string): Observation | undefined {
  if (answer.kind !== 'answer' || answer.status >= 500) return undefined;
  const { manager, status, body } = answer;
  if (status !== 200 || typeof body !== 'object' || body === null || !('state' in body))
    return { manager, taskId, state: `answer ${status}: ${JSON.stringify(body)}`, outcome: undefined };
  const outcome = 'outcome' in body ? JSON.stringify(body.outcome) : undefined;
  return { manager, taskId, state: String(body.state), outcome };
}

function readSubmission(answer: Answer): Submission {
  const { manager } = answer;
  if (answer.kind === 'none') return { manager, result: 'no answer', taskId: undefined, detail: answer.reason };
  const { status, body } = answer;
  if (status >= 500) return { manager, result: 'no answer', taskId: undefined, detail: `${status} ${codeOf(body)}` };
  const taskId = typeof body === 'object' && body !== null && 'id' in body ? String(body.id) : undefined;
  if (status >= 300 || taskId === undefined)
    return { manager, result: 'refused', taskId: undefined, detail: `${status} ${JSON.stringify(body)}` };
  return { manager, result: 'accepted', taskId, detail: String(status) };
}

function codeOf(body: unknown): string {
  return typeof body === 'object' && body !== null && 'code' in body ? String(body.code) : '';
}

/** Two of them are alike, and must be told apart by their number alone. */
export function importRowsOf(marker: string): readonly { readonly u_key: string; readonly u_title: string }[] {
  return ['alike', 'other', 'alike'].map((key) => ({ u_key: `${marker}-${key}`, u_title: marker }));
}

function bodyOf(
  { tickets, changeWithTasks, stagingTables }: World,
  { kind, caller }: PlannedOperation,
  marker: string,
): unknown {
  const base = { connector: connectorName, limits: taskLimits };
  const number = tickets[caller % tickets.length];
  const table = 'change_request';
  switch (kind) {
    case 'create':
      return { ...base, type: 'ticket.create', params: { table, fields: { short_description: marker } } };
    case 'update':
      return { ...base, type: 'ticket.update', params: { table, number, fields: { work_notes: marker } } };
    case 'update-many':
      return {
        ...base,
        type: 'ticket.update-many',
        params: { changeRequest: changeWithTasks.number, fields: { work_notes: marker } },
      };
    case 'import':
      return {
        ...base,
        type: 'import-set.load',
        params: { stagingTable: stagingTables[caller % stagingTables.length], rows: importRowsOf(marker) },
      };
    case 'read':
      return {
        ...base,
        type: 'ticket.read',
        params: { table, numbers: [number], fields: ['number', 'short_description'] },
      };
    case 'test':
      return { ...base, type: 'connection.test', params: {} };
    case 'unservable':
      return {
        ...base,
        type: 'ticket.create',
        params: { table, fields: { short_description: marker } },
        selectors: ['nowhere'],
        limits: { ...taskLimits, pickUp: '1s' },
      };
  }
}

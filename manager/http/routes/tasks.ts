import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import Type, { type Static } from 'typebox';
import { canonicalTags } from '#protocol/selectors.ts';
import { TaskView, taskStates } from '#protocol/task.ts';
import { type Params, type TaskType, taskTypeNames, taskTypes } from '#protocol/task-types.ts';
import { type Check, closed, compileCheck, describeFaults } from '#protocol/validation.ts';
import { readBaseUrl } from '../../core/base-url.ts';
import type { Caller } from '../../core/caller.ts';
import type { Connectors } from '../../core/connectors.ts';
import type { Explainer } from '../../core/explainer.ts';
import { Refusal } from '../../core/refusal.ts';
import { routeOf, viewTask } from '../../core/task-record.ts';
import type { TaskOrigin, Tasks } from '../../core/tasks.ts';
import { callerOf } from '../auth.ts';
import { findRounded } from '../exact-rows.ts';
import { Problem } from '../problems.ts';
import {
  anyOf,
  checkSelectors,
  DurationText,
  defaultPageLimit,
  given,
  goneSignal,
  IdempotencyHeaders,
  IdParams,
  invalid,
  PageQuery,
  pageOf,
  readDuration,
  Selectors,
  viewPage,
  WaitQuery,
} from '../requests.ts';

const TaskBody = Type.Object({
  type: Type.Enum(taskTypeNames),
  connector: Type.Optional(
    Type.String({ minLength: 1, maxLength: 128, description: 'id or name; needed by every type but canary' }),
  ),
  params: Type.Unknown({ description: 'what the task type takes; docs/tasks.md' }),
  selectors: Type.Optional(Selectors),
  limits: Type.Optional(
    Type.Object({
      pickUp: Type.Optional(DurationText),
      run: Type.Optional(DurationText),
      deadline: Type.Optional(DurationText),
    }),
  ),
});

const WhyBody = Type.Object({
  type: Type.Enum(taskTypeNames),
  connector: Type.Optional(Type.String({ minLength: 1, maxLength: 128 })),
  baseUrl: Type.Optional(
    Type.String({ minLength: 1, maxLength: 2_048, description: 'of an instance that is no connector yet' }),
  ),
  selectors: Type.Optional(Selectors),
});

const ListQuery = Type.Object({
  ...PageQuery.properties,
  state: anyOf(taskStates),
  type: Type.Optional(Type.Enum(taskTypeNames)),
  connectorId: Type.Optional(Type.String({ minLength: 1, maxLength: 128 })),
  delegateId: Type.Optional(
    Type.String({ minLength: 1, maxLength: 256, description: 'of a delegate that has, or had, the task' }),
  ),
  id: Type.Optional(Type.String({ pattern: '^[A-Za-z0-9_]{1,64}$', description: 'a part of the id' })),
});

const Explanation = Type.Object({
  summary: Type.String(),
  remedy: Type.String(),
  missingSelectors: Type.Array(
    Type.Object({
      selector: Type.String(),
      everConnected: Type.Boolean(),
      nearest: Type.Optional(Type.String({ description: 'the most similar tag that a delegate does hold' })),
    }),
  ),
  delegates: Type.Array(
    Type.Object({
      id: Type.String(),
      name: Type.String(),
      verdict: Type.Object({ kind: Type.String() }, { description: 'with what belongs to its kind' }),
      text: Type.String(),
    }),
  ),
  givesUpAt: Type.Optional(Type.String({ description: 'when the task gives up, unless it ends before' })),
});

const limitBounds = { minimum: 1_000, maximum: 86_400_000, inWords: 'from 1s to 1d' };

/** Tasks: submitted, shown, waited for, explained, cancelled. */
export function taskRoutes({
  tasks,
  connectors,
  explainer,
}: {
  tasks: Tasks;
  connectors: Connectors;
  explainer: Explainer;
}): FastifyPluginAsyncTypebox {
  return async (app) => {
    app.post(
      '/tasks',
      {
        config: { role: 'pipeline', audit: 'recorded elsewhere' },
        schema: {
          querystring: WaitQuery,
          headers: IdempotencyHeaders,
          body: TaskBody,
          response: { 200: TaskView, 202: TaskView, default: Problem },
        },
      },
      async (request, reply) => {
        const { body, query, headers } = request;
        const submission = {
          type: body.type,
          params: checkParams(body.type, body.params),
          origin: await readOrigin(connectors, callerOf(request), body.type, body.connector),
          selectors: readSelectors(body.selectors),
          limits: readLimits(body.limits),
          ...(headers['idempotency-key'] === undefined ? {} : { idempotencyKey: headers['idempotency-key'] }),
        };
        const record = await tasks.submitAndWait(submission, query.waitMs ?? 0, goneSignal(reply));
        return reply.code(record.outcome ? 200 : 202).send(viewTask(record));
      },
    );
    app.get(
      '/tasks',
      {
        config: { role: 'viewer' },
        schema: {
          querystring: ListQuery,
          response: { 200: pageOf(TaskView), default: Problem },
        },
      },
      async ({ query }) => {
        const { cursor, limit = defaultPageLimit, state, id, type, connectorId, delegateId } = query;
        const filter = given({ states: state, type, connectorId, delegateId, text: id?.toLowerCase() });
        const page = await tasks.list(cursor, limit, filter);
        return viewPage(page.tasks.map(viewTask), page.cursor);
      },
    );
    app.get(
      '/tasks/:id',
      {
        config: { role: 'viewer' },
        schema: { params: IdParams, querystring: WaitQuery, response: { 200: TaskView, default: Problem } },
      },
      async ({ params, query }, reply) => {
        const record = await tasks.wait(params.id, query.waitMs ?? 0, goneSignal(reply));
        return viewTask(await tasks.withFindings(record));
      },
    );
    app.delete(
      '/tasks/:id',
      {
        config: { role: 'pipeline', audit: 'task.cancel' },
        schema: { params: IdParams, response: { 200: TaskView, default: Problem } },
      },
      async ({ params }) => viewTask(await tasks.cancel(params.id, 'cancelled by a caller')),
    );
    app.get(
      '/tasks/:id/why',
      { config: { role: 'viewer' }, schema: { params: IdParams, response: { 200: Explanation, default: Problem } } },
      async (request) => {
        const record = await tasks.read(request.params.id);
        await connectors.checkTask(callerOf(request), record.spec);
        return explainer.explainTask(record);
      },
    );
    app.post(
      '/tasks/why',
      {
        config: { role: 'viewer', audit: 'changes nothing' },
        schema: { body: WhyBody, response: { 200: Explanation, default: Problem } },
      },
      async (request) => {
        const { body } = request;
        const own = readSelectors(body.selectors);
        const origin =
          body.connector === undefined ? nowhere : await connectors.originFor(callerOf(request), body.connector);
        const selectors = own.length > 0 ? own : origin.selectors;
        if (body.baseUrl !== undefined && body.connector !== undefined)
          throw invalid('/baseUrl', 'is given beside a connector, which has its own');
        const target = body.baseUrl === undefined ? origin.target : { baseUrl: readInstance(body.baseUrl) };
        return explainer.explainDemand(routeOf({ type: body.type, selectors, target }));
      },
    );
  };
}

function readInstance(text: string): string {
  const read = readBaseUrl(text, { allowHttp: true });
  if ('fault' in read) throw invalid('/baseUrl', read.fault);
  return read.url;
}

const nowhere: TaskOrigin = { connectorId: '', target: undefined, selectors: [] };

async function readOrigin(
  connectors: Connectors,
  caller: Caller,
  type: TaskType,
  connector: string | undefined,
): Promise<TaskOrigin> {
  if (connector !== undefined) return connectors.originFor(caller, connector);
  if (taskTypes[type].needsConnector) throw invalid('/connector', `is missing: ${type} is done at an instance`);
  return nowhere;
}

const paramChecks = new Map<TaskType, Check<unknown>>(
  taskTypeNames.map((type) => [type, compileCheck(closed(taskTypes[type].params))]),
);

function checkParams(type: TaskType, params: unknown): unknown {
  const checked = paramChecks.get(type)?.(params);
  if (!checked) throw invalid('/type', 'is no task type');
  const faults =
    'faults' in checked
      ? checked.faults.map(({ path, message }) => ({ path: `/params${path}`, message }))
      : type === 'import-set.load'
        ? findRounded(checked.value as Params<'import-set.load'>)
        : [];
  if ('value' in checked && faults.length === 0) return checked.value;
  throw new Refusal(
    'invalid-request',
    `the parameters are not what ${type} takes: ${describeFaults(faults)}`,
    'Correct what the faults name; docs/tasks.md describes the parameters of every task type.',
    { faults },
  );
}

function readSelectors(selectors: readonly string[] = []): string[] {
  checkSelectors(selectors);
  return canonicalTags(selectors);
}

function readLimits(limits: Static<typeof TaskBody>['limits'] = {}) {
  const pickUpMs = readDuration(limits.pickUp, '/limits/pickUp', limitBounds);
  const runMs = readDuration(limits.run, '/limits/run', limitBounds);
  const deadlineMs = readDuration(limits.deadline, '/limits/deadline', limitBounds);
  return {
    ...(pickUpMs === undefined ? {} : { pickUpMs }),
    ...(runMs === undefined ? {} : { runMs }),
    ...(deadlineMs === undefined ? {} : { deadlineMs }),
  };
}

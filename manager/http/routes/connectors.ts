import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import type { FastifyReply } from 'fastify';
import Type, { type Static } from 'typebox';
import { UsageScope } from '#protocol/scope.ts';
import { canonicalTags } from '#protocol/selectors.ts';
import { TaskView } from '#protocol/task.ts';
import type { ConnectorDraft } from '../../core/connector-record.ts';
import type { Connectors } from '../../core/connectors.ts';
import { callerOf } from '../auth.ts';
import { ConnectorAuthentication, readAuthentication } from '../connector-authentication.ts';
import { Problem } from '../problems.ts';
import { checkSelectors, goneSignal, IdParams, longestWaitMs, Name, Selectors } from '../requests.ts';

const ConnectorBody = Type.Object({
  name: Name,
  type: Type.Optional(Type.Literal('servicenow')),
  baseUrl: Type.String({ minLength: 1, maxLength: 2_048, description: 'such as https://example.service-now.com/' }),
  authentication: Type.Unknown({ description: 'how to log in, of one of the forms in which it is shown' }),
  selectors: Type.Optional(Selectors),
});

const ConnectorView = Type.Object({
  id: Type.String(),
  name: Type.String(),
  type: Type.Literal('servicenow'),
  baseUrl: Type.String(),
  authentication: ConnectorAuthentication,
  selectors: Selectors,
  scope: Type.Optional(UsageScope),
  createdAt: Type.String(),
  updatedAt: Type.String(),
  lastTest: Type.Optional(TaskView),
  testedSince: Type.Optional(
    Type.String({ description: 'since when every test has ended like the last one: succeeded, or not' }),
  ),
});

const StoreQuery = Type.Object({
  skipValidation: Type.Optional(Type.Boolean({ description: 'store without a test' })),
});

const AsOfHeaders = Type.Object({
  'if-match': Type.Optional(
    Type.String({
      pattern: '^"\\d{4}-\\d{2}-\\d{2}T\\d{2}:\\d{2}:\\d{2}\\.\\d{3}Z"$',
      description: 'its updatedAt in double quotes: refuse the change when it was changed since',
    }),
  ),
});

const TestQuery = Type.Object({
  waitMs: Type.Optional(
    Type.Integer({
      minimum: 0,
      maximum: longestWaitMs,
      description:
        'answer when the test has ended, or after so long with the task as it is then; else when it has ended',
    }),
  ),
});

/** ServiceNow connectors. `{id}` is the id or the name. */
export function connectorRoutes(connectors: Connectors): FastifyPluginAsyncTypebox {
  return async (app) => {
    app.get(
      '/connectors',
      {
        config: { role: 'viewer' },
        schema: { response: { 200: Type.Object({ items: Type.Array(ConnectorView) }), default: Problem } },
      },
      async () => ({ items: await connectors.list() }),
    );
    app.get(
      '/connectors/:id',
      { config: { role: 'viewer' }, schema: { params: IdParams, response: { 200: ConnectorView, default: Problem } } },
      async ({ params }) => connectors.show(params.id),
    );
    app.post(
      '/connectors',
      {
        config: { role: 'admin', audit: 'connector.create' },
        schema: { querystring: StoreQuery, body: ConnectorBody, response: { 201: ConnectorView, default: Problem } },
      },
      async (request, reply) => {
        const { body, query } = request;
        const options = { skipValidation: query.skipValidation ?? false, gone: goneSignal(reply) };
        return reply.code(201).send(await connectors.create(callerOf(request), readDraft(body), options));
      },
    );
    app.put(
      '/connectors/:id',
      {
        config: { role: 'admin', audit: 'connector.change' },
        schema: {
          params: IdParams,
          querystring: StoreQuery,
          headers: AsOfHeaders,
          body: ConnectorBody,
          response: { 200: ConnectorView, default: Problem },
        },
      },
      async (request, reply) => {
        const { params, body, query, headers } = request;
        const asOf = headers['if-match'] === undefined ? {} : { asOf: Date.parse(headers['if-match'].slice(1, -1)) };
        const options = { skipValidation: query.skipValidation ?? false, gone: goneSignal(reply), ...asOf };
        return connectors.update(callerOf(request), params.id, readDraft(body), options);
      },
    );
    app.delete(
      '/connectors/:id',
      {
        config: { role: 'admin', audit: 'connector.delete' },
        schema: { params: IdParams, response: { 204: Type.Null(), default: Problem } },
      },
      async (request, reply) => {
        await connectors.remove(callerOf(request), request.params.id);
        return reply.code(204).send(null);
      },
    );
    // A draft sends a secret wherever it says: only who may store connectors may test one.
    app.post(
      '/connectors/test',
      {
        config: { role: 'admin', audit: 'connector.test' },
        schema: {
          querystring: TestQuery,
          body: ConnectorBody,
          response: { 200: TaskView, 202: TaskView, default: Problem },
        },
      },
      async (request, reply) => {
        const { body, query } = request;
        const wait = { atMostMs: query.waitMs, gone: goneSignal(reply) };
        return sendTest(reply, await connectors.testDraft(callerOf(request), readDraft(body), wait));
      },
    );
    app.post(
      '/connectors/:id/test',
      {
        config: { role: 'operator', audit: 'connector.test' },
        schema: {
          params: IdParams,
          querystring: TestQuery,
          response: { 200: TaskView, 202: TaskView, default: Problem },
        },
      },
      async (request, reply) => {
        const { params, query } = request;
        const wait = { atMostMs: query.waitMs, gone: goneSignal(reply) };
        return sendTest(reply, await connectors.test(callerOf(request), params.id, wait));
      },
    );
  };
}

function sendTest(reply: FastifyReply, task: TaskView) {
  return reply.code(task.outcome ? 200 : 202).send(task);
}

function readDraft(body: Static<typeof ConnectorBody>): ConnectorDraft {
  const selectors = body.selectors ?? [];
  checkSelectors(selectors);
  return {
    ...body,
    authentication: readAuthentication(body.authentication),
    type: 'servicenow',
    selectors: canonicalTags(selectors),
  };
}

import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import Type, { type Static } from 'typebox';
import { ApprovalView, approvalStates, Webhook } from '#protocol/approval.ts';
import { canonicalTags } from '#protocol/selectors.ts';
import { FieldName, SysId, TableName, TicketNumber } from '#protocol/ticket.ts';
import { formatDuration } from '#runtime/duration.ts';
import type { Approvals } from '../../core/approvals.ts';
import type { Connectors } from '../../core/connectors.ts';
import { readCriteria } from '../../core/criteria-input.ts';
import type { GateChecks } from '../../core/gate-checks.ts';
import type { WebhookChecks } from '../../core/webhook-checks.ts';
import { callerOf } from '../auth.ts';
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

const CriteriaInput = Type.Unknown({
  description:
    'criteria as text, such as "state = Scheduled and approval in (approved)", or as data; docs/approvals.md',
});

const ApprovalBody = Type.Object({
  connector: Type.String({ minLength: 1, maxLength: 128, description: 'id or name' }),
  table: TableName,
  number: Type.Optional(TicketNumber),
  sysId: Type.Optional(SysId),
  approve: CriteriaInput,
  reject: Type.Optional(CriteriaInput),
  window: Type.Optional(Type.Object({ startField: FieldName, endField: FieldName })),
  every: Type.Optional(DurationText),
  timeout: Type.Optional(DurationText),
  expectedDuration: Type.Optional(DurationText),
  webhook: Type.Optional(Webhook),
  workNotes: Type.Optional(Type.Boolean({ description: 'note the end on the ticket' })),
  selectors: Type.Optional(Selectors),
});

const ListQuery = Type.Object({
  ...PageQuery.properties,
  state: anyOf(approvalStates),
  connectorId: Type.Optional(Type.String({ minLength: 1, maxLength: 128 })),
  number: Type.Optional(TicketNumber),
});

const day = 86_400_000;
const defaultIntervalMs = 60_000;
const defaultTimeoutMs = 7 * day;
const timeoutBounds = {
  minimum: 10_000,
  maximum: 24 * day + 20 * 3_600_000 + 30 * 60_000,
  inWords: 'from 10s to 3w 3d 20h 30m',
};

const durationBounds = { minimum: 1_000, maximum: 30 * day, inWords: 'from 1s to 30d' };

/** Approvals: gates that wait for a ticket. */
export function approvalRoutes({
  approvals,
  connectors,
  gateChecks,
  webhookChecks,
  shortestPollMs,
}: {
  approvals: Approvals;
  connectors: Connectors;
  gateChecks: GateChecks;
  webhookChecks: WebhookChecks;
  shortestPollMs: number;
}): FastifyPluginAsyncTypebox {
  const intervalBounds = {
    minimum: shortestPollMs,
    maximum: day,
    inWords: `from ${formatDuration(shortestPollMs)} to 1d`,
  };
  return async (app) => {
    app.post(
      '/approvals',
      {
        config: { role: 'pipeline', audit: 'approval.start' },
        schema: {
          querystring: WaitQuery,
          headers: IdempotencyHeaders,
          body: ApprovalBody,
          response: { 201: ApprovalView, default: Problem },
        },
      },
      async (request, reply) => {
        const { body, query, headers } = request;
        const selectors = body.selectors ?? [];
        checkSelectors(selectors);
        const caller = callerOf(request);
        const rules = {
          approve: readCriteria(body.approve, '/approve'),
          reject: body.reject === undefined ? undefined : readCriteria(body.reject, '/reject'),
          window: body.window,
        };
        const asked = {
          ...rules,
          selectors: canonicalTags(selectors),
          table: body.table,
          ticket: readTicket(body),
          intervalMs: readDuration(body.every, '/every', intervalBounds) ?? Math.max(defaultIntervalMs, shortestPollMs),
          timeoutMs: readDuration(body.timeout, '/timeout', timeoutBounds) ?? defaultTimeoutMs,
          expectedDurationMs: readDuration(body.expectedDuration, '/expectedDuration', durationBounds),
          webhook: body.webhook,
          workNotes: body.workNotes ?? false,
        };
        const origin = await connectors.originFor(caller, body.connector);
        const wanted = { ...asked, origin, idempotencyKey: headers['idempotency-key'] };
        const check = async () => {
          if (body.webhook) await webhookChecks.check(caller, body.webhook);
          return gateChecks.check(caller, body.connector, body.table, rules);
        };
        const started = (await approvals.recall(wanted)) ?? (await approvals.start(wanted, await check()));
        const record = await approvals.wait(started.spec.id, query.waitMs ?? 0, goneSignal(reply));
        return reply.code(201).send(await approvals.view(record));
      },
    );
    app.get(
      '/approvals',
      {
        config: { role: 'viewer' },
        schema: {
          querystring: ListQuery,
          response: { 200: pageOf(ApprovalView), default: Problem },
        },
      },
      async ({ query }) => {
        const { cursor, limit = defaultPageLimit, state, connectorId, number } = query;
        const page = await approvals.list(cursor, limit, given({ states: state, connectorId, number }));
        return viewPage(await approvals.viewAll(page.approvals), page.cursor);
      },
    );
    app.get(
      '/approvals/:id',
      {
        config: { role: 'viewer' },
        schema: { params: IdParams, querystring: WaitQuery, response: { 200: ApprovalView, default: Problem } },
      },
      async ({ params, query }, reply) =>
        approvals.view(await approvals.wait(params.id, query.waitMs ?? 0, goneSignal(reply))),
    );
    app.delete(
      '/approvals/:id',
      {
        config: { role: 'pipeline', audit: 'approval.cancel' },
        schema: { params: IdParams, response: { 200: ApprovalView, default: Problem } },
      },
      async (request) => {
        const { name } = callerOf(request);
        return approvals.view(await approvals.cancel(request.params.id, `token "${name}"`));
      },
    );
  };
}

function readTicket({ number, sysId }: Static<typeof ApprovalBody>): { number: string } | { sysId: string } {
  if (number !== undefined && sysId === undefined) return { number };
  if (sysId !== undefined && number === undefined) return { sysId };
  throw invalid('', 'the body must have either number or sysId');
}

import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import Type, { type Static } from 'typebox';
import { Policy } from '#protocol/policy.ts';
import type { DelegateApprovals } from '../../core/delegate-approvals.ts';
import type { HistoryItem } from '../../core/delegate-history.ts';
import type { DelegateDirectory, DelegateEntry } from '../../core/delegates.ts';
import { type Drains, findDelegate } from '../../core/drains.ts';
import type { Fleet } from '../../core/fleet.ts';
import { isoTime } from '../../core/task-record.ts';
import { callerOf } from '../auth.ts';
import { Problem } from '../problems.ts';
import { IdParams } from '../requests.ts';

const DelegateView = Type.Object({
  id: Type.String(),
  name: Type.String(),
  hostname: Type.String(),
  version: Type.String(),
  state: Type.Enum(['online', 'joining', 'pending', 'stuck', 'draining', 'offline'] as const),
  tags: Type.Array(Type.String()),
  capacity: Type.Integer(),
  inFlight: Type.Integer(),
  managerId: Type.String(),
  connectedAt: Type.String(),
  lastSeenAt: Type.String(),
  lastCanaryAt: Type.Optional(Type.String({ description: 'when it last answered one' })),
  approval: Type.Optional(
    Type.Enum(['pending', 'approved', 'rejected'] as const, { description: 'where its token asks for one' }),
  ),
  taskTypes: Type.Array(Type.String()),
  policy: Policy,
  conflict: Type.Optional(
    Type.Object({
      at: Type.String(),
      hostname: Type.String({ description: 'from where another process claimed this identity, and was refused' }),
    }),
  ),
});

const HistoryView = Type.Object({
  baseUrl: Type.String(),
  standing: Type.Enum(['proven', 'not-live', 'set-aside', 'unchecked'] as const, {
    description: 'proven comes first, set-aside last; not-live: no live instance answered, which is not its fault',
  }),
  provenAt: Type.Optional(Type.String({ description: 'when it last succeeded there, or passed a check' })),
  lookedAt: Type.Optional(Type.String({ description: 'when no live instance answered' })),
  setAsideUntil: Type.Optional(Type.String()),
  because: Type.Optional(Type.String()),
});

function viewHistory({ baseUrl, standing }: HistoryItem): Static<typeof HistoryView> {
  const item = { baseUrl, standing: standing.kind };
  switch (standing.kind) {
    case 'proven':
      return { ...item, provenAt: isoTime(standing.at) };
    case 'not-live':
      return { ...item, lookedAt: isoTime(standing.at), because: standing.because };
    case 'set-aside':
      return { ...item, setAsideUntil: isoTime(standing.untilMs), because: standing.because };
    case 'unchecked':
      return item;
  }
}

export function delegateRoutes(deps: {
  directory: DelegateDirectory;
  fleet: Fleet;
  drains: Drains;
  delegateApprovals: DelegateApprovals;
  historyOf: (delegateId: string) => Promise<HistoryItem[]>;
}): FastifyPluginAsyncTypebox {
  const view = (entry: DelegateEntry) => ({
    id: entry.id,
    name: entry.name,
    hostname: entry.hostname,
    version: entry.version,
    state: deps.fleet.stateOf(entry),
    tags: [...entry.tags],
    capacity: entry.capacity,
    inFlight: entry.inFlight,
    managerId: entry.managerId,
    connectedAt: isoTime(entry.connectedAt),
    lastSeenAt: isoTime(entry.lastSeenAt),
    ...(entry.canaryAt > 0 ? { lastCanaryAt: isoTime(entry.canaryAt) } : {}),
    ...(entry.approval === 'not-needed' ? {} : { approval: entry.approval }),
    taskTypes: [...entry.taskTypes],
    policy: entry.policy,
    ...(entry.conflict ? { conflict: { at: isoTime(entry.conflict.at), hostname: entry.conflict.hostname } } : {}),
  });
  return async (app) => {
    app.get(
      '/delegates',
      {
        config: { role: 'viewer' },
        schema: { response: { 200: Type.Object({ items: Type.Array(DelegateView) }), default: Problem } },
      },
      async () => ({ items: (await deps.directory.list()).map(view) }),
    );
    app.get(
      '/delegates/:id',
      { config: { role: 'viewer' }, schema: { params: IdParams, response: { 200: DelegateView, default: Problem } } },
      async ({ params }) => view(await findDelegate(deps.directory, params.id)),
    );
    app.get(
      '/delegates/:id/history',
      {
        config: { role: 'viewer' },
        schema: {
          params: IdParams,
          response: { 200: Type.Object({ items: Type.Array(HistoryView) }), default: Problem },
        },
      },
      async ({ params }) => {
        const { id } = await findDelegate(deps.directory, params.id);
        return { items: (await deps.historyOf(id)).map(viewHistory) };
      },
    );
    app.post(
      '/delegates/:id/drain',
      {
        config: { role: 'operator', audit: 'delegate.drain' },
        schema: { params: IdParams, response: { 200: DelegateView, default: Problem } },
      },
      async (request) => view(await deps.drains.ask(callerOf(request), request.params.id)),
    );
    for (const [verb, verdict] of [
      ['approve', 'approved'],
      ['reject', 'rejected'],
    ] as const)
      app.post(
        `/delegates/:id/${verb}`,
        {
          config: { role: 'admin', audit: `delegate.${verb}` },
          schema: { params: IdParams, response: { 200: DelegateView, default: Problem } },
        },
        async (request) => view(await deps.delegateApprovals.decide(callerOf(request), request.params.id, verdict)),
      );
  };
}

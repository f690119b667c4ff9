import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import Type from 'typebox';
import { Policy } from '#protocol/policy.ts';
import type { DelegateDirectory, DelegateEntry } from '../../core/delegates.ts';
import type { Fleet } from '../../core/fleet.ts';
import { Refusal } from '../../core/refusal.ts';
import { isoTime } from '../../core/task-record.ts';
import { Problem } from '../problems.ts';
import { IdParams } from '../requests.ts';

const DelegateView = Type.Object({
  id: Type.String(),
  name: Type.String(),
  hostname: Type.String(),
  version: Type.String(),
  state: Type.Enum(['online', 'joining', 'stuck', 'draining', 'offline'] as const),
  tags: Type.Array(Type.String()),
  capacity: Type.Integer(),
  inFlight: Type.Integer(),
  managerId: Type.String(),
  connectedAt: Type.String(),
  lastSeenAt: Type.String(),
  lastCanaryAt: Type.Optional(Type.String({ description: 'when it last answered one' })),
  taskTypes: Type.Array(Type.String()),
  policy: Policy,
  conflict: Type.Optional(
    Type.Object({
      at: Type.String(),
      hostname: Type.String({ description: 'from where another process claimed this identity, and was refused' }),
    }),
  ),
});

export function delegateRoutes(deps: { directory: DelegateDirectory; fleet: Fleet }): FastifyPluginAsyncTypebox {
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
      async ({ params }) => {
        const entry = await deps.directory.read(params.id);
        if (!entry)
          throw new Refusal('delegate-not-found', `there is no delegate ${params.id}`, 'List them to see their ids.');
        return view(entry);
      },
    );
  };
}

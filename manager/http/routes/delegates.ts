import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import Type from 'typebox';
import { type DelegateDirectory, type DelegateEntry, stateOf } from '../../core/delegates.ts';
import { Refusal } from '../../core/refusal.ts';
import { isoTime } from '../../core/task-record.ts';
import { Problem } from '../problems.ts';
import { IdParams } from '../requests.ts';

const DelegateView = Type.Object({
  id: Type.String(),
  name: Type.String(),
  hostname: Type.String(),
  version: Type.String(),
  state: Type.Enum(['online', 'draining', 'offline'] as const),
  tags: Type.Array(Type.String()),
  capacity: Type.Integer(),
  inFlight: Type.Integer(),
  managerId: Type.String(),
  connectedAt: Type.String(),
  lastSeenAt: Type.String(),
});

export function delegateRoutes(deps: {
  directory: DelegateDirectory;
  now: () => number;
  heartbeatTimeoutMs: number;
}): FastifyPluginAsyncTypebox {
  const view = (entry: DelegateEntry) => ({
    id: entry.id,
    name: entry.name,
    hostname: entry.hostname,
    version: entry.version,
    state: stateOf(entry, deps.now(), deps.heartbeatTimeoutMs),
    tags: [...entry.tags],
    capacity: entry.capacity,
    inFlight: entry.inFlight,
    managerId: entry.managerId,
    connectedAt: isoTime(entry.connectedAt),
    lastSeenAt: isoTime(entry.lastSeenAt),
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

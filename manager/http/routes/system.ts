import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import Type from 'typebox';
import type { SystemStanding } from '../../core/system.ts';
import { Problem } from '../problems.ts';

const Time = Type.String();

const ManagerView = Type.Object({
  id: Type.String(),
  hostname: Type.String(),
  version: Type.String(),
  startedAt: Time,
  lastSeenAt: Time,
  sessions: Type.Integer({ description: 'delegates that are connected to it' }),
  inFlight: Type.Integer({ description: 'tasks that these have' }),
});

const RedisView = Type.Object({
  mode: Type.Enum(['embedded', 'own'] as const, { description: 'own: given by --redis-url' }),
  version: Type.String(),
  usedMemoryBytes: Type.Integer(),
  maxMemoryBytes: Type.Optional(Type.Integer({ description: 'absent: no limit' })),
  connectedClients: Type.Integer(),
  isAppendOnly: Type.Boolean(),
  isSaving: Type.Boolean({ description: 'whether it could write to its files when it last tried' }),
  warnings: Type.Array(Type.String({ description: 'what may lose data' })),
});

const RouteView = Type.Object({
  type: Type.String(),
  selectors: Type.Array(Type.String()),
  baseUrl: Type.Optional(Type.String()),
  ofGates: Type.Boolean({ description: 'polls of gates, which yield to what somebody waits for' }),
  waiting: Type.Integer(),
  later: Type.Integer(),
  oldestAt: Type.Optional(Type.String({ description: 'since when the one waits that is next' })),
});

const QueueView = Type.Object({
  waiting: Type.Integer({ description: 'attempts that wait for a delegate, polls of gates included' }),
  later: Type.Integer({ description: 'attempts that are due later, or wait for their instance' }),
  routes: Type.Array(RouteView, { description: 'the 20 that have waited longest' }),
  routesLeftOut: Type.Integer({ description: 'so many routes were not counted' }),
});

const pause = {
  pausedUntil: Type.Optional(Time),
  pausedBecause: Type.Optional(Type.String()),
};

const GroupView = Type.Object({
  id: Type.String(),
  gates: Type.Integer(),
  intervalMs: Type.Integer({ description: 'the shortest of its gates' }),
  baseUrl: Type.Optional(Type.String()),
  table: Type.Optional(Type.String()),
  connectorId: Type.Optional(Type.String()),
  selectors: Type.Optional(Type.Array(Type.String())),
  lastLookAt: Type.Optional(Time),
  nextLookAt: Type.String({
    description: 'at the latest; of one that is looked at now, when another manager takes over',
  }),
  ...pause,
  lastFailure: Type.Optional(Type.String()),
});

const InstanceView = Type.Object({
  baseUrl: Type.String(),
  underWay: Type.Optional(Type.Integer({ description: 'tasks at once; absent without a limit' })),
  atOnce: Type.Optional(Type.Integer({ description: 'as many as may be' })),
  ...pause,
  pausedForAll: Type.Optional(Type.Boolean({ description: 'false: for the polls of gates alone' })),
  rateLimit: Type.Optional(
    Type.Object({ limit: Type.Integer(), used: Type.Integer({ description: 'by our own count' }), endsAt: Time }),
  ),
});

const SystemView = Type.Object({
  at: Time,
  answeredBy: Type.String({ description: 'id of the manager that answered' }),
  managers: Type.Array(ManagerView),
  redis: RedisView,
  queue: QueueView,
  pollGroups: Type.Object({ total: Type.Integer(), items: Type.Array(GroupView) }),
  instances: Type.Object({ total: Type.Integer(), items: Type.Array(InstanceView) }),
});

/** How the whole stands. */
export function systemRoutes({ system }: { system: SystemStanding }): FastifyPluginAsyncTypebox {
  return async (app) => {
    app.get(
      '/system',
      { config: { role: 'operator' }, schema: { response: { 200: SystemView, default: Problem } } },
      async () => system.show(),
    );
  };
}

import Type, { type Static } from 'typebox';
import { authenticationOf, SecretRef } from '#protocol/authentication.ts';
import { UsageScope } from '#protocol/scope.ts';
import { TaskView } from '#protocol/task.ts';

/** What the API answers, as far as the command reads it; properties that it does not know are passed on. */

export const Problem = Type.Object({
  status: Type.Integer(),
  code: Type.String(),
  detail: Type.String(),
  remedy: Type.String(),
  faults: Type.Optional(Type.Array(Type.Object({ path: Type.String(), message: Type.String() }))),
  task: Type.Optional(TaskView),
});
export type Problem = Static<typeof Problem>;

export const Nothing = Type.Unknown();

export const SecretView = Type.Object({
  name: Type.String(),
  scope: UsageScope,
  createdAt: Type.String(),
  updatedAt: Type.String(),
  usedBy: Type.Array(Type.String()),
});

export const ConnectorView = Type.Object({
  id: Type.String(),
  name: Type.String(),
  baseUrl: Type.String(),
  authentication: authenticationOf(SecretRef),
  selectors: Type.Array(Type.String()),
  scope: Type.Optional(UsageScope),
  createdAt: Type.String(),
  updatedAt: Type.String(),
  lastTest: Type.Optional(TaskView),
  testedSince: Type.Optional(Type.String()),
});
export type ConnectorView = Static<typeof ConnectorView>;

export const TokenView = Type.Object({
  id: Type.String(),
  name: Type.String(),
  role: Type.Optional(Type.String()),
  scope: Type.Optional(UsageScope),
  requiresApproval: Type.Optional(Type.Boolean()),
  createdAt: Type.String(),
  expiresAt: Type.Optional(Type.String()),
  revokedAt: Type.Optional(Type.String()),
});
export type TokenView = Static<typeof TokenView>;

export const CreatedToken = Type.Object({ ...TokenView.properties, token: Type.String() });

export const DelegateView = Type.Object({
  id: Type.String(),
  name: Type.String(),
  hostname: Type.String(),
  version: Type.String(),
  state: Type.String(),
  tags: Type.Array(Type.String()),
  capacity: Type.Integer(),
  inFlight: Type.Integer(),
  lastSeenAt: Type.String(),
  conflict: Type.Optional(Type.Object({ at: Type.String(), hostname: Type.String() })),
});

export const Explanation = Type.Object({
  summary: Type.String(),
  remedy: Type.String(),
  missingSelectors: Type.Array(
    Type.Object({
      selector: Type.String(),
      everConnected: Type.Boolean(),
      nearest: Type.Optional(Type.String()),
    }),
  ),
  delegates: Type.Array(Type.Object({ id: Type.String(), name: Type.String(), text: Type.String() })),
  givesUpAt: Type.Optional(Type.String()),
});
export type Explanation = Static<typeof Explanation>;

export function listOf<Item extends Parameters<typeof Type.Array>[0]>(item: Item) {
  return Type.Object({ items: Type.Array(item), cursor: Type.Optional(Type.String()) });
}

import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import Type from 'typebox';
import { UsageScope } from '#protocol/scope.ts';
import { roles, type Tokens } from '../../core/tokens.ts';
import { callerOf } from '../auth.ts';
import { Problem } from '../problems.ts';
import { DurationText, IdParams, Name, readDuration } from '../requests.ts';

const TokenView = Type.Object({
  id: Type.String(),
  name: Type.String(),
  role: Type.Optional(Type.Enum(roles)),
  scope: Type.Optional(UsageScope),
  requiresApproval: Type.Optional(Type.Boolean()),
  createdAt: Type.String(),
  expiresAt: Type.Optional(Type.String()),
  revokedAt: Type.Optional(Type.String()),
});

const CreatedToken = Type.Object({ ...TokenView.properties, token: Type.String({ description: 'shown this once' }) });

const DelegateTokenBody = Type.Object({
  name: Name,
  expires: Type.Optional(DurationText),
  requiresApproval: Type.Optional(
    Type.Boolean({ description: 'delegates that join with it get no work before an administrator approves them' }),
  ),
});
const ApiTokenBody = Type.Object({
  name: Name,
  role: Type.Enum(roles),
  expires: Type.Optional(DurationText),
  scope: Type.Optional(UsageScope),
});

const expiry = { minimum: 60_000, maximum: 3_650 * 86_400_000, inWords: 'from 1m to 3650d' };

/** Delegate tokens and API tokens: created, listed, revoked in the same way. `{id}` is the id or the name. */
export function tokenRoutes(deps: { delegateTokens: Tokens; apiTokens: Tokens }): FastifyPluginAsyncTypebox {
  return async (app) => {
    app.post(
      '/delegate-tokens',
      {
        config: { role: 'admin', audit: 'delegate-token.create' },
        schema: { body: DelegateTokenBody, response: { 201: CreatedToken, default: Problem } },
      },
      async (request, reply) => {
        const { requiresApproval = false } = request.body;
        const spec = { ...readSpec(request.body), requiresApproval };
        return reply.code(201).send(await deps.delegateTokens.grant(callerOf(request), spec));
      },
    );
    app.post(
      '/api-tokens',
      {
        config: { role: 'admin', audit: 'api-token.create' },
        schema: { body: ApiTokenBody, response: { 201: CreatedToken, default: Problem } },
      },
      async (request, reply) => {
        const { role, scope } = request.body;
        const spec = { ...readSpec(request.body), role, ...(scope === undefined ? {} : { scope }) };
        return reply.code(201).send(await deps.apiTokens.grant(callerOf(request), spec));
      },
    );
    for (const [path, tokens, revoke] of [
      ['/delegate-tokens', deps.delegateTokens, 'delegate-token.revoke'],
      ['/api-tokens', deps.apiTokens, 'api-token.revoke'],
    ] as const) {
      app.get(
        path,
        {
          config: { role: 'admin' },
          schema: { response: { 200: Type.Object({ items: Type.Array(TokenView) }), default: Problem } },
        },
        async () => ({ items: await tokens.list() }),
      );
      app.delete(
        `${path}/:id`,
        {
          config: { role: 'admin', audit: revoke },
          schema: { params: IdParams, response: { 200: TokenView, default: Problem } },
        },
        async (request) => tokens.revoke(callerOf(request), request.params.id),
      );
    }
  };
}

function readSpec({ name, expires }: { name: string; expires?: string }): { name: string; expiresInMs?: number } {
  const expiresInMs = readDuration(expires, '/expires', expiry);
  return expiresInMs === undefined ? { name } : { name, expiresInMs };
}

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
  createdAt: Type.String(),
  expiresAt: Type.Optional(Type.String()),
  revokedAt: Type.Optional(Type.String()),
});

const CreatedToken = Type.Object({ ...TokenView.properties, token: Type.String({ description: 'shown this once' }) });

const DelegateTokenBody = Type.Object({ name: Name, expires: Type.Optional(DurationText) });
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
        config: { role: 'admin' },
        schema: { body: DelegateTokenBody, response: { 201: CreatedToken, default: Problem } },
      },
      async (request, reply) =>
        reply.code(201).send(await deps.delegateTokens.grant(callerOf(request), readSpec(request.body))),
    );
    app.post(
      '/api-tokens',
      { config: { role: 'admin' }, schema: { body: ApiTokenBody, response: { 201: CreatedToken, default: Problem } } },
      async (request, reply) => {
        const { role, scope } = request.body;
        const spec = { ...readSpec(request.body), role, ...(scope === undefined ? {} : { scope }) };
        return reply.code(201).send(await deps.apiTokens.grant(callerOf(request), spec));
      },
    );
    for (const [path, tokens] of [
      ['/delegate-tokens', deps.delegateTokens],
      ['/api-tokens', deps.apiTokens],
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
        { config: { role: 'admin' }, schema: { params: IdParams, response: { 200: TokenView, default: Problem } } },
        async (request) => tokens.revoke(callerOf(request), request.params.id),
      );
    }
  };
}

function readSpec({ name, expires }: { name: string; expires?: string }): { name: string; expiresInMs?: number } {
  const expiresInMs = readDuration(expires, '/expires', expiry);
  return expiresInMs === undefined ? { name } : { name, expiresInMs };
}

import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import Type, { type Static } from 'typebox';
import { UsageScope } from '#protocol/scope.ts';
import type { Secrets } from '../../core/secrets.ts';
import { callerOf } from '../auth.ts';
import { Problem } from '../problems.ts';

const SecretView = Type.Object({
  name: Type.String(),
  scope: UsageScope,
  createdAt: Type.String(),
  updatedAt: Type.String(),
  usedBy: Type.Array(Type.String()),
});

const SecretParams = Type.Object({
  name: Type.String({
    pattern: '^[A-Za-z0-9][A-Za-z0-9._-]{0,79}$',
    description: 'letters, digits, dot, dash, underscore',
  }),
});

const SecretBody = Type.Object(
  {
    value: Type.Optional(Type.String({ minLength: 1, maxLength: 65_536 })),
    scope: Type.Optional(UsageScope),
  },
  { description: 'what is left out stays as it is; a new secret needs a value' },
);

const OnlyHeaders = Type.Object({
  'if-none-match': Type.Optional(Type.Literal('*', { description: 'only create it: refuse a name that there is' })),
  'if-match': Type.Optional(Type.Literal('*', { description: 'only change it: refuse a name that there is not' })),
});

function onlyOf(headers: Static<typeof OnlyHeaders>): 'create' | 'change' | undefined {
  if (headers['if-none-match'] !== undefined) return 'create';
  return headers['if-match'] === undefined ? undefined : 'change';
}

/** Encrypted texts. No route ever answers with a value. */
export function secretRoutes(secrets: Secrets): FastifyPluginAsyncTypebox {
  return async (app) => {
    app.get(
      '/secrets',
      {
        config: { role: 'operator' },
        schema: { response: { 200: Type.Object({ items: Type.Array(SecretView) }), default: Problem } },
      },
      async () => ({ items: await secrets.list() }),
    );
    app.get(
      '/secrets/:name',
      {
        config: { role: 'operator' },
        schema: { params: SecretParams, response: { 200: SecretView, default: Problem } },
      },
      async ({ params }) => secrets.show(params.name),
    );
    app.put(
      '/secrets/:name',
      {
        config: { role: 'admin', audit: 'secret.store' },
        schema: {
          params: SecretParams,
          body: SecretBody,
          headers: OnlyHeaders,
          response: { 200: SecretView, default: Problem },
        },
      },
      async (request) => {
        const { params, body, headers } = request;
        return secrets.put(callerOf(request), params.name, body, onlyOf(headers));
      },
    );
    app.delete(
      '/secrets/:name',
      {
        config: { role: 'admin', audit: 'secret.delete' },
        schema: { params: SecretParams, response: { 204: Type.Null(), default: Problem } },
      },
      async (request, reply) => {
        await secrets.remove(callerOf(request), request.params.name);
        return reply.code(204).send(null);
      },
    );
  };
}

import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import Type from 'typebox';
import { UsageScope } from '#protocol/scope.ts';
import type { Audit } from '../../core/audit.ts';
import type { Caller } from '../../core/caller.ts';
import { isoTime } from '../../core/task-record.ts';
import { roles, type Tokens } from '../../core/tokens.ts';
import { callerOf, identify } from '../auth.ts';
import { Problem } from '../problems.ts';
import { clearSession, refuseOtherPages, writeSession } from '../session-cookie.ts';

const SessionBody = Type.Object({
  token: Type.String({ minLength: 1, maxLength: 512, pattern: '^\\S+$', description: 'an API token' }),
});

const SessionView = Type.Object({
  name: Type.String({ description: 'of the token' }),
  role: Type.Enum(roles),
  scope: UsageScope,
  expiresAt: Type.Optional(Type.String({ description: 'when the token expires' })),
});

const open = { security: [] };

/**
 * Sign-in of the console. Tries are not limited: a token is 256 random bits, or what the operator chose, and any other
 * route would answer the same question.
 */
export function sessionRoutes({ apiTokens, audit }: { apiTokens: Tokens; audit: Audit }): FastifyPluginAsyncTypebox {
  return async (app) => {
    app.post(
      '/session',
      {
        config: { role: 'public', needsRedis: true, audit: 'recorded elsewhere' },
        schema: { ...open, body: SessionBody, response: { 200: SessionView, default: Problem } },
      },
      async (request, reply) => {
        refuseOtherPages(request);
        const { token } = request.body;
        const caller = await identify(apiTokens, token);
        // Not before: anybody could fill the log with tries.
        const { name } = caller;
        await audit.begin({ action: 'session.open', actor: name, from: request.ip, subject: name, details: {} });
        writeSession(request, reply, token);
        return reply.header('cache-control', 'no-store').send(viewSession(caller));
      },
    );
    app.get(
      '/session',
      { config: { role: 'viewer' }, schema: { response: { 200: SessionView, default: Problem } } },
      async (request) => viewSession(callerOf(request)),
    );
    // Also with a token that is not good any more: a page cannot remove the cookie by itself.
    app.delete(
      '/session',
      {
        config: { role: 'public', audit: 'changes nothing' },
        schema: { ...open, response: { 204: Type.Null(), default: Problem } },
      },
      async (request, reply) => {
        refuseOtherPages(request);
        clearSession(reply);
        return reply.code(204).send(null);
      },
    );
  };
}

function viewSession({ name, role, scope, expiresAt }: Caller) {
  return { name, role, scope, ...(expiresAt === undefined ? {} : { expiresAt: isoTime(expiresAt) }) };
}

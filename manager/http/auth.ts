import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { everywhere } from '#protocol/scope.ts';
import type { Caller } from '../core/caller.ts';
import { Refusal } from '../core/refusal.ts';
import { includesRole, type Role, type TokenFault, type Tokens } from '../core/tokens.ts';
import { readSessionToken, refuseForged } from './session-cookie.ts';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** The least role that may use the route. A route without one cannot be registered. */
    role?: Role | 'public';
    /** Of a public route that asks Redis: every other route does. */
    needsRedis?: true;
  }
  interface FastifyRequest {
    /** Unset on public routes. */
    caller: Caller | undefined;
    /** Whether the token that let the request in would do so now: an answer may go on for an hour. */
    isStillAdmitted(): Promise<boolean>;
  }
}

/** Lets a request in by its bearer token, else by the console's cookie, if the token's role includes the route's. */
export function installAuth(app: FastifyInstance, tokens: Tokens): void {
  app.decorateRequest('caller', undefined);
  app.decorateRequest('isStillAdmitted', async function isStillAdmitted(this: FastifyRequest) {
    const token = readBearer(this) ?? readSessionToken(this);
    const holder = token === undefined ? 'token-unknown' : await tokens.verify(token);
    return typeof holder !== 'string' && includesRole(holder.role ?? 'viewer', this.caller?.role ?? 'admin');
  });
  app.addHook('onRoute', ({ url, config }) => {
    if (config?.role === undefined) throw new Error(`route ${url} names no role`);
  });
  app.addHook('onRequest', async (request, reply) => {
    const { role } = request.routeOptions.config;
    if (role === 'public' || request.is404) return;
    const caller = await identify(tokens, readBearer(request) ?? readCookie(request, reply));
    if (role === undefined || !includesRole(caller.role, role))
      throw new Refusal(
        'role-insufficient',
        `this needs the role ${role}; the token "${caller.name}" has ${caller.role}`,
        'Use a token with that role.',
      );
    request.caller = caller;
  });
}

/** Whose token a text is. Throws a Refusal when it is nobody's any more. */
export async function identify(tokens: Tokens, text: string | undefined): Promise<Caller> {
  if (text === undefined)
    throw new Refusal(
      'token-missing',
      'the request carries no API token',
      'Send the header "Authorization: Bearer TOKEN", or sign in to the console; the CLI reads TICKETGATE_TOKEN.',
    );
  const holder = await tokens.verify(text);
  if (typeof holder === 'string')
    throw new Refusal(holder, faultTexts[holder], 'Ask an administrator for a token: ticketgate api-token create.');
  const { name, role = 'viewer', scope = everywhere, expiresAt } = holder;
  return { name, role, scope, ...(expiresAt === undefined ? {} : { expiresAt }) };
}

/** Who sent a request; of a route that is not public. */
export function callerOf(request: FastifyRequest): Caller {
  if (!request.caller) throw new Error(`${request.routeOptions.url} is public: nobody is known to have called it`);
  return request.caller;
}

const faultTexts: Readonly<Record<TokenFault, string>> = {
  'token-unknown':
    'no such API token (it begins with tga_, unless the operator chose it; delegate tokens, tgd_, are not for the API)',
  'token-expired': 'the API token has expired',
  'token-revoked': 'the API token was revoked',
};

function readBearer(request: FastifyRequest): string | undefined {
  const [scheme, token] = (request.headers.authorization ?? '').split(' ');
  return scheme?.toLowerCase() === 'bearer' && token ? token : undefined;
}

function readCookie(request: FastifyRequest, reply: FastifyReply): string | undefined {
  const token = readSessionToken(request);
  if (token === undefined) return undefined;
  refuseForged(request);
  // Caches in between know that answers to a bearer are nobody else's, and nothing of cookies.
  reply.header('cache-control', 'no-store');
  return token;
}

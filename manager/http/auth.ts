import type { FastifyInstance, FastifyRequest } from 'fastify';
import { everywhere } from '#protocol/scope.ts';
import type { Caller } from '../core/caller.ts';
import { Refusal } from '../core/refusal.ts';
import { includesRole, type Role, type TokenFault, type Tokens } from '../core/tokens.ts';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** The least role that may use the route. A route without one cannot be registered. */
    role?: Role | 'public';
  }
  interface FastifyRequest {
    /** Unset on public routes. */
    caller: Caller | undefined;
    /** Whether the token that let the request in would do so now: an answer may go on for an hour. */
    isStillAdmitted(): Promise<boolean>;
  }
}

/** Lets a request in by its bearer token, if the token's role includes the route's. */
export function installAuth(app: FastifyInstance, tokens: Tokens): void {
  app.decorateRequest('caller', undefined);
  app.decorateRequest('isStillAdmitted', async function isStillAdmitted(this: FastifyRequest) {
    const holder = await tokens.verify(readBearer(this));
    return typeof holder !== 'string' && includesRole(holder.role ?? 'viewer', this.caller?.role ?? 'admin');
  });
  app.addHook('onRoute', ({ url, config }) => {
    if (config?.role === undefined) throw new Error(`route ${url} names no role`);
  });
  app.addHook('onRequest', async (request) => {
    const { role } = request.routeOptions.config;
    if (role === 'public' || request.is404) return;
    const holder = await tokens.verify(readBearer(request));
    if (typeof holder === 'string')
      throw new Refusal(holder, faultTexts[holder], 'Ask an administrator for a token: ticketgate api-token create.');
    if (role === undefined || !includesRole(holder.role ?? 'viewer', role))
      throw new Refusal(
        'role-insufficient',
        `this needs the role ${role}; the token "${holder.name}" has ${holder.role ?? 'none'}`,
        'Use a token with that role.',
      );
    const { name, role: held = 'viewer', scope = everywhere } = holder;
    request.caller = { name, role: held, scope };
  });
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

function readBearer(request: FastifyRequest): string {
  const [scheme, token] = (request.headers.authorization ?? '').split(' ');
  if (scheme?.toLowerCase() === 'bearer' && token) return token;
  throw new Refusal(
    'token-missing',
    'the request carries no API token',
    'Send the header "Authorization: Bearer TOKEN"; the CLI reads TICKETGATE_TOKEN.',
  );
}

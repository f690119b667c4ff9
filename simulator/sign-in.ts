import type { IncomingHttpHeaders } from 'node:http';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { seedApiKey } from './seed-clients.ts';
import type { Simulation } from './simulation.ts';
import { authenticate, findActiveUser, type User } from './users.ts';
import type { World } from './world.ts';

/** Finds out who sends a request and tells the routes; answers 401 itself when it cannot. */
export function signIn({ world }: Simulation, request: FastifyRequest, reply: FastifyReply): FastifyReply | undefined {
  const found = identify(world, request.headers);
  switch (found.kind) {
    case 'user':
      request.instance.user = found.user;
      if (request.instance.logged) request.instance.logged.user = found.user.userName;
      reply.header('x-is-logged-in', 'true');
      return undefined;
    case 'second-factor-missing':
      return refuse(reply.header('x-mfa_token', 'invalid'), unauthorizedBody(world));
    case 'token-expired':
      return refuse(
        reply,
        world.settings.expiredTokenReply === 'invalid-token'
          ? { error: 'invalid_token', error_description: 'Access token has expired' }
          : unauthorizedBody(world),
      );
    case 'nobody':
      return refuse(reply, unauthorizedBody(world));
  }
}

/** Whether a request has several `Authorization` headers, of which Node's `headers` shows the first alone. */
export function hasTwoAuthorizations({ raw }: FastifyRequest): boolean {
  return (raw.headersDistinct.authorization?.length ?? 0) > 1;
}

type Identity =
  | { readonly kind: 'user'; readonly user: User }
  | { readonly kind: 'second-factor-missing' }
  | { readonly kind: 'token-expired' }
  | { readonly kind: 'nobody' };

const nobody: Identity = { kind: 'nobody' };

/** Takes the API key, the bearer token or the user name and password of a request, whichever it brings. */
function identify(world: World, headers: IncomingHttpHeaders): Identity {
  if (headers['x-sn-apikey'] !== undefined)
    return headers['x-sn-apikey'] === seedApiKey.key ? identityOf(findActiveUser(world, seedApiKey.userName)) : nobody;
  const bearer = /^bearer\s+(\S+)$/i.exec(headers.authorization ?? '')?.[1];
  if (bearer !== undefined) {
    const found = world.tokens.find(bearer, world.now());
    if (found.kind === 'expired') return { kind: 'token-expired' };
    return found.kind === 'valid' ? identityOf(findActiveUser(world, found.userName)) : nobody;
  }
  return identifyByPassword(world, headers.authorization);
}

function identifyByPassword(world: World, header: string | undefined): Identity {
  const credentials = readBasic(header);
  const { basicAuthentication, multiFactorUsers } = world.settings;
  if (!credentials || basicAuthentication === 'off') return nobody;
  const user = authenticate(world, credentials.userName, credentials.password);
  // A restricted user, an administrator too, hears what a wrong password hears.
  if (!user || (basicAuthentication === 'restricted' && !mayUseBasic(user))) return nobody;
  return multiFactorUsers.includes(user.userName) ? { kind: 'second-factor-missing' } : { kind: 'user', user };
}

function mayUseBasic(user: User): boolean {
  return user.webServiceOnly || user.roles.has('snc_basic_auth_api_access');
}

function identityOf(user: User | undefined): Identity {
  return user ? { kind: 'user', user } : nobody;
}

function readBasic(header: string | undefined): { userName: string; password: string } | undefined {
  const encoded = /^basic\s+(\S+)$/i.exec(header ?? '')?.[1];
  if (encoded === undefined) return undefined;
  const text = Buffer.from(encoded, 'base64').toString('utf8');
  const colon = text.indexOf(':');
  return colon < 0 ? undefined : { userName: text.slice(0, colon), password: text.slice(colon + 1) };
}

function unauthorizedBody(world: World): unknown {
  const detail = 'Required to provide Auth information';
  return world.settings.unauthorizedWording === 'classic'
    ? { error: { message: 'User Not Authenticated', detail }, status: 'failure' }
    : { error: { message: 'User is not authenticated', detail } };
}

function refuse(reply: FastifyReply, body: unknown): FastifyReply {
  return reply
    .code(401)
    .header('www-authenticate', 'BASIC realm="Service-now"')
    .header('content-type', 'application/json;charset=UTF-8')
    .send(body);
}

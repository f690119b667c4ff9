import type { FastifyInstance } from 'fastify';
import { type SeedClient, seedClients } from './seed-clients.ts';
import type { Settings } from './settings.ts';
import type { Simulation } from './simulation.ts';
import { authenticate, findActiveUser } from './users.ts';
import type { World } from './world.ts';

interface Granted {
  readonly userName: string;
  /** The refresh token that goes with it; none for client credentials. */
  readonly refreshToken?: string;
}

type Grant = (world: World, form: URLSearchParams, client: SeedClient) => Granted | undefined;

/** Adds the token endpoint, in a scope of its own because it alone reads forms. */
export function addTokenRoutes(scope: FastifyInstance, { world }: Simulation): void {
  scope.addContentTypeParser('application/x-www-form-urlencoded', { parseAs: 'string' }, (_request, body, done) =>
    done(null, new URLSearchParams(String(body))),
  );

  scope.post('/oauth_token.do', async (request, reply) => {
    reply.header('content-type', 'application/json;charset=UTF-8');
    const form = request.body;
    if (!(form instanceof URLSearchParams))
      return reply.code(401).send({ error_description: 'unspecified error', error: 'server_error' });
    const client = seedClients.find(
      ({ clientId, clientSecret }) =>
        clientId === form.get('client_id') && clientSecret === (form.get('client_secret') ?? ''),
    );
    const grantType = world.settings.oauthGrants.find((name) => name === form.get('grant_type'));
    const granted = client && grantType && grants[grantType](world, form, client);
    // One answer for nearly everything: wrong secret, locked user, a grant that is switched off.
    if (!granted || !findActiveUser(world, granted.userName))
      return reply.code(401).send({ error_description: 'access_denied', error: 'server_error' });
    const { token, expiresInSeconds } = world.tokens.access(
      granted.userName,
      world.now(),
      world.settings.oauthTokenLifetimeSeconds,
      () => world.nextToken(),
    );
    return reply.send({
      access_token: token,
      ...(granted.refreshToken === undefined ? {} : { refresh_token: granted.refreshToken }),
      scope: 'useraccount',
      token_type: 'Bearer',
      expires_in: expiresInSeconds,
    });
  });
}

const grants: Readonly<Record<Settings['oauthGrants'][number], Grant>> = {
  // A client without a secret cannot vouch for itself.
  client_credentials: (_world, _form, { clientSecret, userName }) => (clientSecret === '' ? undefined : { userName }),
  password: (world, form) => {
    const user = authenticate(world, form.get('username') ?? '', form.get('password') ?? '');
    return user && { userName: user.userName, refreshToken: newRefreshToken(world, user.userName) };
  },
  refresh_token: (world, form) => {
    const refreshToken = form.get('refresh_token') ?? '';
    const userName = world.tokens.ownerOfRefreshToken(refreshToken);
    if (userName === undefined) return undefined;
    switch (world.settings.oauthRefreshReply) {
      case 'kept':
        return { userName, refreshToken };
      case 'omitted':
        return { userName };
      case 'rotated':
        world.tokens.removeRefreshToken(refreshToken);
        return { userName, refreshToken: newRefreshToken(world, userName) };
    }
  },
};

function newRefreshToken(world: World, userName: string): string {
  const token = world.nextToken();
  world.tokens.addRefreshToken(token, userName);
  return token;
}

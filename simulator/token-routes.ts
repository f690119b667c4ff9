import type { FastifyInstance } from 'fastify';
import { seedClients } from './seed-clients.ts';
import type { Simulation } from './simulation.ts';
import { authenticate, findActiveUser } from './users.ts';
import type { World } from './world.ts';

interface Granted {
  readonly userName: string;
  /** The refresh token that goes with it; none for client credentials. */
  readonly refreshToken?: string;
}

type Grant = (world: World, form: URLSearchParams, clientUser: string) => Granted | undefined;

/** Adds the token endpoint, in a scope of its own because it alone reads forms. */
export function addTokenRoutes(scope: FastifyInstance, { world }: Simulation): void {
  scope.addContentTypeParser('application/x-www-form-urlencoded', { parseAs: 'string' }, (_request, body, done) =>
    done(null, new URLSearchParams(String(body))),
  );

  scope.post('/oauth_token.do', async (request, reply) => {
    const form = request.body instanceof URLSearchParams ? request.body : new URLSearchParams();
    const client = seedClients.find(
      ({ clientId, clientSecret }) => clientId === form.get('client_id') && clientSecret === form.get('client_secret'),
    );
    const grant = grants.get(form.get('grant_type') ?? '');
    const granted = client && grant?.(world, form, client.userName);
    reply.header('content-type', 'application/json;charset=UTF-8');
    // One answer for nearly everything: wrong secret, locked user, a grant that is switched off.
    if (!granted || !findActiveUser(world, granted.userName))
      return reply.code(401).send({ error_description: 'access_denied', error: 'server_error' });
    const { token, expiresInSeconds } = world.tokens.access(granted.userName, world.now(), () => world.nextToken());
    return reply.send({
      access_token: token,
      ...(granted.refreshToken === undefined ? {} : { refresh_token: granted.refreshToken }),
      scope: 'useraccount',
      token_type: 'Bearer',
      expires_in: expiresInSeconds,
    });
  });
}

const grants: ReadonlyMap<string, Grant> = new Map<string, Grant>([
  ['client_credentials', (_world, _form, clientUser) => ({ userName: clientUser })],
  [
    'password',
    (world, form) => {
      const user = authenticate(world, form.get('username') ?? '', form.get('password') ?? '');
      if (!user) return undefined;
      const refreshToken = world.nextToken();
      world.tokens.addRefreshToken(refreshToken, user.userName);
      return { userName: user.userName, refreshToken };
    },
  ],
  [
    'refresh_token',
    (world, form) => {
      const refreshToken = form.get('refresh_token') ?? '';
      const userName = world.tokens.ownerOfRefreshToken(refreshToken);
      return userName === undefined ? undefined : { userName, refreshToken };
    },
  ],
]);

import type { ServerResponse } from 'node:http';
import type { TaskContext } from '../../../delegate/core/handler.ts';
import type { OAuth } from '../../../delegate/servicenow/oauth-token.ts';
import { openWorld, sendJson, startOddServer, type TaskWorld } from './task-world.ts';

export const client = { clientId: 'simulator-client', clientSecret: 'simulator-client-secret' };
export const byClient: OAuth = { kind: 'oauth-client-credentials', ...client };
export const byPassword = {
  kind: 'oauth-password',
  ...client,
  username: 'integration',
  password: 'integration-password',
} as const satisfies OAuth;
export const byRefresh: OAuth = { kind: 'oauth-refresh-token', ...client, refreshToken: 'first-refresh-token' };

export const incident = { table: 'incident', fields: { short_description: 'x' } };
export const wanted = { table: 'incident', numbers: ['INC1'], fields: ['number'] };

export function as(
  world: TaskWorld,
  authentication: TaskContext['target']['authentication'],
  changes = {},
): TaskContext {
  const { baseUrl } = world.context().target;
  return world.context({ target: { baseUrl, authentication }, ...changes });
}

interface TokenServer {
  readonly token?: (form: URLSearchParams, response: ServerResponse, count: number) => void;
  readonly api?: (bearer: string, response: ServerResponse) => void;
}

/** An instance whose token end point and API answer as the test says; it keeps the forms it was sent. */
export async function startTokenServer({ token, api }: TokenServer = {}) {
  const forms: URLSearchParams[] = [];
  const bearers: string[] = [];
  const server = await startOddServer((request, response, body) => {
    if (request.url?.endsWith('/oauth_token.do')) {
      const form = new URLSearchParams(body);
      forms.push(form);
      const send = token ?? ((_form, answer, count) => grant(answer, `token-${count}`));
      send(form, response, forms.length);
      return;
    }
    const bearer = (request.headers.authorization ?? '').replace(/^Bearer /, '');
    bearers.push(bearer);
    if (api === undefined) sendJson(response, 200, { result: [] });
    else api(bearer, response);
  });
  return { ...server, forms, bearers };
}

export function grant(response: ServerResponse, accessToken: string, more: object = {}): void {
  const base = { access_token: accessToken, scope: 'useraccount', token_type: 'Bearer', expires_in: 1_799 };
  sendJson(response, 200, { ...base, ...more });
}

export function refuse(response: ServerResponse): void {
  sendJson(response, 401, { error_description: 'access_denied', error: 'server_error' });
}

export function refuseCall(response: ServerResponse): void {
  sendJson(response, 401, {
    error: { message: 'User is not authenticated', detail: 'Required to provide Auth information' },
  });
}

/** A world whose clock the test can put forward. */
export function openMovingWorld(url: string) {
  const { clock } = openWorld('http://unused').context();
  let aheadMs = 0;
  const moving = { ...clock, monotonicMs: () => clock.monotonicMs() + aheadMs };
  const world = openWorld(url, { clock: moving });
  const context = (authentication: OAuth, changes = {}) => as(world, authentication, { clock: moving, ...changes });
  return {
    world,
    context,
    advance: (ms: number) => {
      aheadMs += ms;
    },
    [Symbol.asyncDispose]: () => world.close(),
  };
}

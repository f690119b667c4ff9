import type { IncomingHttpHeaders } from 'node:http';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Answer } from './faults.ts';
import { seedApiKey } from './seed-clients.ts';
import { errors } from './service-now-error.ts';
import { parametersOf, pathOf, type Simulation } from './simulation.ts';
import { authenticate, findActiveUser, type User } from './users.ts';
import type { World } from './world.ts';

const longestUrl = 8192;

/** Adds what happens to every request before and after its route: log, fault, length, headers, credentials. */
export function addInstanceHooks(app: FastifyInstance, simulation: Simulation): void {
  const { world, faults, log } = simulation;
  app.decorateRequest('instance');

  app.addHook('onRequest', async (request, reply) => {
    request.instance = { pretend: false };
    const path = pathOf(request);
    if (isControlPath(path)) return undefined;
    const now = world.now();
    if (path !== '/')
      request.instance.logged = log.add(request.method, path, parametersOf(request), world.machineNow());
    const plan = faults.strike({ method: request.method, path, nowMs: now.getTime() });
    switch (plan.kind) {
      case 'proceed':
        break;
      case 'answer':
        return (
          reply
            .code(plan.answer.status)
            .headers({ server: 'snow_adc', ...plan.answer.headers })
            // Sent as no body at all, an empty one gets no content type.
            .send(plan.answer.body || undefined)
        );
      case 'reset':
        return hangUp(request, reply);
      case 'delay':
        await faults.hold(reply.raw, plan.delayMs);
        if (faults.closed) return hangUp(request, reply);
        break;
      case 'pretend':
        request.instance.pretend = true;
        break;
      case 'answer-after':
      case 'hang-after':
      case 'reset-after':
      case 'break-json-after':
        request.instance.plan = plan;
        break;
    }
    addInstanceHeaders(simulation, request, reply);
    if (request.url.length > longestUrl) throw errors.uriTooLong();
    return path.startsWith('/api/') ? signIn(simulation, request, reply) : undefined;
  });

  app.addHook('onSend', async (request, reply, payload) => {
    const { plan } = request.instance;
    // A refused request did no work that a fault could hide.
    if (!plan || reply.statusCode >= 300) return payload;
    switch (plan.kind) {
      case 'answer-after':
        return replaceAnswer(reply, plan.answer);
      case 'hang-after':
        await faults.hold(reply.raw);
        if (faults.closed) request.raw.socket.destroy();
        return payload;
      case 'reset-after':
        request.raw.socket.destroy();
        return payload;
      case 'break-json-after':
        reply.code(200);
        return typeof payload === 'string' ? breakJson(payload) : payload;
      case 'proceed':
      case 'answer':
      case 'reset':
      case 'delay':
      case 'pretend':
        return payload;
    }
  });

  app.addHook('onResponse', async (request, reply) => {
    const { logged } = request.instance;
    if (logged && reply.raw.writableFinished) logged.status = reply.statusCode;
  });
}

/** Paths of the simulator itself: no fault and no count touches them. */
export function isControlPath(path: string): boolean {
  return path === '/simulator' || path.startsWith('/simulator/');
}

function addInstanceHeaders({ world }: Simulation, request: FastifyRequest, reply: FastifyReply): void {
  const transaction = world.nextTransactionId();
  reply.headers({
    date: world.now().toUTCString(),
    server: 'snow_adc',
    'x-transaction-id': transaction,
    'x-is-logged-in': 'false',
    'server-timing': `t;desc="${transaction}", sem_wait;dur=0, sesh_wait;dur=0`,
    'strict-transport-security': 'max-age=63072000; includeSubDomains',
    'x-content-type-options': 'nosniff',
    pragma: 'no-store',
    'cache-control': 'no-cache,no-store,must-revalidate,max-age=-1',
    expires: '0',
  });
  if (request.headers.cookie?.includes('JSESSIONID=')) return;
  reply.header('set-cookie', [
    `JSESSIONID=${transaction.toUpperCase()}SIMULATED; Path=/; HttpOnly; SameSite=None`,
    'glide_user_route=glide.simulated; Max-Age=2147483647; Path=/; HttpOnly; SameSite=None',
    `glide_session_store=${transaction.toUpperCase()}; Max-Age=1800; Path=/; HttpOnly; SameSite=None`,
  ]);
}

function signIn({ world }: Simulation, request: FastifyRequest, reply: FastifyReply): FastifyReply | undefined {
  const user = identify(world, request.headers);
  if (!user) {
    const detail = 'Required to provide Auth information';
    const classic = world.settings.unauthorizedWording === 'classic';
    return reply
      .code(401)
      .header('www-authenticate', 'BASIC realm="Service-now"')
      .header('content-type', 'application/json;charset=UTF-8')
      .send(
        classic
          ? { error: { message: 'User Not Authenticated', detail }, status: 'failure' }
          : { error: { message: 'User is not authenticated', detail } },
      );
  }
  request.instance.user = user;
  if (request.instance.logged) request.instance.logged.user = user.userName;
  reply.header('x-is-logged-in', 'true');
  return undefined;
}

/** Takes the API key, the bearer token or the user name and password of a request, whichever it brings. */
function identify(world: World, headers: IncomingHttpHeaders): User | undefined {
  if (headers['x-sn-apikey'] !== undefined)
    return headers['x-sn-apikey'] === seedApiKey.key ? findActiveUser(world, seedApiKey.userName) : undefined;
  const bearer = /^bearer\s+(\S+)$/i.exec(headers.authorization ?? '')?.[1];
  if (bearer !== undefined) {
    const owner = world.tokens.ownerOf(bearer, world.now());
    return owner === undefined ? undefined : findActiveUser(world, owner);
  }
  const credentials = readBasic(headers.authorization);
  return credentials && authenticate(world, credentials.userName, credentials.password);
}

function readBasic(header: string | undefined): { userName: string; password: string } | undefined {
  const encoded = /^basic\s+(\S+)$/i.exec(header ?? '')?.[1];
  if (encoded === undefined) return undefined;
  const text = Buffer.from(encoded, 'base64').toString('utf8');
  const colon = text.indexOf(':');
  return colon < 0 ? undefined : { userName: text.slice(0, colon), password: text.slice(colon + 1) };
}

function hangUp(request: FastifyRequest, reply: FastifyReply): FastifyReply {
  request.raw.socket.destroy();
  return reply.hijack();
}

function replaceAnswer(reply: FastifyReply, { status, headers, body }: Answer): string {
  reply.code(status).removeHeader('location').headers(headers);
  return body;
}

/** Cuts the answer inside and appends the error, which is how a quota that strikes while streaming looks. */
function breakJson(payload: string): string {
  const error = JSON.stringify({
    detail: 'Transaction cancelled: maximum execution time exceeded. Check logs for error trace.',
    message: 'Transaction cancelled: maximum execution time exceeded',
  });
  return `${payload.slice(0, Math.max(1, Math.floor(payload.length / 2)))}""],"error":${error},"status":"failure"}`;
}

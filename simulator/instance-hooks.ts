import { randomUUID } from 'node:crypto';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { noSuchAddressPage, twoAuthorizationsPage } from './fault-pages.ts';
import { type Answer, type FaultPlan, transactionCancelled } from './faults.ts';
import { apiNameOf, rateLimitRule } from './rate-limits.ts';
import { errors } from './service-now-error.ts';
import { hasTwoAuthorizations, signIn } from './sign-in.ts';
import { isUnder, parametersOf, pathOf, type Simulation } from './simulation.ts';

const longestUrl = 8192;

/** Adds what happens to every request before and after its route: log, threads, fault, headers, credentials, limits. */
export function addInstanceHooks(app: FastifyInstance, simulation: Simulation): void {
  const { world, faults, log } = simulation;
  app.decorateRequest('instance');

  app.addHook('onRequest', async (request, reply) => {
    request.instance = { pretend: false };
    if (!isUnder(world.basePath, request.originalUrl)) return sendPage(reply, 404, noSuchAddressPage);
    const path = pathOf(request);
    if (isControlPath(path)) return undefined;
    const isApi = path.startsWith('/api/');
    const isInner = request.headers[innerHeader] === simulation.innerKey;
    if (!isInner) {
      if (path !== '/') {
        request.instance.logged = log.add(request.method, path, parametersOf(request), world.machineNow());
        request.instance.leave = onceClosed(reply, () => log.leave());
      }
      if (hasTwoAuthorizations(request)) return sendPage(reply, 400, twoAuthorizationsPage);
    }
    const waitedMs = isApi && !isInner ? await takeThread(simulation, reply) : 0;
    if (waitedMs === undefined) return reply.raw.destroyed ? hangUp(request, reply) : reply.code(429).send();
    const plan: FaultPlan = isInner
      ? { kind: 'proceed' }
      : faults.strike({ method: request.method, path, nowMs: world.now().getTime() });
    switch (plan.kind) {
      case 'proceed':
        break;
      case 'answer':
        return (
          reply
            .code(plan.answer.status)
            .headers({ server: 'snow_adc', ...below(world.basePath, plan.answer.headers) })
            // Sent as no body at all, an empty one gets no content type.
            .send(plan.answer.body || undefined)
        );
      case 'reset':
        return hangUp(request, reply);
      case 'delay': {
        const quotaMs = world.settings.quotaSeconds * 1000;
        const cancelled = quotaMs > 0 && plan.delayMs > quotaMs;
        await faults.hold(reply.raw, cancelled ? quotaMs : plan.delayMs);
        if (faults.closed) return hangUp(request, reply);
        if (cancelled) request.instance.plan = { kind: 'answer-after', answer: transactionCancelled };
        break;
      }
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
    addInstanceHeaders(simulation, request, reply, waitedMs);
    if (request.url.length > longestUrl) throw errors.uriTooLong();
    if (!isApi) return undefined;
    return signIn(simulation, request, reply) ?? (isInner ? undefined : limitRate(simulation, request, reply));
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

  // Before the answer is written: a client that asks one by one is never seen as two at once.
  app.addHook('onSend', async (request) => request.instance.leave?.());

  app.addHook('onResponse', async (request, reply) => {
    const { logged } = request.instance;
    if (logged && reply.raw.writableFinished) logged.status = reply.statusCode;
  });
}

/** Paths of the simulator itself: no fault and no count touches them. */
export function isControlPath(path: string): boolean {
  return path === '/simulator' || path.startsWith('/simulator/');
}

/** Marks a request that the simulator sends to itself for an item of a batch, which arrived within another. */
export const innerHeader = 'x-simulator-inner';

export function newInnerKey(): string {
  return randomUUID();
}

/** Waits for a thread; returns for how long in ms, or undefined when there is none for this request. */
async function takeThread({ world, threads }: Simulation, reply: FastifyReply): Promise<number | undefined> {
  const { apiThreads, apiQueue } = world.settings;
  const start = performance.now();
  const entered = await threads.enter({ threads: apiThreads, queue: apiQueue }, reply.raw);
  return entered ? Math.round(performance.now() - start) : undefined;
}

/** Counts a request against its user's limit; answers 429 itself when that is used up. */
function limitRate(
  { world, rates }: Simulation,
  request: FastifyRequest,
  reply: FastifyReply,
): FastifyReply | undefined {
  const { rateLimitPerHour, rateLimitWindowSeconds } = world.settings;
  if (rateLimitPerHour === 0) return undefined;
  const api = apiNameOf(pathOf(request));
  const key = `${request.instance.user?.userName}:${api}`;
  const taken = rates.take(key, world.now().getTime(), {
    limit: rateLimitPerHour,
    windowSeconds: rateLimitWindowSeconds,
  });
  reply.headers({
    'x-ratelimit-limit': String(rateLimitPerHour),
    'x-ratelimit-reset': String(taken.resetAtSeconds),
    'x-ratelimit-rule': rateLimitRule,
  });
  if (taken.kind === 'counted') return undefined;
  reply.header('retry-after', String(taken.retryAfterSeconds));
  throw errors.rateLimited(rateLimitPerHour, api);
}

function addInstanceHeaders(
  { world }: Simulation,
  request: FastifyRequest,
  reply: FastifyReply,
  waitedMs: number,
): void {
  const transaction = world.nextTransactionId();
  reply.headers({
    date: world.now().toUTCString(),
    server: 'snow_adc',
    'x-transaction-id': transaction,
    'x-is-logged-in': 'false',
    'server-timing': `t;desc="${transaction}", sem_wait;dur=${waitedMs}, sesh_wait;dur=0`,
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

function hangUp(request: FastifyRequest, reply: FastifyReply): FastifyReply {
  request.raw.socket.destroy();
  return reply.hijack();
}

/** Leads a redirect to below the base path, as a reverse proxy does. */
function below(basePath: string, headers: Answer['headers']): Answer['headers'] {
  return headers.location === undefined ? headers : { ...headers, location: `${basePath}${headers.location}` };
}

function sendPage(reply: FastifyReply, status: number, page: string): FastifyReply {
  return reply.code(status).header('server', 'snow_adc').type('text/html;charset=UTF-8').send(page);
}

/** Calls back when the answer is sent or its socket gone, or earlier when the function is called; once. */
function onceClosed(reply: FastifyReply, callback: () => void): () => void {
  const leave = () => {
    reply.raw.off('close', leave);
    if (!left) callback();
    left = true;
  };
  let left = false;
  reply.raw.on('close', leave);
  return leave;
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

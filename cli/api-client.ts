import type { Static, TSchema } from 'typebox';
import { Agent, type Dispatcher, EnvHttpProxyAgent, request } from 'undici';
import { compileCheck, describeFaults } from '#protocol/validation.ts';
import { UsageError } from '#runtime/options.ts';
import { ApiError, UnreachableError } from './api-errors.ts';
import { Problem } from './api-views.ts';

export interface ApiRequest {
  readonly query?: Readonly<Record<string, string | number | boolean | undefined>>;
  readonly body?: unknown;
  readonly idempotencyKey?: string | undefined;
}

type Method = 'GET' | 'POST' | 'PUT' | 'DELETE';

/** The manager's HTTP API. Throws ApiError with what the manager answered, UnreachableError when it did not. */
export interface Api {
  readonly url: string;
  /** Calls a path below /api/v1 and checks the answer against a schema. */
  call<Schema extends TSchema>(
    schema: Schema,
    method: Method,
    path: string,
    sent?: ApiRequest,
  ): Promise<Static<Schema>>;
  close(): Promise<void>;
}

/** Longer than the longest that a request waits at the manager: the test of a connector. */
const answerTimeoutMs = 180_000;
const connectTimeoutMs = 10_000;

export function openApi(url: string, token: string | undefined, env: Env): Api {
  const base = readManagerUrl(url);
  const dispatcher = openDispatcher(base, env);
  return {
    url: base.origin,
    call: async (schema, method, path, sent = {}) => {
      const { status, text } = await exchange(dispatcher, base, token, method, path, sent);
      const document = readJson(text);
      if (status >= 400) throw readProblem(base.origin, status, document);
      const checked = compileCheck(schema)(document);
      if ('value' in checked) return checked.value;
      throw new UnreachableError(
        `${base.origin} answered ${method} ${path} with what is no answer of a manager of this version: ${describeFaults(checked.faults)}`,
        'See that the URL is that of a Ticketgate manager, and that both are of one version.',
        true,
      );
    },
    // Not close(): what still waits for an answer when this is called is not wanted any more.
    close: () => dispatcher.destroy(),
  };
}

type Env = Readonly<Record<string, string | undefined>>;

async function exchange(
  dispatcher: Dispatcher,
  base: URL,
  token: string | undefined,
  method: Method,
  path: string,
  { query = {}, body, idempotencyKey }: ApiRequest,
): Promise<{ status: number; text: string }> {
  const url = new URL(`${base.pathname.replace(/\/$/, '')}/api/v1${path}`, base);
  for (const [name, value] of Object.entries(query)) if (value !== undefined) url.searchParams.set(name, String(value));
  try {
    const answer = await request(url, {
      dispatcher,
      method,
      headers: {
        accept: 'application/json',
        ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...(idempotencyKey === undefined ? {} : { 'idempotency-key': idempotencyKey }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    return { status: answer.statusCode, text: await answer.body.text() };
  } catch (error) {
    throw readNetworkFault(base.origin, error);
  }
}

/** Codes that say that nothing was sent, so that a repetition is safe. */
const neverSent = new Set(['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH', 'UND_ERR_CONNECT_TIMEOUT']);

function readNetworkFault(origin: string, error: unknown): UnreachableError {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  const reason = error instanceof Error && error.message !== '' ? error.message : code;
  return new UnreachableError(
    `the manager at ${origin} cannot be reached: ${reason}`,
    'Start it (ticketgate manager), or give its address with --url or TICKETGATE_URL.',
    !neverSent.has(code),
  );
}

const checkProblem = compileCheck(Problem);

function readProblem(origin: string, status: number, document: unknown): ApiError | UnreachableError {
  const checked = checkProblem(document);
  if ('value' in checked) return new ApiError(checked.value);
  return new UnreachableError(
    `${origin} answered with HTTP ${status}, and not in the words of a Ticketgate manager`,
    'See that the URL is that of the manager; a proxy or load balancer before it may have answered in its place.',
    true,
  );
}

function readJson(text: string): unknown {
  if (text === '') return null;
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function readManagerUrl(url: string): URL {
  const parsed = URL.canParse(url) ? new URL(url) : undefined;
  if (parsed?.protocol === 'http:' || parsed?.protocol === 'https:') return parsed;
  throw new UsageError(`--url: expected the manager's address, such as https://ticketgate.example.com, got "${url}"`);
}

const loopback = /^(localhost|127(\.\d+){3}|\[::1\])$/;

/** Goes through the environment's proxy, but never to this very machine. */
function openDispatcher(base: URL, env: Env): Dispatcher {
  const settings = { headersTimeout: answerTimeoutMs, bodyTimeout: answerTimeoutMs, connectTimeout: connectTimeoutMs };
  const httpProxy = env.HTTP_PROXY ?? env.http_proxy;
  const httpsProxy = env.HTTPS_PROXY ?? env.https_proxy;
  if (loopback.test(base.hostname) || (!httpProxy && !httpsProxy)) return new Agent(settings);
  return new EnvHttpProxyAgent({
    ...settings,
    httpProxy: httpProxy ?? '',
    httpsProxy: httpsProxy ?? '',
    noProxy: env.NO_PROXY ?? env.no_proxy ?? '',
  });
}

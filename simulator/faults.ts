import Type, { type Static } from 'typebox';
import { foreignPage, hibernatingPage, loginPage, maintenancePage, noNodePage } from './fault-pages.ts';
import { rateLimitRule } from './rate-limits.ts';
import { errorBody } from './service-now-error.ts';

export const faultModeNames = [
  'none',
  'hibernating',
  'login-page',
  'login-page-200',
  'foreign-page',
  'foreign-json',
  'maintenance',
  'rate-limited',
  'busy',
  'server-error',
  'bad-gateway',
  'truncated-json',
  'commit-then-500',
  'commit-then-hang',
  'commit-then-reset',
  'slow',
  'unavailable-reset',
  'ignore-writes',
] as const;

export const FaultSchema = Type.Object(
  {
    mode: Type.Enum(faultModeNames),
    /** How many matching requests it strikes before it ends by itself; without it, until it is cleared. */
    remaining: Type.Optional(Type.Integer({ minimum: 1, maximum: 1_000_000 })),
    method: Type.Optional(Type.Enum(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'])),
    /** A request is struck when its path contains this; `*` in it stands for any characters. */
    path: Type.Optional(Type.String({ minLength: 1, maxLength: 500 })),
    delayMs: Type.Optional(Type.Integer({ minimum: 0, maximum: 600_000 })),
    retryAfterSeconds: Type.Optional(Type.Integer({ minimum: 0, maximum: 86_400 })),
  },
  { additionalProperties: false },
);

export type Fault = Static<typeof FaultSchema>;
export type FaultModeName = Fault['mode'];

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** What a fault does to one request. The `after` kinds let the instance do its work and spoil its answer. */
export type FaultPlan =
  | { readonly kind: 'proceed' }
  | { readonly kind: 'answer'; readonly answer: Answer }
  | { readonly kind: 'reset' }
  | { readonly kind: 'delay'; readonly delayMs: number }
  | { readonly kind: 'pretend' }
  | { readonly kind: 'answer-after'; readonly answer: Answer }
  | { readonly kind: 'hang-after' }
  | { readonly kind: 'reset-after' }
  | { readonly kind: 'break-json-after' };

export interface StruckRequest {
  readonly path: string;
  readonly nowMs: number;
}

export interface FaultMode {
  readonly meaning: string;
  /** Strikes POST, PUT, PATCH and DELETE only, so that a look-up in between does not use it up. */
  readonly writesOnly: boolean;
  /** Captures the page at `/` too, as an instance that is not there would. */
  readonly wholeInstance: boolean;
  plan(fault: Fault, request: StruckRequest): FaultPlan;
}

export const faultModes: Readonly<Record<FaultModeName, FaultMode>> = {
  none: mode('works as it should', () => ({ kind: 'proceed' })),
  hibernating: mode(
    '200 text/html for every path and verb: a developer instance that sleeps; nothing is done',
    () => html(200, hibernatingPage),
    'instance',
  ),
  'login-page': mode(
    '302 to /login.do, which is 200 text/html: the session is dead or only single sign-on is left',
    (_fault, { path }) =>
      path === '/login.do'
        ? html(200, loginPage)
        : answer({ status: 302, headers: { ...htmlType, location: '/login.do' }, body: '' }),
    'instance',
  ),
  'login-page-200': mode(
    '200 text/html with the log-in page and no redirect, as a proxy that follows redirects answers',
    () => html(200, loginPage),
    'instance',
  ),
  'foreign-page': mode(
    '200 text/html of something that is not ServiceNow: the address leads elsewhere',
    () => html(200, foreignPage),
    'instance',
  ),
  'foreign-json': mode(
    '200 JSON of something that is not ServiceNow: there is no result in it',
    () => answer({ status: 200, headers: jsonType, body: JSON.stringify({ status: 'ok', version: '1.4.2' }) }),
    'instance',
  ),
  maintenance: mode('503 text/html: restart or upgrade', () => html(503, maintenancePage), 'instance'),
  'rate-limited': mode('429 with Retry-After and X-RateLimit-* headers', (fault, { nowMs }) =>
    rateLimited(fault, nowMs),
  ),
  busy: mode('429 with an empty body and none of those headers: the semaphore queue is full', () =>
    answer({ status: 429, headers: {}, body: '' }),
  ),
  'server-error': mode('500 JSON, transaction cancelled; nothing is done', () => answer(transactionCancelled)),
  'bad-gateway': mode('502 text/html: no application node behind the edge', () => html(502, noNodePage)),
  'truncated-json': mode('200 with JSON that breaks off: the quota strikes while the answer streams', () => ({
    kind: 'break-json-after',
  })),
  'commit-then-500': mode(
    'the write is done, the answer is the 500 of server-error',
    () => ({ kind: 'answer-after', answer: transactionCancelled }),
    'writes',
  ),
  'commit-then-hang': mode(
    'the write is done, the answer does not come until the client goes away or the fault is set anew',
    () => ({ kind: 'hang-after' }),
    'writes',
  ),
  'commit-then-reset': mode('the write is done, the socket is destroyed', () => ({ kind: 'reset-after' }), 'writes'),
  slow: mode('every answer comes after delayMs (2000 by default)', ({ delayMs = 2000 }) => ({
    kind: 'delay',
    delayMs,
  })),
  'unavailable-reset': mode('the socket is destroyed before anything is done', () => ({ kind: 'reset' })),
  'ignore-writes': mode(
    'answers as if the write had been done; nothing changes',
    () => ({ kind: 'pretend' }),
    'writes',
  ),
};

type Reach = 'service' | 'writes' | 'instance';

function mode(meaning: string, plan: FaultMode['plan'], reach: Reach = 'service'): FaultMode {
  return { meaning, writesOnly: reach === 'writes', wholeInstance: reach === 'instance', plan };
}

function answer(given: Answer): FaultPlan {
  return { kind: 'answer', answer: given };
}

const htmlType = { 'content-type': 'text/html;charset=UTF-8' };
const jsonType = { 'content-type': 'application/json;charset=UTF-8' };

function html(status: number, body: string): FaultPlan {
  return answer({ status, headers: htmlType, body });
}

export const transactionCancelled: Answer = {
  status: 500,
  headers: jsonType,
  body: JSON.stringify(
    errorBody(
      'Transaction cancelled: maximum execution time exceeded',
      'Transaction cancelled: maximum execution time exceeded. Check logs for error trace.',
    ),
  ),
};

function rateLimited({ retryAfterSeconds = 30 }: Fault, nowMs: number): FaultPlan {
  return answer({
    status: 429,
    headers: {
      ...jsonType,
      'retry-after': String(retryAfterSeconds),
      'x-ratelimit-limit': '100',
      'x-ratelimit-reset': String(Math.ceil(nowMs / 1000) + retryAfterSeconds),
      'x-ratelimit-rule': rateLimitRule,
    },
    body: JSON.stringify(
      errorBody('Rate limit exceeded', 'Rate limit of 100 requests per hour for Table API exceeded'),
    ),
  });
}

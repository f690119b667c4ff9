import { failure } from '#protocol/failure.ts';
import type { TaskContext } from '../core/handler.ts';
import { type Judged, judgeRecord, judgeRows, type Refused, type Row } from './answer.ts';
import { explainUnauthenticated, type LogIn, logIn } from './log-in.ts';
import { judgeMasked } from './mask-secrets.ts';
import { readRateLimit } from './rate-limit.ts';
import type { Asked } from './refusal.ts';
import type { HttpRequest, HttpTarget, Transport, TransportResult } from './transport.ts';

/** The requests of one task: each begins only while the lease runs and the task is not stopped. */
export interface Calls {
  readonly context: TaskContext;
  readRows(asked: Asked, path: string): Promise<Judged<readonly Row[]>>;
  readRecord(asked: Asked, path: string): Promise<Judged<Row>>;
  /** Sends a write, which is let end whatever happens to the task. */
  write(asked: Asked, path: string, body: Readonly<Record<string, string>>, how?: WriteManner): Promise<Written>;
  /** Sends a read without credentials and gives what came back as it is. */
  readAnonymously(request: HttpRequest): Promise<TransportResult | Refused>;
}

export interface WriteManner {
  /** Asked before it is sent once more after a 401; a write that does no harm twice needs none. */
  readonly mayRepeat?: (() => Promise<boolean>) | undefined;
  /** Its answer is one record unless this is given. */
  readonly judgedBy?: (asked: Asked, outcome: TransportResult) => Judged<Row>;
}

export interface Written {
  readonly judged: Judged<Row>;
  /** From then on ServiceNow no longer works on the request, on the clock's scale. */
  readonly settledAtMs: number;
}

/** Opens the calls of one task over a transport. */
export function openCalls(transport: Transport, context: TaskContext): Calls {
  const { target, signal, clock, usage } = context;
  const { baseUrl } = target;

  async function sendCounted(to: HttpTarget, request: HttpRequest): Promise<TransportResult> {
    const outcome = await transport.send(to, request);
    if (outcome.kind !== 'not-sent') usage.count();
    const rateLimit = outcome.kind === 'answer' ? readRateLimit(outcome.headers) : undefined;
    if (rateLimit !== undefined) usage.learn(rateLimit);
    return outcome;
  }

  /** Logs in, unless the task may not begin a request any more; waiting for a token ends when the task is stopped. */
  async function enter(): Promise<LogIn | Refused> {
    const early = findStop(context);
    if (early !== undefined) return early;
    const loggingIn = logIn(target, {
      tokens: transport.tokens,
      // Without the task's signal: other tasks may wait for the same token.
      ask: (request) => sendCounted({ baseUrl }, request),
      nowMs: () => clock.monotonicMs(),
      note: context.note,
    });
    const loggedIn = await unlessAborted(signal, loggingIn, timeIsOver);
    return 'token' in loggedIn ? (findStop(context) ?? loggedIn) : loggedIn;
  }

  async function sendAs({ headers, token }: LogIn, request: HttpRequest): Promise<Sent> {
    const startedMs = clock.monotonicMs();
    const outcome = await sendCounted({ baseUrl, credentials: headers }, request);
    return { outcome, startedMs, secrets: token === undefined ? [] : [token.value] };
  }

  /** Sends; after a 401 that an old token may be the cause of once more with another one, where that does no harm. */
  async function send(request: HttpRequest, mayRepeat?: () => Promise<boolean>): Promise<Sent> {
    const loggedIn = await enter();
    if (loggedIn.kind === 'failed') return notBegun(loggedIn);
    const sent = await sendAs(loggedIn, request);
    const { token } = loggedIn;
    if (token === undefined || !isUnauthenticated(sent) || !token.mayBeStale()) return sent;
    transport.tokens.drop(token.target, token.value);
    if (mayRepeat !== undefined && !(await mayRepeat())) return sent;
    const again = await enter();
    if (again.kind === 'failed') return notBegun(again);
    return again.token?.value === token.value ? sent : sendAs(again, request);
  }

  function judge<T>(of: (outcome: TransportResult) => Judged<T>, { outcome, secrets }: Sent): Judged<T> {
    if (outcome.kind === 'failed') return outcome;
    return explainUnauthenticated(judgeMasked(of, outcome, target, secrets), target);
  }

  async function read<T>(path: string, of: (outcome: TransportResult) => Judged<T>): Promise<Judged<T>> {
    return judge(of, await send({ method: 'GET', path, ownConnection: false, signal }));
  }

  return {
    context,
    readRows: (asked, path) => read(path, (outcome) => judgeRows(asked, outcome)),
    readRecord: (asked, path) => read(path, (outcome) => judgeRecord(asked, outcome)),
    async write(asked, path, body, { mayRepeat, judgedBy = judgeRecord } = {}) {
      const { method } = asked;
      const request = { method, path, body: JSON.stringify(body), ownConnection: true, mayBegin: context.mayBegin };
      const tried = await send(request, mayRepeat);
      // Nothing was sent because the lease ended, or the task was stopped, while the connection was made.
      const stop = tried.outcome.kind === 'not-sent' ? findStop(context) : undefined;
      const { outcome, startedMs } = tried;
      const connectMs = 'connectMs' in outcome ? (outcome.connectMs ?? 0) : 0;
      return {
        judged: stop ?? judge((each) => judgedBy(asked, each), tried),
        settledAtMs: startedMs + connectMs + context.settleMs,
      };
    },
    readAnonymously: async (request) => findStop(context) ?? sendCounted({ baseUrl }, { ...request, signal }),
  };

  function notBegun(outcome: Refused): Sent {
    return { outcome, startedMs: clock.monotonicMs(), secrets: [] };
  }
}

/** What became of a request, since when, and what must not be quoted of it. */
interface Sent {
  readonly outcome: TransportResult | Refused;
  readonly startedMs: number;
  readonly secrets: readonly string[];
}

/** Tells why no further request may begin, if so. */
export function findStop(context: TaskContext): Refused | undefined {
  if (context.signal.aborted) return timeIsOver;
  if (context.mayBegin()) return undefined;
  const message = 'the lease of this attempt ended before the next request could begin';
  return stopped(failure('lease-lost', message, 'Nothing to do: the task is given out again when that is safe.'));
}

function stopped(found: Refused['failure']): Refused {
  return { kind: 'failed', failure: found, landed: 'no' };
}

const timeIsOver = stopped(
  failure(
    'task-timeout',
    'the time to run was over, or the task was cancelled, before the next request',
    'Give the task more time to run, or see why ServiceNow is slow.',
  ),
);

function isUnauthenticated({ outcome }: Sent): boolean {
  return outcome.kind === 'answer' && outcome.status === 401;
}

function unlessAborted<T>(signal: AbortSignal, promise: Promise<T>, instead: T): Promise<T> {
  return new Promise((resolve, reject) => {
    const stop = (): void => resolve(instead);
    signal.addEventListener('abort', stop, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', stop));
  });
}

import { secretsOf } from '#protocol/authentication.ts';
import { failure } from '#protocol/failure.ts';
import type { OpenTarget, TaskContext } from '../core/handler.ts';
import { type Judged, judgeRecord, judgeRows, type Refused, type Row } from './answer.ts';
import type { Asked } from './refusal.ts';
import type { HttpRequest, HttpTarget, Transport, TransportResult } from './transport.ts';

/** The requests of one task: each begins only while the lease runs and the task is not stopped. */
export interface Calls {
  readonly context: TaskContext;
  readRows(asked: Asked, path: string): Promise<Judged<readonly Row[]>>;
  readRecord(asked: Asked, path: string): Promise<Judged<Row>>;
  /** Sends a write, which is let end whatever happens to the task. */
  write(asked: Asked, path: string, body: Readonly<Record<string, string>>): Promise<Written>;
  /** Sends a read without credentials and gives what came back as it is. */
  readAnonymously(request: HttpRequest): Promise<TransportResult | Refused>;
}

export interface Written {
  readonly judged: Judged<Row>;
  /** From then on ServiceNow no longer works on the request, on the clock's scale. */
  readonly settledAtMs: number;
}

/** Opens the calls of one task over a transport. */
export function openCalls(transport: Transport, context: TaskContext): Calls {
  const { target, signal, clock } = context;

  async function send(to: HttpTarget, request: HttpRequest): Promise<TransportResult | Refused> {
    return findStop(context) ?? transport.send(to, request);
  }

  async function read<T>(path: string, judge: Judge<T>): Promise<Judged<T>> {
    const sent = await send(target, { method: 'GET', path, ownConnection: false, signal });
    return sent.kind === 'failed' ? sent : judgeMasked(judge, sent, target);
  }

  return {
    context,
    readRows: (asked, path) => read(path, (outcome) => judgeRows(asked, outcome)),
    readRecord: (asked, path) => read(path, (outcome) => judgeRecord(asked, outcome)),
    async write(asked, path, body) {
      const startedMs = clock.monotonicMs();
      const { method } = asked;
      const request = { method, path, body: JSON.stringify(body), ownConnection: true, mayBegin: context.mayBegin };
      const tried = await send(target, request);
      // Nothing was sent because the lease ended, or the task was stopped, while the connection was made.
      const sent = tried.kind === 'not-sent' ? (findStop(context) ?? tried) : tried;
      const judge: Judge<Row> = (outcome) => judgeRecord(asked, outcome);
      const judged = sent.kind === 'failed' ? sent : judgeMasked(judge, sent, target);
      const connectMs = 'connectMs' in sent ? (sent.connectMs ?? 0) : 0;
      return { judged, settledAtMs: startedMs + connectMs + context.settleMs };
    },
    readAnonymously: (request) => send({ baseUrl: target.baseUrl }, { ...request, signal }),
  };
}

/** Tells why no further request may begin, if so. */
export function findStop(context: TaskContext): Refused | undefined {
  if (context.signal.aborted) {
    const message = 'the time to run was over, or the task was cancelled, before the next request';
    return stopped(failure('task-timeout', message, 'Give the task more time to run, or see why ServiceNow is slow.'));
  }
  if (context.mayBegin()) return undefined;
  const message = 'the lease of this attempt ended before the next request could begin';
  return stopped(failure('lease-lost', message, 'Nothing to do: the task is given out again when that is safe.'));
}

function stopped(found: Refused['failure']): Refused {
  return { kind: 'failed', failure: found, landed: 'no' };
}

type Judge<T> = (outcome: TransportResult) => Judged<T>;

/**
 * Failures quote what ServiceNow, or something in its place, says; an echo of the request must not leak the password.
 * The body is masked before it is quoted, since a quotation may be cut in the middle of it, and the message after, since
 * in JSON the password may have been escaped.
 */
function judgeMasked<T>(judge: Judge<T>, outcome: TransportResult, target: OpenTarget): Judged<T> {
  const judged = judge(outcome);
  if (judged.kind === 'ok' || outcome.kind !== 'answer') return judged;
  const again = judge({ ...outcome, body: maskSecrets(outcome.body, target) });
  const quoted = again.kind === 'failed' && again.failure.code === judged.failure.code ? again : judged;
  return { ...judged, failure: { ...judged.failure, message: maskSecrets(quoted.failure.message, target) } };
}

/** Replaces the secrets, and the header made of a password, in a text. */
export function maskSecrets(text: string, { authentication }: OpenTarget): string {
  const secrets = secretsOf(authentication).map(({ secret }) => secret);
  if (authentication.kind === 'basic') {
    const { username, password } = authentication;
    secrets.unshift(Buffer.from(`${username}:${password}`, 'utf8').toString('base64'));
  }
  return secrets.reduce((masked, secret) => (secret === '' ? masked : masked.replaceAll(secret, '[masked]')), text);
}

import { type Failure, failure } from '#protocol/failure.ts';
import { cleanText, recognisePage } from './page.ts';
import { type Asked, judgeRefusal, provesNoSuchPath, readErrorObject, readErrorText, remedies } from './refusal.ts';
import type { HttpHeaders, NoAnswerCause, NotSent, TransportResult } from './transport.ts';

export interface Row {
  readonly [field: string]: unknown;
}

/**
 * Whether a request that failed may nevertheless have been carried out. `unlikely`: refused, yet such refusals have been
 * seen beside a committed record (trap 7), so one look is due; `maybe`: only looking tells.
 */
export type Landed = 'no' | 'unlikely' | 'maybe';

export interface Refused {
  readonly kind: 'failed';
  readonly failure: Failure;
  readonly landed: Landed;
  /** Absent when there was no answer. */
  readonly status?: number;
  /** Refused in the JSON of an instance: not by a proxy before it. */
  readonly inOwnWords?: true;
  /** A success in whole JSON whose shape is not the expected one: asking again would change nothing. */
  readonly otherShape?: true;
  /** The answer proves that the instance has nothing at this path. */
  readonly noSuchPath?: true;
}

export interface Answered<T> {
  readonly kind: 'ok';
  readonly value: T;
  readonly headers: HttpHeaders;
}

export type Judged<T> = Answered<T> | Refused;

/** Judges what came back for a request whose `result` is a list. */
export function judgeRows(asked: Asked, outcome: TransportResult): Judged<readonly Row[]> {
  return judge(asked, outcome, 'a list of records', (result) =>
    Array.isArray(result) && result.every(isRow) ? result : undefined,
  );
}

/** Judges what came back for a request whose `result` is one record, which the Change API may put in a list (trap 49). */
export function judgeRecord(asked: Asked, outcome: TransportResult): Judged<Row> {
  return judge(asked, outcome, 'a record', (result) => {
    const record: unknown = Array.isArray(result) && result.length === 1 ? result[0] : result;
    return isRow(record) ? record : undefined;
  });
}

export function isRow(value: unknown): value is Row {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function judge<T>(
  asked: Asked,
  outcome: TransportResult,
  expected: string,
  read: (result: unknown) => T | undefined,
): Judged<T> {
  return judgeJson(asked, outcome, (parsed) => {
    if (!isRow(parsed) || !('result' in parsed)) return { fault: 'JSON without "result"' };
    const value = read(parsed.result);
    return value === undefined ? { fault: `a "result" that is not ${expected}` } : { value };
  });
}

/** A success is a 2xx status, JSON by its content type, that parses, of the expected shape and without an error. */
export function judgeJson<T>(
  asked: Asked,
  outcome: TransportResult,
  read: (parsed: unknown) => { readonly value: T } | { readonly fault: string },
): Judged<T> {
  if (outcome.kind === 'not-sent') return { kind: 'failed', failure: judgeNotSent(asked, outcome), landed: 'no' };
  if (outcome.kind === 'no-answer') return { kind: 'failed', failure: judgeNoAnswer(asked, outcome), landed: 'maybe' };
  const { status, headers, body } = outcome;
  const failed = (found: Failure): Refused => ({
    kind: 'failed',
    failure: found,
    landed: landedOf(asked, found, status),
    status,
  });
  if (status < 200 || status > 299) {
    const refused = failed(judgeRefusal(asked, status, headers, body));
    if (provesNoSuchPath(status, body)) return { ...refused, landed: 'no', noSuchPath: true };
    return readErrorObject(body) === undefined ? refused : { ...refused, inOwnWords: true };
  }

  const what = `${asked.method} ${asked.subject} answered HTTP ${status}`;
  if (!isJsonType(headers['content-type'])) return failed(judgePage(what, headers, body));
  const undecodable = (why: string): Refused =>
    failed(failure('servicenow-undecodable', `${what}, ${why}`, remedies.undecodable));
  let parsed: unknown;
  try {
    parsed = JSON.parse(body);
  } catch {
    // The quota that strikes while the list is written leaves an error text in the middle of it (trap 6).
    return undecodable(
      /Transaction cancelled/i.test(body)
        ? 'and broke off: transaction cancelled, the maximum execution time was exceeded'
        : `and a body of ${body.length} characters that is not whole JSON`,
    );
  }
  if (readErrorObject(body) !== undefined) return undecodable(`and an error: ${readErrorText(body)}`);
  const found = read(parsed);
  return 'fault' in found
    ? { ...undecodable(`and ${found.fault}`), otherShape: true }
    : { kind: 'ok', value: found.value, headers };
}

function landedOf({ method }: Asked, { code }: Failure, status: number): Landed {
  // A missing right can be a 401 as well as a 403, and a record that was created and may not be read back a 404.
  if (method === 'POST' && (status === 401 || status === 404)) return 'unlikely';
  switch (code) {
    case 'servicenow-forbidden':
    case 'servicenow-aborted':
      return 'unlikely';
    case 'servicenow-login-page':
      return status < 300 ? 'unlikely' : 'no';
    case 'servicenow-server-error':
    case 'servicenow-maintenance':
    case 'servicenow-undecodable':
    case 'servicenow-not-json':
    case 'servicenow-timeout':
      return 'maybe';
    default:
      return 'no';
  }
}

function isJsonType(contentType: string | undefined): boolean {
  return /^\s*application\/([\w.+-]+\+)?json\s*(;|$)/i.test(contentType ?? '');
}

function judgePage(what: string, headers: HttpHeaders, body: string): Failure {
  const page = recognisePage(body);
  const title = page.title === '' ? 'an empty body' : `"${page.title}"`;
  switch (page.kind) {
    case 'hibernating':
      return failure(
        'servicenow-hibernating',
        `${what} with the page of a hibernating instance; nothing was done`,
        'Sign in at developer.servicenow.com with the account that the instance belongs to and wake it; only a person can.',
      );
    case 'login':
      return failure('servicenow-login-page', `${what} with a log-in page, ${title}`, remedies.login);
    case 'maintenance':
      return failure('servicenow-maintenance', `${what} with a maintenance page, ${title}`, remedies.maintenance);
    case 'other': {
      const type = cleanText(headers['content-type'] ?? 'no content type', 80);
      return failure(
        'servicenow-not-json',
        `${what} with ${type} instead of JSON: ${title}`,
        'Something else than ServiceNow answers at this address, such as a proxy or a portal: check the base URL, and the way from the delegate to it.',
      );
    }
  }
}

function judgeNotSent(asked: Asked, { cause, detail, remedy }: NotSent): Failure {
  const message = `${asked.method} ${asked.subject} was not sent: ${detail}`;
  switch (cause) {
    case 'dns':
      return failure(
        'servicenow-unreachable',
        message,
        'The host of the base URL is not known to the DNS of the delegate: check its spelling and the resolver.',
      );
    case 'tcp':
      return failure(
        'servicenow-unreachable',
        message,
        remedy ??
          'The delegate cannot connect to the host of the base URL: check the firewall, the route and the proxy between them.',
      );
    case 'tls':
      return failure(
        'servicenow-tls',
        message,
        remedy ??
          'The TLS handshake failed. If something intercepts TLS, give the delegate its CA certificate (NODE_EXTRA_CA_CERTS); check the clock and the host name in the certificate.',
      );
    case 'proxy':
      return failure('servicenow-unreachable', message, remedy ?? 'Check the proxy of the delegate.');
    case 'url':
      return failure(
        'servicenow-unreachable',
        message,
        'Correct the base URL of the connector: http(s), a host, a path at most.',
      );
    case 'closed':
      return failure('servicenow-unreachable', message, 'Nothing to do: another delegate takes the task.');
  }
}

function judgeNoAnswer(asked: Asked, { cause, detail }: { cause: NoAnswerCause; detail: string }): Failure {
  const message = `${asked.method} ${asked.subject} got no whole answer: ${detail}`;
  switch (cause) {
    case 'timeout':
      return failure('servicenow-timeout', message, remedies.timeout);
    case 'reset':
      return failure(
        'servicenow-reset',
        message,
        'The connection broke: an instance that restarts, or a proxy or firewall that cuts connections. Try again.',
      );
    case 'aborted':
      return failure('task-timeout', message, 'The time to run was over or the task was cancelled: give it more time.');
    case 'too-large':
      return failure('servicenow-undecodable', message, 'Ask for fewer tickets or fewer fields at once.');
  }
}

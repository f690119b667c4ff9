import { type Failure, failure } from '#protocol/failure.ts';
import { cleanText, leadsToLogin, recognisePage } from './page.ts';
import { readRetryAfter } from './retry-after.ts';
import type { HttpHeaders } from './transport.ts';

/** What was asked, for messages and for telling apart what a status means. */
export interface Asked {
  readonly method: 'GET' | 'POST' | 'PATCH';
  /** Such as `table incident` or `current_user`. */
  readonly subject: string;
  /** Whether the URL names one record, so that 404 means that record. */
  readonly addressesRecord: boolean;
}

/** Turns an answer whose status is not 2xx into a failure. Judged by status; texts are only quoted (trap 41), but for one. */
export function judgeRefusal(asked: Asked, status: number, headers: HttpHeaders, body: string): Failure {
  const said = readErrorText(body);
  const what = `${asked.method} ${asked.subject} answered HTTP ${status}`;
  const message = said === '' ? what : `${what}: ${said}`;
  if (status >= 300 && status < 400) return judgeRedirect(what, headers);
  switch (status) {
    case 400:
      return judgeBadRequest(asked, message, said);
    case 401:
      return judgeUnauthenticated(message, headers);
    case 403:
      return abortedByInstance.test(said)
        ? failure('servicenow-aborted', message, remedies.aborted)
        : failure('servicenow-forbidden', message, forbiddenRemedy(asked, said));
    case 404:
      return asked.addressesRecord && readErrorObject(body) !== undefined
        ? failure('ticket-not-found', message, remedies.notFound)
        : failure('servicenow-bad-request', message, remedies.noSuchPath);
    case 407:
      return failure('servicenow-bad-request', message, remedies.proxy);
    case 408:
      return failure('servicenow-timeout', message, remedies.timeout);
    case 414:
      return failure('servicenow-bad-request', message, remedies.urlTooLong);
    case 429:
      return judgeRateLimit(message, headers);
    default:
      if (abortedByInstance.test(said)) return failure('servicenow-aborted', message, remedies.aborted);
      return status >= 500 ? judgeServerFault(status, message, body) : badRequest(message);
  }
}

/**
 * Tells whether an answer proves that there is nothing at this path, so that nothing was done: the plugin that would offer
 * it is not active. A 404 with an error of the platform is about a record, and may come after one was committed.
 */
export function provesNoSuchPath(status: number, body: string): boolean {
  if (status !== 400 && status !== 404) return false;
  return noResource.test(readErrorText(body)) || (status === 404 && readErrorObject(body) === undefined);
}

/** Tells whether the instance said that a table is closed to web services, which no role opens. */
export function tellsClosedTable(said: string): boolean {
  return /unauthorized to access table/i.test(said);
}

export const remedies = {
  unauthenticated:
    'ServiceNow gives this one answer for several causes, so check in this order: the user name and the password; that the user is active and not locked out; that basic authentication is not restricted for it (glide.authenticate.basic_auth.restriction: then use an integration user with the role snc_basic_auth_api_access, or OAuth); that no multi-factor log-in is demanded. Do not try often: wrong passwords lock the user out.',
  multiFactor:
    'The instance demands multi-factor log-in of this user, which no program can do: use an integration user ("Web service access only"), or OAuth client credentials.',
  aborted:
    'A business rule or data policy of the instance refuses this change of this record: fill in the fields that it names, or move the record through the states that are legal for it.',
  notFound:
    'Check the table and the number or sys_id. ServiceNow answers the same when the record exists and the user may not read it.',
  noSuchPath:
    'Check that the base URL is the address of the instance itself, such as https://example.service-now.com/, and that the plugin that offers this API is active.',
  proxy: 'A proxy between the delegate and ServiceNow wants to be authenticated: give the delegate the credentials.',
  timeout: 'ServiceNow is slow or the way to it is: see whether the instance answers in a browser, and try again.',
  urlTooLong: 'ServiceNow refuses addresses over 8192 bytes: ask for fewer tickets or fewer fields at once.',
  rateLimited:
    'The instance limits requests (sys_rate_limit_rules) or all of its API threads are taken: wait, poll less often, or raise the limit for the integration user.',
  maintenance:
    'The instance has no running application node: it restarts, is being upgraded or restored. See its status in the support portal and try again.',
  gateway:
    'No answer came from behind the gateway: the instance restarts, is being upgraded or restored, or a gateway or proxy in front of it does not reach it. See its status in the support portal, and the gateway if it is your own, and try again.',
  serverFault:
    'ServiceNow failed while it worked on the request, often by its time limit: look in its system log at this time, and try again.',
  undecodable:
    'ServiceNow did not send a whole answer, often because its time limit struck: try again, and ask for less at once.',
  login:
    "A log-in page answers instead of the API: check the base URL, and that the instance lets its API be called with the connector's kind of log-in and not only by single sign-on.",
} as const;

/** Reads ServiceNow's own words from an error body, or the title of a page; empty when there are none. */
export function readErrorText(body: string): string {
  const error = readErrorObject(body);
  if (error === undefined) return /^\s*[[{]/.test(body) ? '' : recognisePage(body).title;
  const parts = [error.message, error.detail].filter((part) => typeof part === 'string').map((part) => cleanText(part));
  const [message = '', detail = ''] = parts;
  // Often the detail begins with the message word for word.
  return detail.startsWith(message) ? detail : [message, detail].filter((part) => part !== '').join(': ');
}

const noResource = /does not represent any resource/i;
const abortedByInstance = /aborted by business rule|data policy exception/i;

interface ErrorObject {
  readonly message?: unknown;
  readonly detail?: unknown;
}

/** Finds `error` in a JSON body: an object from the platform, a word from OAuth and some scripted APIs; null is none. */
export function readErrorObject(body: string): ErrorObject | undefined {
  let parsed: unknown;
  try {
    parsed = JSON.parse(body);
  } catch {
    return undefined;
  }
  if (typeof parsed !== 'object' || parsed === null || !('error' in parsed)) return undefined;
  const { error } = parsed;
  if (typeof error === 'string') {
    return 'error_description' in parsed ? { message: error, detail: parsed.error_description } : { message: error };
  }
  if (typeof error === 'object') return error ?? undefined;
  return { message: String(error) };
}

function judgeUnauthenticated(message: string, headers: HttpHeaders): Failure {
  return /^\s*invalid\s*$/i.test(headers['x-mfa_token'] ?? '')
    ? failure('servicenow-unauthenticated', `${message} (X-MFA_TOKEN: invalid)`, remedies.multiFactor)
    : failure('servicenow-unauthenticated', message, remedies.unauthenticated);
}

function judgeRedirect(what: string, headers: HttpHeaders): Failure {
  const location = headers.location ?? '';
  // Queries of log-in redirects carry tokens; the rest is enough for a person.
  const shown = cleanText(location.split(/[?#]/)[0] ?? '', 200);
  const message = `${what}, a redirect to ${shown === '' ? 'nowhere' : shown}`;
  return leadsToLogin(location)
    ? failure('servicenow-login-page', message, remedies.login)
    : failure(
        'servicenow-redirect',
        message,
        'Set the base URL to the address that the instance itself has: the credentials are never sent to another one.',
      );
}

function judgeBadRequest(asked: Asked, message: string, said: string): Failure {
  if (/invalid table/i.test(said)) {
    return failure(
      'servicenow-table-unknown',
      message,
      'Check the name of the table (not its label), and that the application it belongs to is installed on this instance.',
    );
  }
  if (abortedByInstance.test(said)) return failure('servicenow-aborted', message, remedies.aborted);
  if (/large rest payload/i.test(said)) {
    return failure(
      'servicenow-bad-request',
      message,
      'Send less: the instance bounds bodies (glide.rest.max_content_length).',
    );
  }
  if (noResource.test(said)) {
    return failure('servicenow-bad-request', message, remedies.noSuchPath);
  }
  if (/header is too large/i.test(said)) return failure('servicenow-bad-request', message, remedies.urlTooLong);
  return badRequest(message, asked);
}

function badRequest(message: string, asked?: Asked): Failure {
  const where = asked === undefined ? '' : ` for ${asked.subject}`;
  return failure(
    'servicenow-bad-request',
    message,
    `ServiceNow does not accept this request${where}: check field names and values.`,
  );
}

function forbiddenRemedy(asked: Asked, said: string): string {
  if (/fields?\(s\) present in the query/i.test(said)) {
    return `A field that the query filters by does not exist, or the user may not read it: check the field's read ACL and query ACL on ${asked.subject}.`;
  }
  if (tellsClosedTable(said)) {
    return `Tick "Allow access to this table via web services" of ${asked.subject} (Application Access) first; if it is ticked, the table's ACLs want another role of the user.`;
  }
  if (/api level acl/i.test(said)) {
    return 'A REST API ACL (REST_Endpoint) or API access policy refuses the user: give it the role that the ACL wants.';
  }
  return asked.method === 'GET'
    ? `The user may not read ${asked.subject}: give it the role itil or the read role of that application, and check the table's ACLs and "Allow access to this table via web services". A page instead of JSON means that an IP address rule or a proxy refuses the delegate.`
    : `The user may not write ${asked.subject}: give it the role itil or the write role of that application, and check the ACLs of the table and of the fields that were sent.`;
}

function judgeRateLimit(message: string, headers: HttpHeaders): Failure {
  return failure('servicenow-rate-limited', message, remedies.rateLimited, readRetryAfter(headers));
}

function judgeServerFault(status: number, message: string, body: string): Failure {
  const fromPlatform = readErrorObject(body) !== undefined;
  return !fromPlatform && (status === 502 || status === 503 || status === 504)
    ? failure('servicenow-maintenance', message, status === 503 ? remedies.maintenance : remedies.gateway)
    : failure('servicenow-server-error', message, remedies.serverFault);
}

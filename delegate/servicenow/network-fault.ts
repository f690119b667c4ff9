import type { NotSent } from './transport.ts';

/** Tells which step of making a connection failed, from the error's code; `https` says whether TLS was part of it. */
export function classifyConnectFault(error: unknown, https: boolean): Omit<NotSent, 'kind'> {
  const code = faultCode(error);
  const detail = describeFault(error);
  if (dnsCodes.has(code)) return { cause: 'dns', detail };
  if (code === 'ECONNREFUSED') return { cause: 'tcp', detail, remedy: nothingListens };
  if (tcpCodes.has(code)) return { cause: 'tcp', detail };
  // A peer that hangs up during the handshake looks like any reset, but by then TCP stood.
  if (!https) return { cause: 'tcp', detail };
  const remedy = noTlsThere.test(detail) ? noTls : certificateRemedies.get(code);
  return { cause: 'tls', detail, ...(remedy !== undefined && { remedy }) };
}

/** Tells whether a handshake failed because the connection was cut, and not by what TLS itself found. */
export function isCut(error: unknown): boolean {
  return cutCodes.has(faultCode(error));
}

/** Writes a network error as its code and its message in one short line. */
export function describeFault(error: unknown): string {
  const code = faultCode(error);
  const message = error instanceof Error ? error.message : String(error);
  const text = shorten(message);
  const named = code === '' || text.includes(code) ? text : `${code} ${text}`;
  return named.replace(/\s+/g, ' ').trim().slice(0, mostDetailCharacters);
}

/** Leaves out OpenSSL's error numbers and source files, and Node's own advice, which is not for a delegate. */
function shorten(message: string): string {
  const [, reason] = /:SSL routines:[^:]*:([^:]+)/.exec(message) ?? [];
  return (reason ?? message).replace(/; if the root CA is installed locally,.*$/s, '');
}

const mostDetailCharacters = 300;

const dnsCodes: ReadonlySet<string> = new Set(['ENOTFOUND', 'EAI_AGAIN', 'EAI_FAIL', 'EAI_NODATA', 'EAI_NONAME']);

const tcpCodes: ReadonlySet<string> = new Set([
  'ECONNREFUSED',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'EHOSTDOWN',
  'ENETDOWN',
  'ETIMEDOUT',
  'EADDRNOTAVAIL',
  'EACCES',
  'EPERM',
  'UND_ERR_CONNECT_TIMEOUT',
]);

const cutCodes: ReadonlySet<string> = new Set([
  'ECONNRESET',
  'ECONNABORTED',
  'EPIPE',
  'ERR_SOCKET_CLOSED',
  'ETIMEDOUT',
  'UND_ERR_CONNECT_TIMEOUT',
]);

const nothingListens =
  'Nothing listens at that port: check the port of the base URL first, then the firewall, the route and the proxy between the delegate and the host.';

/** What OpenSSL says of an answer that is no TLS, such as that of a plain HTTP server. */
const noTlsThere = /wrong version number|packet length too long|http request|unknown protocol/i;
const noTls = 'There is no TLS at that port: the base URL begins with http:, or the port is another one.';

const untrusted =
  "The delegate does not know who issued the certificate. If that is your own CA, or something that intercepts TLS, put the CA's certificate into a file in PEM form, start the delegate with NODE_EXTRA_CA_CERTS=/path/ca.pem, and test again.";
const notNow = 'The certificate is not valid at this time: see the clock of the delegate, then renew the certificate.';

const certificateRemedies: ReadonlyMap<string, string> = new Map([
  ['UNABLE_TO_GET_ISSUER_CERT', untrusted],
  ['UNABLE_TO_GET_ISSUER_CERT_LOCALLY', untrusted],
  ['UNABLE_TO_VERIFY_LEAF_SIGNATURE', untrusted],
  ['SELF_SIGNED_CERT_IN_CHAIN', untrusted],
  ['DEPTH_ZERO_SELF_SIGNED_CERT', untrusted],
  ['CERT_UNTRUSTED', untrusted],
  ['CERT_HAS_EXPIRED', notNow],
  ['CERT_NOT_YET_VALID', notNow],
  [
    'ERR_TLS_CERT_ALTNAME_INVALID',
    'The certificate is for another host: check the host of the base URL, and what answers at its address.',
  ],
]);

function faultCode(error: unknown): string {
  if (typeof error !== 'object' || error === null) return '';
  if ('code' in error && typeof error.code === 'string') return error.code;
  // With several addresses Node reports an AggregateError; its members carry the codes.
  return error instanceof AggregateError ? faultCode(error.errors[0]) : '';
}

import type { NotSentCause } from './transport.ts';

/** Tells which step of making a connection failed, from the error's code; `https` says whether TLS was part of it. */
export function classifyConnectFault(error: unknown, https: boolean): { cause: NotSentCause; detail: string } {
  const code = faultCode(error);
  const detail = describeFault(error);
  if (dnsCodes.has(code)) return { cause: 'dns', detail };
  if (tcpCodes.has(code)) return { cause: 'tcp', detail };
  // A peer that hangs up during the handshake looks like any reset, but by then TCP stood.
  return { cause: https ? 'tls' : 'tcp', detail };
}

/** Writes a network error as its code and its message in one short line. */
export function describeFault(error: unknown): string {
  const code = faultCode(error);
  const message = error instanceof Error ? error.message : String(error);
  const text = code === '' || message.includes(code) ? message : `${code} ${message}`;
  return text.replace(/\s+/g, ' ').trim().slice(0, mostDetailCharacters);
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

function faultCode(error: unknown): string {
  if (typeof error !== 'object' || error === null) return '';
  if ('code' in error && typeof error.code === 'string') return error.code;
  // With several addresses Node reports an AggregateError; its members carry the codes.
  return error instanceof AggregateError ? faultCode(error.errors[0]) : '';
}

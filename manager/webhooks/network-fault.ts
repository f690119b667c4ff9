/** Says in words why there was no answer; the code stands beside, for whoever searches for it. */
export function describeFault(error: unknown): string {
  const code = codeOf(error);
  const words = code === undefined ? undefined : (codeWords[code] ?? kindWords.find(([kind]) => kind.test(code))?.[1]);
  if (words !== undefined) return `${words} (${code})`;
  const message = error instanceof Error ? error.message : String(error);
  return `no answer: ${message.replace(/\s+/g, ' ').slice(0, 300)}`;
}

function codeOf(error: unknown): string | undefined {
  if (typeof error !== 'object' || error === null) return undefined;
  // Not every fault that undici's parser finds has a code.
  if (error instanceof Error && error.name === 'HTTPParserError') return 'HPE_INVALID';
  if ('code' in error && typeof error.code === 'string') return error.code;
  // Of several addresses each has its own; that of the first one tells enough.
  return error instanceof AggregateError ? codeOf(error.errors[0]) : undefined;
}

const kindWords: readonly (readonly [RegExp, string])[] = [
  [
    /^(CERT_|DEPTH_ZERO_|SELF_SIGNED_|UNABLE_TO_|ERR_TLS_|ERR_SSL_|HOSTNAME_MISMATCH)/,
    'the TLS certificate or handshake is not good',
  ],
  [/^HPE_/, 'what answered speaks no HTTP'],
];

const noName = 'the host name does not resolve';

const codeWords: Readonly<Record<string, string>> = {
  ENOTFOUND: noName,
  EAI_AGAIN: noName,
  EAI_FAIL: noName,
  ECONNREFUSED: 'nothing listens there',
  ECONNRESET: 'the connection was cut before an answer',
  UND_ERR_SOCKET: 'the connection was cut before an answer',
  EPIPE: 'the connection was cut before an answer',
  EHOSTUNREACH: 'there is no way to that host',
  ENETUNREACH: 'there is no way to that network',
  ETIMEDOUT: 'no connection came about in time',
  UND_ERR_CONNECT_TIMEOUT: 'no connection came about in time',
  UND_ERR_HEADERS_OVERFLOW: 'the headers of the answer are too long',
};

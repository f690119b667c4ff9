import type { AfterClose } from '#protocol/close-codes.ts';
import { subprotocol } from '#protocol/version.ts';

/** Why a dial came to no socket, in words for the operator. */
export interface DialFault {
  readonly reason: string;
  readonly remedy: string;
  readonly after: Exclude<AfterClose, 'end'>;
}

export interface UpgradeAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
}

/** Explains an HTTP answer that came in the place of the upgrade: from the manager, or from something between. */
export function describeRefusedUpgrade({ status, headers }: UpgradeAnswer, url: string): DialFault {
  const isPage = first(headers['content-type']).startsWith('text/html');
  const by = [first(headers.server), first(headers.via)].filter((name) => name !== '').join(', ');
  const origin = by === '' ? '' : `, from ${by}`;
  const reason = `HTTP ${status}${isPage ? ' with a web page' : ''} in the place of a WebSocket${origin}`;
  // What is between may be restarting together with the manager; only answers that will stay need a person.
  const isPassing = status >= 500 || status === 404 || status === 408 || status === 425 || status === 429;
  return { reason, remedy: findRemedy(status, headers, isPage, url), after: isPassing ? 'redial' : 'redial-slowly' };
}

/** Explains an answer that upgraded the connection to something else than our protocol. */
export function describeWrongSubprotocol(answered: string | undefined, url: string): DialFault {
  return {
    reason: answered ? `the subprotocol ${answered} in the place of ${subprotocol}` : `no subprotocol ${subprotocol}`,
    remedy: `What answers at ${url} is no Ticketgate manager, or a proxy drops Sec-WebSocket-Protocol: check --manager and the proxy.`,
    after: 'redial-slowly',
  };
}

/** Explains a handshake that was not finished in time. */
export function describeHandshakeTimeout(timeoutMs: number, url: string): DialFault {
  return {
    reason: `no answer to the WebSocket handshake within ${timeoutMs} ms`,
    remedy: `Something between accepts connections to ${hostOf(url)} and drops them, or the manager hangs: try curl from this machine.`,
    after: 'redial',
  };
}

/** Explains an error of the network by its code; the text of an error decides nothing. */
export function describeNetworkError(error: Error, url: string): DialFault {
  const code = 'code' in error && typeof error.code === 'string' ? error.code : '';
  const host = hostOf(url);
  const known = networkFaults.find(({ codes }) => codes.some((prefix) => code.startsWith(prefix)));
  if (known) return { reason: `${known.reason} (${code})`, remedy: known.remedy(host), after: known.after };
  return {
    reason: code === '' ? 'the WebSocket handshake failed' : `the connection failed (${code})`,
    remedy: `Check that ${host} is reached from this machine and is a Ticketgate manager. Details: ${error.message}`,
    after: 'redial',
  };
}

interface NetworkFault {
  readonly codes: readonly string[];
  readonly reason: string;
  readonly remedy: (host: string) => string;
  readonly after: DialFault['after'];
}

const networkFaults: readonly NetworkFault[] = [
  {
    codes: ['ENOTFOUND', 'EAI_'],
    reason: 'the host name of the manager cannot be resolved',
    remedy: (host) => `Check the host in --manager and the DNS servers of this machine: ${host}.`,
    after: 'redial',
  },
  {
    codes: ['ECONNREFUSED'],
    reason: 'the manager refuses connections',
    remedy: (host) => `Nothing listens at ${host}: check host and port in --manager, and that the manager runs.`,
    after: 'redial',
  },
  {
    codes: ['ETIMEDOUT', 'EHOSTUNREACH', 'ENETUNREACH', 'EHOSTDOWN'],
    reason: 'the manager is not reached',
    remedy: (host) => `Packets to ${host} get no answer: a firewall must let this machine dial out to it.`,
    after: 'redial',
  },
  {
    codes: ['ECONNRESET', 'EPIPE'],
    reason: 'the connection was reset during the handshake',
    remedy: (host) =>
      `If ${host} speaks TLS, use https:// in --manager. Else, if it repeats, a firewall or proxy between does not let WebSockets through.`,
    after: 'redial',
  },
  {
    codes: ['CERT_HAS_EXPIRED', 'CERT_NOT_YET_VALID'],
    reason: "the manager's certificate is not valid now",
    remedy: (host) => `Renew the certificate of ${host}, or set the clock of this machine.`,
    after: 'redial-slowly',
  },
  {
    codes: ['ERR_TLS_CERT_ALTNAME_INVALID'],
    reason: "the manager's certificate is for another host",
    remedy: (host) =>
      `Use the host name that the certificate is for in --manager, or give ${host} a certificate of its own.`,
    after: 'redial-slowly',
  },
  {
    codes: ['UNABLE_TO_', 'SELF_SIGNED_CERT_IN_CHAIN', 'DEPTH_ZERO_SELF_SIGNED_CERT', 'CERT_'],
    reason: "the manager's certificate is not trusted",
    remedy: (host) =>
      `If ${host} has a private CA, or a proxy intercepts TLS, set NODE_EXTRA_CA_CERTS to the file of that CA.`,
    after: 'redial-slowly',
  },
  {
    codes: ['EPROTO', 'ERR_SSL_', 'ERR_TLS_'],
    reason: 'the TLS handshake failed',
    remedy: (host) => `If ${host} does not speak TLS, use http:// in --manager; else check what intercepts it.`,
    after: 'redial-slowly',
  },
  {
    codes: ['HPE_'],
    reason: 'what answered does not speak HTTP',
    remedy: (host) => `Check the port in --manager, and http:// or https://: ${host}.`,
    after: 'redial-slowly',
  },
];

function findRemedy(status: number, headers: UpgradeAnswer['headers'], isPage: boolean, url: string): string {
  if (status === 407)
    return 'A proxy asks for credentials: give them to it, or let the delegate reach the manager without it.';
  if (status >= 300 && status < 400)
    return `Redirected to ${first(headers.location) || 'elsewhere'}: put the address where the manager really is into --manager.`;
  if (status >= 500)
    return 'The manager behind the load balancer is down or starts: the delegate dials again. Look at the manager.';
  if (status === 404)
    return `No manager is at ${url}: check the path of --manager, and that the proxy in front forwards it.`;
  if (status === 400)
    return `The manager or a proxy refused the upgrade: a proxy must forward Upgrade, Connection and Sec-WebSocket-Protocol to ${url}.`;
  if (status === 401 || status === 403 || isPage)
    return 'It is not the manager that refused: it judges the token only after the upgrade. A proxy, firewall or log-in page between must let the delegate through.';
  return `Check that a Ticketgate manager is at ${url} and that whatever is between forwards WebSocket upgrades.`;
}

function first(value: string | string[] | undefined): string {
  return (Array.isArray(value) ? value[0] : value) ?? '';
}

function hostOf(url: string): string {
  return new URL(url).host;
}

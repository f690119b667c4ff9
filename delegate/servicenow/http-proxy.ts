/** An HTTP proxy that ServiceNow is called through. */
export interface HttpProxy {
  /** Without credentials, so it may be shown: `http://proxy.example.com:3128`. */
  readonly origin: string;
  /** The value of `Proxy-Authorization`. */
  readonly authorization?: string;
}

/** Which proxy to use for a URL; undefined: none. */
export type ProxyChoice = (url: URL) => HttpProxy | undefined;

/** The proxy settings of the environment, as other programs have them. */
export interface ProxyRules {
  readonly forHttps: HttpProxy | undefined;
  readonly forHttp: HttpProxy | undefined;
  /** Hosts that are reached directly: names (and all below them), `*.name`, addresses, each perhaps with a port; or `*`. */
  readonly noProxy: readonly string[];
}

/** Reads a proxy's URL; without a scheme it is an http one. A fault never quotes it, since it may hold a password. */
export function parseProxy(text: string): { readonly proxy: HttpProxy } | { readonly fault: string } {
  const url = URL.parse(/^[a-z][a-z0-9+.-]*:\/\//i.test(text) ? text : `http://${text}`);
  if (url === null || (url.protocol !== 'http:' && url.protocol !== 'https:') || url.hostname === '')
    return { fault: 'expected the URL of an HTTP proxy, such as http://proxy.example.com:3128' };
  if (url.pathname.length > 1 || url.search !== '' || url.hash !== '')
    return { fault: 'expected the URL of an HTTP proxy without a path, ? and #' };
  if (url.username === '' && url.password === '') return { proxy: { origin: url.origin } };
  const credentials = decode(`${url.username}:${url.password}`);
  if (credentials === undefined) return { fault: 'expected % in the credentials of the proxy to be written as %25' };
  const authorization = `Basic ${Buffer.from(credentials, 'utf8').toString('base64')}`;
  return { proxy: { origin: url.origin, authorization } };
}

/** Chooses by the rules of the environment. This machine is always reached directly. */
export function chooseByRules({ forHttps, forHttp, noProxy }: ProxyRules): ProxyChoice {
  return (url) => {
    const proxy = url.protocol === 'https:' ? forHttps : forHttp;
    return proxy === undefined || isLoopback(url) || noProxy.some((entry) => isMeant(entry, url)) ? undefined : proxy;
  };
}

function isLoopback({ hostname }: URL): boolean {
  return /^(localhost|.*\.localhost|127\..*|\[::1\])$/.test(hostname);
}

function isMeant(entry: string, url: URL): boolean {
  if (entry === '*') return true;
  const [, name = '', port] = /^(\[[^\]]*\]|[^:]*)(?::(\d{1,5}))?$/.exec(entry.toLowerCase()) ?? [];
  if (port !== undefined && port !== portOf(url)) return false;
  const domain = name.replace(/^\*?\./, '');
  return domain !== '' && (url.hostname === domain || url.hostname.endsWith(`.${domain}`));
}

/** The port of a URL, also when it is the default. */
export function portOf({ protocol, port }: URL): string {
  return port === '' ? (protocol === 'https:' ? '443' : '80') : port;
}

function decode(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}

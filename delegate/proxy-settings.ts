import { UsageError } from '#runtime/options.ts';
import { chooseByRules, type HttpProxy, type ProxyChoice, parseProxy } from './servicenow/http-proxy.ts';

export interface ProxySettings {
  readonly proxyFor: ProxyChoice;
  /** For the log; without credentials. Undefined when there is no proxy. */
  readonly described: Readonly<Record<string, unknown>> | undefined;
}

/** Says that ServiceNow is called directly, whatever the environment says. */
export const noProxyWord = 'none';

/**
 * Decides which proxy ServiceNow is called through: the setting for every host, else the usual variables, in lower or
 * upper case, save for the hosts of NO_PROXY and this machine. Throws UsageError, which never quotes a URL.
 */
export function readProxySettings(
  setting: string | undefined,
  env: Readonly<Record<string, string | undefined>>,
): ProxySettings {
  if (setting === noProxyWord) return { proxyFor: () => undefined, described: undefined };
  if (setting !== undefined) {
    const proxy = readProxy('--servicenow-proxy', setting);
    return { proxyFor: () => proxy, described: { proxy: proxy.origin } };
  }
  const forHttps = readVariable(env, 'HTTPS_PROXY');
  const forHttp = readVariable(env, 'HTTP_PROXY');
  const noProxy = (env.no_proxy ?? env.NO_PROXY ?? '').split(/[\s,]+/).filter((entry) => entry !== '');
  if (forHttps === undefined && forHttp === undefined) return { proxyFor: () => undefined, described: undefined };
  return {
    proxyFor: chooseByRules({ forHttps, forHttp, noProxy }),
    described: { forHttps: forHttps?.origin, forHttp: forHttp?.origin, noProxy },
  };
}

/** As other programs do: the lower case wins, and an empty variable counts as not set. */
function readVariable(env: Readonly<Record<string, string | undefined>>, name: string): HttpProxy | undefined {
  const lower = name.toLowerCase();
  const [found] = [lower, name].filter((each) => (env[each] ?? '').trim() !== '');
  return found === undefined ? undefined : readProxy(found, env[found] ?? '');
}

function readProxy(source: string, text: string): HttpProxy {
  const parsed = parseProxy(text.trim());
  if ('proxy' in parsed) return parsed.proxy;
  throw new UsageError(`${source}: ${parsed.fault}`, {
    remedy: 'Correct it, or give --servicenow-proxy: the URL of an HTTP proxy, or none to call ServiceNow directly.',
  });
}

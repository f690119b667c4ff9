import { limits } from '#protocol/limits.ts';
import { Hello } from '#protocol/messages.ts';
import { illegalTags, tagRule } from '#protocol/selectors.ts';
import { compileCheck } from '#protocol/validation.ts';
import { logLevelOption } from '#runtime/logger.ts';
import { type Option, option } from '#runtime/options.ts';
import { noProxyWord } from './proxy-settings.ts';
import { parseProxy } from './servicenow/http-proxy.ts';

/** Hello carries at most 256 tags; name and hostname are two of them. */
const maxTags = 254;

const checkName = compileCheck(Hello.properties.name);

export const delegateOptions = {
  manager: refine(
    option.requiredText({ help: 'address of the manager, such as https://ticketgate.example.com', placeholder: 'URL' }),
    findUrlFault,
  ),
  token: option.requiredText({
    help: 'delegate token, from `ticketgate delegate-token create`',
    placeholder: 'TOKEN',
    secret: true,
    pattern: /^\S{1,256}$/,
    expected: 'a delegate token: at most 256 characters, none of them a space',
  }),
  name: refine(
    option.requiredText({ help: 'name of this delegate, and one of its tags', placeholder: 'NAME' }),
    (name) =>
      'faults' in checkName(name)
        ? 'expected letters, digits and . _ - , beginning with a letter or digit, at most 63 characters'
        : undefined,
  ),
  tags: refine(option.list({ help: 'what this delegate holds; tasks select by it' }), (tags) => {
    const illegal = illegalTags(tags);
    if (illegal.length > 0) return `not a tag: ${illegal.join(', ')} (expected ${tagRule})`;
    return tags.length > maxTags ? `expected at most ${maxTags} tags` : undefined;
  }),
  data: option.optionalText({
    help: "directory that keeps this delegate's identity; .ticketgate/delegate-NAME if not given",
    placeholder: 'DIR',
  }),
  capacity: option.integer({
    help: 'tasks that run at once',
    minimum: 1,
    maximum: limits.maxCapacity,
    fallback: 10,
  }),
  policy: option.optionalText({
    help: 'YAML file of the hosts and task types that this delegate serves; everything if not given',
    placeholder: 'FILE',
  }),
  servicenowProxy: refine(
    option.optionalText({
      help: 'HTTP proxy for all calls to ServiceNow, or none; if not given, HTTPS_PROXY, HTTP_PROXY and NO_PROXY say',
      placeholder: 'URL',
      secret: true,
    }),
    findProxyFault,
  ),
  logLevel: logLevelOption,
  drainTimeout: option.duration({
    help: 'on shutdown, how long what is in flight may take to end',
    minimumMs: 0,
    maximumMs: 86_400_000,
    fallbackMs: 30_000,
  }),
};

function refine<T>(base: Option<T>, findFault: (value: T) => string | undefined): Option<T> {
  return {
    ...base,
    parse: (raw) => {
      const read = base.parse(raw);
      if ('fault' in read) return read;
      const fault = findFault(read.value);
      return fault === undefined ? read : { fault };
    },
  };
}

function findProxyFault(text: string | undefined): string | undefined {
  if (text === undefined || text === noProxyWord) return undefined;
  const parsed = parseProxy(text);
  return 'fault' in parsed ? `${parsed.fault}, or ${noProxyWord}` : undefined;
}

function findUrlFault(text: string): string | undefined {
  if (!URL.canParse(text)) return 'expected a URL such as https://ticketgate.example.com';
  const { protocol, username, password, search, hash } = new URL(text);
  if (protocol !== 'https:' && protocol !== 'http:') return 'expected a URL that begins with https:// or http://';
  if (username !== '' || password !== '') return 'expected a URL without credentials: the token is given by --token';
  if (search !== '' || hash !== '') return 'expected a URL without ? and #';
  return undefined;
}

import { illegalTags, tagRule } from '#protocol/selectors.ts';
import type { Checked, Fault } from '#protocol/validation.ts';
import { parseDuration } from '#runtime/duration.ts';
import { checkAuthentication, checkFile, type File } from './declaration.ts';

const shortestMs = 60_000;
const longestMs = 3_650 * 86_400_000;

/** Checks a document of declarations: its form, then what no schema can tell. */
export function checkDeclarations(document: unknown): Checked<File> {
  const checked = checkFile(document);
  const faults = 'faults' in checked ? explainValues(checked.faults) : findFaults(checked.value);
  return 'value' in checked && faults.length === 0 ? checked : { faults };
}

const plainValue = /^\/secrets\/\d+\/value$/;

function explainValues(faults: readonly Fault[]): Fault[] {
  const plain = [...new Set(faults.map(({ path }) => path).filter((path) => plainValue.test(path)))];
  return [
    ...plain.map((path) => ({
      path,
      message:
        'is refused: more people read this file than may know the value. Give valueFrom: { env: NAME } or { file: PATH }, and change the value if it was real',
    })),
    ...faults.filter(({ path }) => !plain.includes(path)),
  ];
}

function findFaults({ connectors = [], apiTokens = [], delegateTokens = [] }: File): Fault[] {
  return [
    ...connectors.flatMap(({ url, authentication, selectors = [] }, index) => [
      ...under(`/connectors/${index}/authentication`, checkAuthentication(authentication)),
      ...under(`/connectors/${index}/url`, checkUrl(url)),
      ...under(`/connectors/${index}/selectors`, checkSelectors(selectors)),
    ]),
    ...apiTokens.flatMap(({ expires }, index) => under(`/apiTokens/${index}/expires`, checkExpires(expires))),
    ...delegateTokens.flatMap(({ expires }, index) => under(`/delegateTokens/${index}/expires`, checkExpires(expires))),
  ];
}

function under(start: string, faults: readonly Fault[]): Fault[] {
  return faults.map(({ path, message }) => ({ path: `${start}${path}`, message }));
}

function checkUrl(url: string): Fault[] {
  const parsed = URL.parse(url.trim());
  const message = 'must be the address of an instance alone, such as https://example.service-now.com/';
  const isAlone = parsed && /^https?:$/.test(parsed.protocol) && `${parsed.username}${parsed.password}` === '';
  return isAlone && parsed.search === '' && parsed.hash === '' ? [] : [{ path: '', message }];
}

function checkSelectors(selectors: readonly string[]): Fault[] {
  const illegal = illegalTags(selectors);
  return illegal.length === 0 ? [] : [{ path: '', message: `cannot hold ${illegal.join(', ')}; expected ${tagRule}` }];
}

function checkExpires(expires: string | undefined): Fault[] {
  if (expires === undefined) return [];
  const ms = parseDuration(expires);
  const isLegal = ms !== undefined && ms >= shortestMs && ms <= longestMs;
  return isLegal ? [] : [{ path: '', message: 'must be a duration from 1m to 3650d, such as 90d' }];
}

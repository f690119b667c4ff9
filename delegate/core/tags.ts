import { canonicalTags } from '#protocol/selectors.ts';

const maxTagLength = 128;

/** Lists what a delegate holds: the tags it was given, its name and its hostname, in canonical form. */
export function tagsOf(given: readonly string[], name: string, hostname: string): string[] {
  return canonicalTags([...given, toTag(name), toTag(hostname)]);
}

/** Makes a legal tag of a hostname, which may hold anything; empty when nothing legal is left. */
function toTag(text: string): string {
  return text
    .toLowerCase()
    .replaceAll(/[^a-z0-9._:/-]+/g, '-')
    .replace(/^[^a-z0-9]+/, '')
    .slice(0, maxTagLength);
}

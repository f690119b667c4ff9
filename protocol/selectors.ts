const tagText = /^[a-z0-9][a-z0-9._:/-]{0,127}$/;

/** Brings tags or selectors into their canonical form: trimmed, lower case, each once, sorted. */
export function canonicalTags(tags: readonly string[]): string[] {
  return [...new Set(tags.map((tag) => tag.trim().toLowerCase()))].filter((tag) => tag !== '').sort();
}

/** Finds the tags that have no legal form; what is legal is told by tagRule. */
export function illegalTags(tags: readonly string[]): string[] {
  return canonicalTags(tags).filter((tag) => !tagText.test(tag));
}

export const tagRule = 'letters, digits and . _ : / - , beginning with a letter or digit, at most 128 characters';

/** Tells which of the selectors a delegate with these tags does not hold. Both must be canonical. */
export function missingSelectors(selectors: readonly string[], tags: readonly string[]): string[] {
  return selectors.filter((selector) => !tags.includes(selector));
}

import type { Choices } from './form-metadata.ts';
import { cleanText } from './page.ts';

const mostNamed = 12;

/** Writes the choices of a column for people: `-5 (New), -4 (Assess)`. */
export function describeChoices(choices: Choices): string {
  const named = choices.slice(0, mostNamed).map(({ value, label }) => `${value} (${cleanText(label, 40)})`);
  return `${named.join(', ')}${choices.length > mostNamed ? ', …' : ''}`;
}

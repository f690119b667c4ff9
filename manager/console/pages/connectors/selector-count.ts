import type { Delegate } from './api-shapes.ts';

/** The names of the online delegates that hold all of these selectors, whatever their case: those that the manager would ask. */
export function holdersOf(selectors: readonly string[], delegates: readonly Delegate[]): string[] {
  const wanted = canonical(selectors);
  return delegates
    .filter(({ state, tags }) => state === 'online' && wanted.every((selector) => canonical(tags).includes(selector)))
    .map(({ name }) => name);
}

/** The tags of the delegates that are there, to choose selectors from. */
export function tagsOf(delegates: readonly Delegate[]): string[] {
  return canonical(delegates.filter(({ state }) => state !== 'offline').flatMap(({ tags }) => tags));
}

/** How many delegates a task with these selectors can go to. */
export function countInWords(selectors: readonly string[], delegates: readonly Delegate[]): string {
  const holders = holdersOf(selectors, delegates);
  const which = holders.length === 0 ? '' : `: ${listNames(holders)}`;
  if (canonical(selectors).length === 0)
    return holders.length === 0 ? 'No delegate is online.' : `${count(holders)} online, and any may be asked${which}`;
  if (holders.length > 0) return `${count(holders)} online with all of these${which}`;
  const total = holdersOf([], delegates).length;
  if (total === 0) return 'No delegate is online.';
  return total === 1
    ? 'The one online delegate does not hold all of these.'
    : `None of the ${total} online delegates holds all of these.`;
}

function count(names: readonly string[]): string {
  return names.length === 1 ? '1 delegate is' : `${names.length} delegates are`;
}

const mostNames = 5;

function listNames(names: readonly string[]): string {
  const shown = names.toSorted().slice(0, mostNames).join(', ');
  return names.length > mostNames ? `${shown} and ${names.length - mostNames} more` : shown;
}

function canonical(tags: readonly string[]): string[] {
  return [...new Set(tags.map((tag) => tag.trim().toLowerCase()))].filter((tag) => tag !== '').sort();
}

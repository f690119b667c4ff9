interface Identified {
  readonly id: string;
  readonly createdAt: string;
}

/** A page of a list, newest first; without a cursor nothing comes after it. */
interface ListPage<Item> {
  readonly items: readonly Item[];
  readonly cursor?: string | undefined;
}

export interface Merged<Item> {
  readonly items: readonly Item[];
  /** Between the newest and what was loaded before may be some that were not loaded. */
  readonly hasGap: boolean;
}

/**
 * Puts the newest of a list before what was loaded of it earlier. As far as the newest page reaches, it alone says what is
 * in the list, and how it is: what it does not have any more has left, such as a task that a filter fits no longer.
 */
export function mergePages<Item extends Identified>(
  newest: ListPage<Item>,
  loaded: readonly ListPage<Item>[],
): Merged<Item> {
  const fresh = new Set(newest.items.map(({ id }) => id));
  const earlier = loaded.flatMap(({ items }) => items);
  const older =
    newest.cursor === undefined ? [] : earlier.filter(({ id, ...item }) => !fresh.has(id) && isBeyond(item));
  const overlaps = earlier.some(({ id }) => fresh.has(id));
  return { items: [...newest.items, ...older], hasGap: older.length > 0 && newest.items.length > 0 && !overlaps };

  function isBeyond({ createdAt }: Pick<Item, 'createdAt'>): boolean {
    const last = newest.items.at(-1);
    return last === undefined || createdAt <= last.createdAt;
  }
}

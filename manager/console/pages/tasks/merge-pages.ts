interface Identified {
  readonly id: string;
}

export interface Merged<Item> {
  readonly items: readonly Item[];
  /** Between the newest and what was loaded before may be some that were not loaded. */
  readonly hasGap: boolean;
}

/** Puts the newest of a list before what was loaded of it earlier; what is in both is as it is in the newest. */
export function mergePages<Item extends Identified>(
  newest: readonly Item[],
  loaded: readonly (readonly Item[])[],
): Merged<Item> {
  const fresh = new Map(newest.map((item) => [item.id, item]));
  const older = loaded.flat().filter(({ id }) => !fresh.has(id));
  const overlaps = loaded.flat().length > older.length;
  return { items: [...newest, ...older], hasGap: older.length > 0 && newest.length > 0 && !overlaps };
}

const batch = 200;
/** Bounds one sweep: what does not go away when it is looked at must not hold up what else there is to sweep. */
const mostBatches = 25;

/** Looks at everything that is due, some at a time. */
export async function lookInBatches(
  due: (most: number) => Promise<readonly string[]>,
  look: (id: string) => Promise<void>,
): Promise<void> {
  for (let round = 0; round < mostBatches; round += 1) {
    const ids = await due(batch);
    await Promise.all(ids.map(look));
    if (ids.length < batch) return;
  }
}

import { registerHooks } from 'node:module';

/** Has one file of the project loaded with other text than it has. Throws when a spot is not found there exactly once. */
export function rewrite(file: string, spots: readonly (readonly [spot: string, text: string])[]): void {
  const url = new URL(`../../../${file}`, import.meta.url).href;
  registerHooks({
    load: (loaded, context, nextLoad) => {
      const result = nextLoad(loaded, context);
      if (loaded !== url) return result;
      let source = String(result.source);
      for (const [spot, text] of spots) {
        if (source.split(spot).length !== 2)
          throw new Error(`the spot to plant a bug in is not once in ${file}: ${spot}`);
        source = source.replace(spot, () => text);
      }
      return { ...result, source };
    },
  });
}

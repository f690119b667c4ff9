import type { Params } from '#protocol/task-types.ts';
import type { Fault } from '#protocol/validation.ts';

const mostFaults = 20;

/** Finds numbers that reading the JSON may have rounded: whole ones beyond 2^53. Nobody can tell any more what was sent. */
export function findRounded({ rows }: Params<'import-set.load'>): Fault[] {
  return rows
    .flatMap((row, index) =>
      Object.entries(row)
        .filter(([, value]) => Number.isInteger(value) && !Number.isSafeInteger(value))
        .map(([column]) => ({
          path: `/params/rows/${index}/${column}`,
          message: 'is too large to be kept exactly as a number: send it as a text, in quotes',
        })),
    )
    .slice(0, mostFaults);
}

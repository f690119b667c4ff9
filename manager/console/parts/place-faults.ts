/**
 * Puts faults, keyed by where they are, at the fields of a form: what is wrong inside a field (`selectors.0`) is told at
 * that field. What belongs to no field is left out.
 */
export function placeFaults(
  faults: Readonly<Record<string, string>>,
  fields: readonly string[],
): Record<string, string> {
  const placed: Record<string, string> = {};
  for (const [path, message] of Object.entries(faults)) {
    const field = fields
      .filter((each) => path === each || path.startsWith(`${each}.`))
      .toSorted((one, other) => other.length - one.length)[0];
    if (field !== undefined) placed[field] = placed[field] === undefined ? message : `${placed[field]}; ${message}`;
  }
  return placed;
}

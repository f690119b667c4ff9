/** A name as the manager compares names: in any case of letters. */
export function foldName(name: string): string {
  return name.trim().toLowerCase();
}

import type { Problem } from './api-views.ts';

const names: readonly (readonly [RegExp, (first: string, second: string) => string])[] = [
  [/^\/connector$/, () => '--connector'],
  [/^\/selectors/, () => '--selectors'],
  [/^\/limits\/pickUp$/, () => '--pick-up'],
  [/^\/params\/(?:table|stagingTable)$/, () => '--table'],
  [/^\/params\/template$/, () => '--template'],
  [/^\/params\/changeType$/, () => '--change-type'],
  [/^\/params\/changeTaskType$/, () => '--type'],
  [/^\/params\/changeRequest$/, () => 'the number of the change request'],
  [/^\/params\/(?:number|sysId|numbers\/0|sysIds\/0)$/, () => 'the number of the ticket'],
  [/^\/params\/fields$/, () => '--field'],
  [/^\/params\/fields\/([^/]+)$/, (name) => `--field "${name}"`],
  [/^\/params\/rows$/, () => '--json'],
  [/^\/params\/rows\/(\d+)$/, (row) => `--json row ${Number(row) + 1}`],
  [/^\/params\/rows\/(\d+)\/([^/]+)$/, (row, column) => `--json row ${Number(row) + 1}, ${column}`],
];

/** Names the parts of a refused task as who types a command knows them: `/params/fields/state` is `--field "state"`. */
export function nameFlags({ detail, faults = [], ...problem }: Problem): Problem {
  // The longer ones first: a shorter path may be how a longer one begins.
  const byLength = [...faults].sort((a, b) => b.path.length - a.path.length);
  return {
    ...problem,
    detail: byLength.reduce(
      (text, { path }) => (path === '' ? text : text.replaceAll(path, () => nameOf(path))),
      detail,
    ),
    faults: faults.map(({ path, message }) => ({ path: nameOf(path), message })),
  };
}

function nameOf(path: string): string {
  for (const [pattern, name] of names) {
    const [found, first = '', second = ''] = pattern.exec(path) ?? [];
    if (found !== undefined) return name(readPart(first), readPart(second));
  }
  return path;
}

/** JSON pointers write / and ~ in another way. */
function readPart(part: string): string {
  return part.replaceAll('~1', '/').replaceAll('~0', '~');
}

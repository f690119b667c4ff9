import { ApiError } from '../../api/client.ts';

/** What the manager refused in one of the criteria: of one row, by its index, or of the whole. */
export interface CriteriaFaults {
  readonly rows: ReadonlyMap<number, string>;
  readonly whole: readonly string[];
}

export interface StartFaults {
  /** By the path of the body without its first slash, such as `webhook/url`. */
  readonly of: (path: string) => string | undefined;
  readonly criteriaAt: (path: 'approve' | 'reject') => CriteriaFaults;
  /** Whether every fault has a place in the form. */
  readonly isAllPlaced: boolean;
}

const places = [
  'connector',
  'table',
  'number',
  'sysId',
  'approve',
  'reject',
  'window',
  'window/startField',
  'window/endField',
  'every',
  'timeout',
  'expectedDuration',
  'webhook/url',
  'webhook/secret',
];

/** Sorts the manager's faults by where they belong in the form; one place may have several. */
export function sortFaults(error: unknown): StartFaults {
  const faults = error instanceof ApiError ? (error.problem.faults ?? []) : [];
  const at = (path: string) => faults.filter((fault) => fault.path === `/${path}`).map(({ message }) => message);
  return {
    of: (path) => at(path).join('; ') || undefined,
    criteriaAt: (path) => sortByRow(at(path)),
    isAllPlaced: faults.length > 0 && faults.every(({ path }) => places.includes(path.slice(1))),
  };
}

/** The place in the criteria stands before what is wrong there: `/all/1/value "x": …`. */
const inRow = /^\/(?:all|any)\/(\d+)(?:\/\w+)* (.*)$/s;

function sortByRow(messages: readonly string[]): CriteriaFaults {
  const rows = new Map<number, string>();
  const whole: string[] = [];
  for (const message of messages) {
    const [, index, rest] = inRow.exec(message) ?? [];
    if (index === undefined || rest === undefined) whole.push(message);
    else rows.set(Number(index), rest);
  }
  return { rows, whole };
}

/** A text cut where reading it stopped. */
export interface Cut {
  readonly before: string;
  readonly at: string;
  readonly after: string;
}

/** Finds in a text the place that a fault tells of; undefined when it tells none. */
export function cutAtFault(text: string, fault: string): Cut | undefined {
  const offset = offsetOf(text, fault);
  if (offset === undefined || offset > text.length) return undefined;
  const [at = ''] = /^(?:\w+|\s+|[^\w\s])?/.exec(text.slice(offset)) ?? [];
  return { before: text.slice(0, offset), at, after: text.slice(offset + at.length) };
}

function offsetOf(text: string, fault: string): number | undefined {
  if (fault.startsWith('at the end')) return text.trimEnd().length;
  const [, line, column] = /^at line (\d+), column (\d+)/.exec(fault) ?? [];
  if (line !== undefined && column !== undefined) {
    const lines = text.split('\n').slice(0, Number(line) - 1);
    return lines.reduce((sum, each) => sum + each.length + 1, 0) + Number(column) - 1;
  }
  const [, position] = /\bposition (\d+)(?::|$)/.exec(fault) ?? [];
  return position === undefined ? undefined : Number(position) - 1;
}

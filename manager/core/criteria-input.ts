import {
  Condition,
  type Conditions,
  type Criteria,
  comparisons,
  Expression,
  longestExpression,
} from '#protocol/criteria.ts';
import { FieldName } from '#protocol/ticket.ts';
import { type Check, compileCheck, describeFaults } from '#protocol/validation.ts';
import { fieldsOf, readBound } from './criteria.ts';
import { boundExpected, parseCriteria, parseExpression } from './criteria-grammar.ts';
import { Refusal } from './refusal.ts';

/** Reads criteria that a caller gave, as text or as data. Throws the refusal `criteria-invalid`, which names the path. */
export function readCriteria(input: unknown, path: string): Criteria {
  const read = typeof input === 'string' ? readText(input) : readData(input);
  if ('fault' in read) throw badCriteria(path, read.fault);
  const fault = findFieldFault(read.criteria);
  if (fault !== undefined) throw badCriteria(path, fault);
  return read.criteria;
}

type Read = { readonly criteria: Criteria } | { readonly fault: string };

/** Deep enough for every rule that a person can read; each level costs stack. */
const deepest = 20;
const longestText = longestExpression;
/** What approves, what rejects and the window are read together, and one reading takes a hundred columns. */
const mostFields = 40;
const mostParts = 100;

function readText(text: string): Read {
  if (text.length > longestText) return { fault: `longer than ${longestText} characters` };
  if (text.split('(').length > 4 * deepest) return { fault: 'too many parentheses' };
  const parsed = parseCriteria(text);
  if ('fault' in parsed || 'expression' in parsed.criteria) return parsed;
  return toRead(parsed.criteria);
}

function readData(data: unknown): Read {
  if (isDeeperThan(data, 2 * deepest)) return { fault: `nested deeper than ${deepest} levels` };
  if (!isObject(data) || !('expression' in data)) return toRead(data);
  const checked = checkExpression(data);
  return 'faults' in checked ? { fault: describeFaults(checked.faults) } : parseExpression(checked.value.expression);
}

function toRead(data: unknown): Read {
  const fault = findConditionsFault(data, '');
  return fault === undefined ? { criteria: data as Conditions } : { fault };
}

const checkExpression = compileCheck(Expression);
const checkField = compileCheck(FieldName);

/** By operator: a check of all forms at once would tell the faults of the wrong ones. */
const checksOfOperators: ReadonlyMap<string, Check<Condition>> = new Map(
  Condition.anyOf.flatMap((form) => {
    const check: Check<Condition> = compileCheck(form);
    return form.properties.operator.enum.map((operator) => [operator, check] as const);
  }),
);

function findConditionsFault(data: unknown, at: string): string | undefined {
  if (!isObject(data)) return faultAt(at, 'must be a condition, or have all or any with a list of them');
  const group = 'all' in data ? 'all' : 'any' in data ? 'any' : undefined;
  if (group === undefined) return findConditionFault(data, at);
  const parts = data[group];
  if (Object.keys(data).length > 1) return faultAt(at, `must have nothing besides ${group}`);
  if (!Array.isArray(parts) || parts.length === 0 || parts.length > mostParts)
    return faultAt(`${at}/${group}`, `must be a list of 1 to ${mostParts} conditions`);
  return parts.map((part, index) => findConditionsFault(part, `${at}/${group}/${index}`)).find(Boolean);
}

function findConditionFault(data: Readonly<Record<string, unknown>>, at: string): string | undefined {
  const check = checksOfOperators.get(String(data.operator));
  if (!check) return faultAt(`${at}/operator`, `must be one of ${[...checksOfOperators.keys()].join(', ')}`);
  if (typeof data.field === 'string' && 'faults' in checkField(data.field)) return describeFieldFault(data.field);
  const checked = check(data);
  if ('faults' in checked)
    return describeFaults(checked.faults.map(({ path, message }) => ({ path: `${at}${path}`, message })));
  return findValueFault(checked.value, at);
}

/** Finds what the form does not tell; in a text the grammar finds it, with its position. */
function findValueFault(condition: Condition, at: string): string | undefined {
  const values = 'values' in condition ? condition.values : 'value' in condition ? [condition.value] : [];
  if (values.some((value) => value.trim() === ''))
    return faultAt(at, `compares ${condition.field} with an empty value: use is-empty or is-not-empty`);
  const isComparison = comparisons.some((operator) => operator === condition.operator);
  const [value = ''] = values;
  return isComparison && !readBound(value)
    ? faultAt(`${at}/value`, `${JSON.stringify(value)}: ${boundExpected}`)
    : undefined;
}

function findFieldFault(criteria: Criteria): string | undefined {
  const fields = fieldsOf(criteria);
  if (fields.length > mostFields) return `more than ${mostFields} columns`;
  const wrong = fields.find((field) => 'faults' in checkField(field));
  return wrong === undefined ? undefined : describeFieldFault(wrong);
}

function describeFieldFault(field: string): string {
  return `${JSON.stringify(field)} is no column name, such as state or assigned_to.user_name`;
}

function faultAt(at: string, message: string): string {
  return at === '' ? message : `${at} ${message}`;
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Looks level by level, without recursion: what is too deep must not cost the stack that it is refused for. */
function isDeeperThan(value: unknown, levels: number): boolean {
  let level: unknown[] = [value];
  for (let depth = 0; depth < levels && level.length > 0; depth += 1)
    level = level.flatMap((part) => (typeof part === 'object' && part !== null ? Object.values(part) : []));
  return level.length > 0;
}

function badCriteria(path: string, fault: string): Refusal {
  return new Refusal(
    'criteria-invalid',
    `the criteria at ${path} cannot be read: ${fault}`,
    'Write them like: state = Scheduled and approval in (approved, not_required)',
    { faults: [{ path, message: fault }] },
  );
}

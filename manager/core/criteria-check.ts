import { distance } from 'fastest-levenshtein';
import type { Condition, Conditions, Criteria } from '#protocol/criteria.ts';
import type { FieldInfo } from '#protocol/metadata.ts';
import type { FieldValue } from '#protocol/ticket.ts';
import type { Fault } from '#protocol/validation.ts';
import { describeCriteria, equals, fieldsOf, holds, judge, readBound } from './criteria.ts';
import { conditionsOf, type Effort, existsTicket, type LegalValues } from './criteria-samples.ts';
import type { GateRules, WindowFields } from './gate-decision.ts';

/** One fault of a gate's rules; its path is `/approve`, `/reject` or `/window`. */
export type CriteriaFault = Fault;

/** What is known of the columns of a table. `complete`: it has no others, and those that have choices have no others. */
export interface KnownFields {
  readonly fields: readonly FieldInfo[];
  readonly complete: boolean;
}

/** Finds what makes rules useless: columns and choices that are not there, and criteria that no ticket, or every one, meets. */
export function checkRules(rules: GateRules, known: KnownFields | undefined): CriteriaFault[] {
  const { approve, reject, window } = rules;
  const columns = known && new Map(known.fields.map((field) => [field.name, field]));
  const effort: Effort = { left: mostJudgements };
  const check = (criteria: Criteria, path: string): CriteriaFault[] =>
    checkCriteria(criteria, columns, known?.complete === true, effort).map((message) => ({ path, message }));
  const faults = [...check(approve, '/approve'), ...(reject ? check(reject, '/reject') : [])];
  if (faults.length === 0 && reject) faults.push(...checkTogether(approve, reject, columns, known, effort));
  return window ? [...faults, ...checkWindow(window, columns, known?.complete === true)] : faults;
}

/** Whether some ticket meets criteria while one of its fields stays as it is; undefined where that is not known. */
export function canHoldWhile(criteria: Criteria, field: string, value: FieldValue): boolean | undefined {
  if ('expression' in criteria) return undefined;
  const legal: LegalValues = (name) => (name === field ? [value] : undefined);
  return existsTicket([criteria], legal, { left: fewJudgements }, (ticket) => holds(criteria, ticket));
}

type Columns = ReadonlyMap<string, FieldInfo>;

/** Some hundredths of a second. */
const mostJudgements = 200_000;
/** Some milliseconds. */
const fewJudgements = 20_000;

function checkCriteria(criteria: Criteria, columns: Columns | undefined, complete: boolean, effort: Effort): string[] {
  const unknown = columns && complete ? findAllUnknown(fieldsOf(criteria), columns) : [];
  if ('expression' in criteria) return unknown;
  const unfit = columns ? conditionsOf(criteria).flatMap((condition) => checkValues(condition, columns, complete)) : [];
  const faults = [...new Set([...unknown, ...unfit])];
  return faults.length > 0 ? faults : checkSense(criteria, legalValuesOf(columns, complete), effort);
}

function checkTogether(
  approve: Criteria,
  reject: Criteria,
  columns: Columns | undefined,
  known: KnownFields | undefined,
  effort: Effort,
): CriteriaFault[] {
  if ('expression' in approve || 'expression' in reject) return [];
  const canApprove = existsTicket(
    [approve, reject],
    legalValuesOf(columns, known?.complete === true),
    effort,
    (ticket) => holds(approve, ticket) && judge(reject, ticket).kind === 'does-not-hold',
  );
  if (canApprove !== false) return [];
  const message = 'can never approve: whenever it holds, what rejects holds too, and that is looked at first';
  return [{ path: '/approve', message }];
}

function checkSense(criteria: Conditions, legal: LegalValues, effort: Effort): string[] {
  const impossible = findImpossible(criteria, legal, effort);
  if (impossible.length > 0)
    return impossible.map((part) => `can never hold: ${describeCriteria(part)}${nameChoices(part, legal)}`);
  const canFail = existsTicket([criteria], legal, effort, (ticket) => !holds(criteria, ticket));
  return canFail === false ? ['holds whatever the ticket says: is an "or" meant to be an "and"?'] : [];
}

/** The smallest parts that no ticket meets. Each part of `any` is looked at: an impossible one is a mistake too. */
function findImpossible(criteria: Conditions, legal: LegalValues, effort: Effort): Conditions[] {
  const parts = 'all' in criteria ? criteria.all : 'any' in criteria ? criteria.any : [];
  const within = parts.flatMap((part) => findImpossible(part, legal, effort));
  if (within.length > 0 || 'any' in criteria) return within;
  const canHold = existsTicket([criteria], legal, effort, (ticket) => holds(criteria, ticket));
  return canHold === false ? [criteria] : [];
}

function nameChoices(criteria: Conditions, legal: LegalValues): string {
  const fields = fieldsOf(criteria).filter((field) => legal(field) !== undefined);
  return fields.length > 0 ? `, with the choices of ${fields.join(', ')}` : '';
}

/** A field with choices holds one of them, or nothing. */
function legalValuesOf(columns: Columns | undefined, complete: boolean): LegalValues {
  return (field) => {
    const choices = complete ? choicesOf(columns?.get(field)) : undefined;
    return choices && [{ value: '', displayValue: '' }, ...choices];
  };
}

/** Holds several choices in one value. */
const listTypes: ReadonlySet<string> = new Set(['glide_list', 'list', 'choice_list']);

function choicesOf(field: FieldInfo | undefined): FieldValue[] | undefined {
  if (!field?.choices || listTypes.has(field.type)) return undefined;
  return field.choices.map(({ value, label }) => ({ value, displayValue: label }));
}

/** Every record has these, whether forms show them or not. */
const systemColumns: ReadonlySet<string> = new Set([
  'sys_id',
  'sys_class_name',
  'sys_created_on',
  'sys_created_by',
  'sys_updated_on',
  'sys_updated_by',
  'sys_mod_count',
  'sys_tags',
]);

/** To look for the nearest among thousands of columns takes milliseconds each. */
const mostUnknown = 5;

function findAllUnknown(fields: readonly string[], columns: Columns): string[] {
  const unknown = fields.filter((field) => !isColumn(field, columns));
  const told = unknown.slice(0, mostUnknown).flatMap((field) => findUnknown(field, columns));
  const left = unknown.length - mostUnknown;
  return left > 0 ? [...told, `${left} more are no columns of the table either`] : told;
}

function isColumn(field: string, columns: Columns): boolean {
  const [name = ''] = field.split('.');
  return columns.has(name) || systemColumns.has(name);
}

/** Of a dot-walked field only the first column is of this table. */
function findUnknown(field: string, columns: Columns): string[] {
  const [name = ''] = field.split('.');
  if (isColumn(field, columns)) return [];
  const all = [...columns.values()];
  const labelled = all.filter(({ label }) => toName(label) === toName(name));
  if (labelled.length > 0)
    return [`${name} is the label of a column, whose name is ${labelled.map(describeColumn).join(' or ')}`];
  const nearest = all
    .map((column) => ({ column, letters: Math.min(distance(name, column.name), distance(name, toName(column.label))) }))
    .filter(({ letters }) => letters <= Math.max(1, Math.floor(name.length / 3)))
    .sort((one, other) => one.letters - other.letters)
    .slice(0, 3)
    .map(({ column }) => describeColumn(column));
  const hint = nearest.length > 0 ? `; the nearest are ${nearest.join(', ')}` : '';
  return [`the table has no column ${name} that the connector's user is shown${hint}`];
}

function toName(text: string): string {
  return text.toLowerCase().replace(/[^\p{L}\p{N}]+/gu, '_');
}

function describeColumn({ name, label }: FieldInfo): string {
  return name === label ? name : `${name} (${label})`;
}

const numberTypes: ReadonlySet<string> = new Set(['integer', 'longint', 'decimal', 'float', 'percent_complete']);
const dateTimeTypes: ReadonlySet<string> = new Set(['glide_date_time', 'due_date', 'datetime', 'calendar_date_time']);
const dateTypes: ReadonlySet<string> = new Set([...dateTimeTypes, 'glide_date', 'date']);
const sizelessTypes: ReadonlySet<string> = new Set(['reference', 'boolean', 'GUID', 'document_id', ...listTypes]);

function checkValues(condition: Condition, columns: Columns, complete: boolean): string[] {
  const column = columns.get(condition.field);
  if (!column) return [];
  switch (condition.operator) {
    case 'equals':
    case 'not-equals':
      return complete ? checkChoices(column, [condition.value]) : [];
    case 'in':
    case 'not-in':
      return complete ? checkChoices(column, condition.values) : [];
    case 'less-than':
    case 'at-most':
    case 'greater-than':
    case 'at-least':
      return checkComparison(column, condition.value);
    case 'contains':
    case 'is-empty':
    case 'is-not-empty':
      return [];
  }
}

const mostListed = 30;

/** Also of != and not in: what no ticket can be, it always is not. */
function checkChoices(column: FieldInfo, values: readonly string[]): string[] {
  const choices = choicesOf(column);
  if (!choices) return [];
  const listed = choices
    .slice(0, mostListed)
    .map(({ value, displayValue }) => (value === displayValue ? value : `${value} (${displayValue})`));
  const more = choices.length > mostListed ? ` and ${choices.length - mostListed} more` : '';
  return values
    .filter((value) => !choices.some((choice) => equals(choice, value)))
    .map((value) => `${JSON.stringify(value)} is no choice of ${column.name}, which are ${listed.join(', ')}${more}`);
}

function checkComparison({ name, type }: FieldInfo, value: string): string[] {
  const kind = readBound(value)?.kind;
  const isOther =
    sizelessTypes.has(type) || (kind === 'number' && dateTypes.has(type)) || (kind === 'date' && numberTypes.has(type));
  return isOther ? [`${name} is of the type ${type}: it cannot be compared with the ${kind} ${value}`] : [];
}

function checkWindow(
  { startField, endField }: WindowFields,
  columns: Columns | undefined,
  complete: boolean,
): CriteriaFault[] {
  const messages = [startField, endField].flatMap((field) => {
    const unknown = columns && complete ? findUnknown(field, columns) : [];
    const type = columns?.get(field)?.type;
    if (unknown.length > 0 || type === undefined || dateTimeTypes.has(type)) return unknown;
    return [`${field} is no date-time, but of the type ${type}`];
  });
  if (startField === endField) messages.push(`it starts and ends with the same column, ${startField}`);
  return [...new Set(messages)].map((message) => ({ path: '/window', message }));
}

import type { Condition, Criteria } from '#protocol/criteria.ts';
import type { FieldValue } from '#protocol/ticket.ts';
import { compileCel, describeCelError } from './cel-expression.ts';
import { readDate, readNumber } from './stored-values.ts';

export type FieldValues = Readonly<Record<string, FieldValue>>;

export type Judgement =
  | { readonly kind: 'holds' }
  | { readonly kind: 'does-not-hold' }
  /** Neither is known: a field was not read, or holds what the condition cannot compare. */
  | { readonly kind: 'cannot-be-judged'; readonly because: string };

/**
 * Judges criteria by the fields of a ticket. A value matches a field's stored value exactly, or its label in any case:
 * `-2` and `Scheduled` both name the state of a scheduled change. What cannot be judged counts only where it decides:
 * `all` with one part that does not hold does not hold, and `any` with one that holds does.
 */
export function judge(criteria: Criteria, fields: FieldValues): Judgement {
  if ('all' in criteria) return join(criteria.all, fields, 'does-not-hold', holding);
  if ('any' in criteria) return join(criteria.any, fields, 'holds', notHolding);
  return 'expression' in criteria ? judgeExpression(criteria.expression, fields) : judgeCondition(criteria, fields);
}

/** Tells whether criteria hold for a ticket. What cannot be judged does not hold. */
export function holds(criteria: Criteria, fields: FieldValues): boolean {
  return judge(criteria, fields).kind === 'holds';
}

/** Lists every field that the criteria read, each once. */
export function fieldsOf(criteria: Criteria): string[] {
  if ('expression' in criteria) {
    const compiled = compileCel(criteria.expression);
    return 'fields' in compiled ? [...compiled.fields] : [];
  }
  const parts = 'all' in criteria ? criteria.all : 'any' in criteria ? criteria.any : undefined;
  return parts ? [...new Set(parts.flatMap(fieldsOf))] : [(criteria as Condition).field];
}

/** Writes criteria in the readable form that parseCriteria reads. */
export function describeCriteria(criteria: Criteria, nested = false): string {
  if ('expression' in criteria) return `cel: ${criteria.expression}`;
  const parts = 'all' in criteria ? criteria.all : 'any' in criteria ? criteria.any : undefined;
  if (!parts) return describeCondition(criteria as Condition);
  if (parts.length === 1 && parts[0]) return describeCriteria(parts[0], nested);
  const text = parts.map((part) => describeCriteria(part, true)).join('all' in criteria ? ' and ' : ' or ');
  return nested ? `(${text})` : text;
}

const holding: Judgement = { kind: 'holds' };
const notHolding: Judgement = { kind: 'does-not-hold' };

function join(
  parts: readonly Criteria[],
  fields: FieldValues,
  deciding: Judgement['kind'],
  otherwise: Judgement,
): Judgement {
  let joined = otherwise;
  for (const part of parts) {
    const judgement = judge(part, fields);
    if (judgement.kind === deciding) return judgement;
    if (judgement.kind === 'cannot-be-judged' && joined === otherwise) joined = judgement;
  }
  return joined;
}

function judgeExpression(expression: string, fields: FieldValues): Judgement {
  const compiled = compileCel(expression);
  if ('fault' in compiled) return unjudged(`the expression cannot be read: ${compiled.fault}`);
  try {
    return compiled.holds(fields) ? holding : notHolding;
  } catch (error) {
    return unjudged(describeCelError(error));
  }
}

function judgeCondition(condition: Condition, fields: FieldValues): Judgement {
  const field = Object.hasOwn(fields, condition.field) ? fields[condition.field] : undefined;
  if (field === undefined) return unjudged(`${condition.field} was not read`);
  switch (condition.operator) {
    case 'equals':
      return toJudgement(equals(field, condition.value));
    case 'not-equals':
      return toJudgement(!equals(field, condition.value));
    case 'contains':
      return toJudgement([field.value, field.displayValue].some((text) => fold(text).includes(fold(condition.value))));
    case 'in':
      return toJudgement(condition.values.some((value) => equals(field, value)));
    case 'not-in':
      return toJudgement(!condition.values.some((value) => equals(field, value)));
    case 'is-empty':
      return toJudgement(field.value === '');
    case 'is-not-empty':
      return toJudgement(field.value !== '');
    case 'less-than':
      return compare(condition, field, (stored, bound) => stored < bound);
    case 'at-most':
      return compare(condition, field, (stored, bound) => stored <= bound);
    case 'greater-than':
      return compare(condition, field, (stored, bound) => stored > bound);
    case 'at-least':
      return compare(condition, field, (stored, bound) => stored >= bound);
  }
}

/** Whether a field is a value: stored so exactly, or labelled so in any case of letters. */
export function equals(field: FieldValue, value: string): boolean {
  return field.value === value || fold(field.displayValue) === fold(value);
}

function fold(text: string): string {
  return text.trim().toLowerCase();
}

/** Compares what is stored, since labels are written for the reader's language and zone. A blank has no size. */
function compare(
  { field: name, value }: Condition & { value: string },
  { value: stored }: FieldValue,
  compares: (stored: number, bound: number) => boolean,
): Judgement {
  if (stored === '') return notHolding;
  const bound = readBound(value);
  if (!bound) return unjudged(`${JSON.stringify(value)} is neither a number nor a date`);
  const size = bound.kind === 'number' ? readNumber(stored) : readDate(stored);
  if (size === undefined)
    return unjudged(`${name} is ${JSON.stringify(stored.slice(0, 40))}, which is no ${bound.kind}`);
  return toJudgement(compares(size, bound.size));
}

/** Reads what a comparison compares with. */
export function readBound(value: string): { kind: 'number' | 'date'; size: number } | undefined {
  const number = readNumber(value);
  if (number !== undefined) return { kind: 'number', size: number };
  const date = readDate(value);
  return date === undefined ? undefined : { kind: 'date', size: date };
}

function toJudgement(held: boolean): Judgement {
  return held ? holding : notHolding;
}

function unjudged(because: string): Judgement {
  return { kind: 'cannot-be-judged', because };
}

const operatorText = {
  equals: '=',
  'not-equals': '!=',
  contains: 'contains',
  in: 'in',
  'not-in': 'not in',
  'is-empty': 'is empty',
  'is-not-empty': 'is not empty',
  'less-than': '<',
  'at-most': '<=',
  'greater-than': '>',
  'at-least': '>=',
} as const satisfies Record<Condition['operator'], string>;

function describeCondition(condition: Condition): string {
  const head = `${condition.field} ${operatorText[condition.operator]}`;
  if ('values' in condition) return `${head} (${condition.values.map(quote).join(', ')})`;
  return 'value' in condition ? `${head} ${quote(condition.value)}` : head;
}

function quote(value: string): string {
  return /^(?!(?:and|or)$)[\w.-]+$/i.test(value) ? value : `'${value.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;
}

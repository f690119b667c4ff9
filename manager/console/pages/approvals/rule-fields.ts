import type { Approval } from './use-approvals.ts';

export type NamedBy = 'approves' | 'rejects' | 'window';

type Rules = Pick<Approval, 'criteria' | 'window'>;

/** Which of the rules name each of these fields. */
export function fieldsInRules({ criteria, window }: Rules, fields: readonly string[]): Map<string, readonly NamedBy[]> {
  const inApprove = fieldsIn(criteria.approve);
  const inReject = fieldsIn(criteria.reject ?? '');
  return new Map(
    fields.map((field) => {
      const named: NamedBy[] = [];
      if (inApprove.has(field)) named.push('approves');
      if (inReject.has(field)) named.push('rejects');
      if (field === window?.startField || field === window?.endField) named.push('window');
      return [field, named];
    }),
  );
}

/** The fields that criteria name, from the text in which the manager shows them. */
export function fieldsIn(criteria: string): ReadonlySet<string> {
  return new Set(criteria.startsWith('cel:') ? fieldsInExpression(criteria) : fieldsInConditions(criteria));
}

const quoted = /'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"/g;
/** A value is never followed by an operator. */
const fieldBeforeOperator = /([a-z][a-z0-9_.]*)\s*(?:!=|<=|>=|=|<|>|\b(?:not in|in|contains|is)\b)/gi;

function fieldsInConditions(text: string): string[] {
  return [...text.replace(quoted, "''").matchAll(fieldBeforeOperator)].flatMap(([, field]) => field ?? []);
}

const indexed = /ticket\s*\[\s*(?:'([^']*)'|"([^"]*)")\s*\]/g;
const dotted = /\bticket\s*\.\s*([a-z][a-z0-9_]*)/g;

function fieldsInExpression(text: string): string[] {
  const byIndex = [...text.matchAll(indexed)].flatMap(([, one, other]) => one ?? other ?? []);
  const byDot = [...text.replace(quoted, "''").matchAll(dotted)].flatMap(([, field]) => field ?? []);
  return [...byIndex, ...byDot];
}

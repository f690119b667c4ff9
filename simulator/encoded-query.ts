export const operators = [
  'NOT IN',
  'NOT LIKE',
  'ISNOTEMPTY',
  'ISEMPTY',
  'STARTSWITH',
  'ENDSWITH',
  'EMPTYSTRING',
  'ANYTHING',
  'NSAMEAS',
  'SAMEAS',
  'BETWEEN',
  'LIKE',
  'IN',
  '!=',
  '>=',
  '<=',
  '=',
  '>',
  '<',
] as const;

export type Operator = (typeof operators)[number];

export interface Condition {
  readonly field: string;
  readonly operator: Operator;
  readonly value: string;
}

/** A term that is no condition of ours: no operator in it, or one that the simulator does not know. */
export interface Unreadable {
  readonly unreadable: string;
}

export type Term = Condition | Unreadable;

export interface Sorting {
  readonly field: string;
  readonly descending: boolean;
}

/** Groups are joined by OR (`^NQ`), the clauses of a group by AND (`^`), the terms of a clause by OR (`^OR`). */
export interface EncodedQuery {
  readonly groups: readonly (readonly (readonly Term[])[])[];
  readonly sorting: readonly Sorting[];
}

/** Reads an encoded query as ServiceNow does: never refuses, keeps what it cannot read as an unreadable term. */
export function parseEncodedQuery(text: string): EncodedQuery {
  const groups: Term[][][] = [[]];
  const sorting: Sorting[] = [];
  for (const piece of text.split('^')) {
    if (piece === '' || piece === 'EQ') continue;
    if (piece.startsWith('ORDERBYDESC')) {
      sorting.push({ field: piece.slice('ORDERBYDESC'.length), descending: true });
    } else if (piece.startsWith('ORDERBY')) {
      sorting.push({ field: piece.slice('ORDERBY'.length), descending: false });
    } else if (piece.startsWith('NQ')) {
      groups.push(piece === 'NQ' ? [] : [[parseTerm(piece.slice(2))]]);
    } else if (piece.startsWith('OR')) {
      joinLastClause(groups, parseTerm(piece.slice(2)));
    } else {
      groups.at(-1)?.push([parseTerm(piece)]);
    }
  }
  return { groups, sorting };
}

function joinLastClause(groups: readonly Term[][][], term: Term): void {
  const group = groups.at(-1);
  const clause = group?.at(-1);
  if (clause) clause.push(term);
  else group?.push([term]);
}

/** The shortest name before an operator wins, so that `a=1IN2` is an equality and `aIN1=2` a list. */
const termPattern = new RegExp(`^([A-Za-z0-9_.]+?)(${operators.join('|')})(.*)$`, 's');

function parseTerm(text: string): Term {
  const match = termPattern.exec(text);
  const [, field, operator, value] = match ?? [];
  if (field === undefined || operator === undefined || value === undefined) return { unreadable: text };
  return { field, operator: operator as Operator, value };
}

import type { Condition, EncodedQuery, Operator, Sorting, Term } from './encoded-query.ts';

export interface QueryFields<Row> {
  /** Whether a name, dot-walked or not, is a column that a query may use. */
  knows(path: string): boolean;
  read(row: Row, path: string): string;
  /** The value of a `javascript:` term; undefined when the sandbox refuses it. */
  runScript(source: string): string | undefined;
}

export interface CompiledQuery<Row> {
  matches(row: Row): boolean;
  /** The rows in the order that the query asks for; equal ones by the text that `tieBreaker` gives. */
  sort(rows: readonly Row[], tieBreaker: (row: Row) => string): readonly Row[];
  /** Names of fields that do not exist and terms that cannot be read: each was dropped from the query. */
  readonly dropped: readonly string[];
}

/**
 * Makes a predicate of a query. A term with an unknown field, an unknown operator or a refused script is dropped, and
 * what remains decides: that is how one misspelt name returns the whole table (glide.invalid_query.returns_no_rows).
 */
export function compileQuery<Row>(query: EncodedQuery, fields: QueryFields<Row>): CompiledQuery<Row> {
  const dropped: string[] = [];
  const compileTerm = (term: Term): ((row: Row) => boolean) | undefined => {
    if ('unreadable' in term) {
      dropped.push(term.unreadable);
      return undefined;
    }
    if (!fields.knows(term.field)) {
      dropped.push(term.field);
      return undefined;
    }
    const value = term.value.startsWith('javascript:')
      ? fields.runScript(term.value.slice('javascript:'.length))
      : term.value;
    if (value === undefined) {
      dropped.push(term.value);
      return undefined;
    }
    const holds = tests[term.operator](value);
    return (row) => holds(fields.read(row, term.field));
  };
  const groups = query.groups.map((clauses) =>
    clauses
      .map((clause) => clause.map(compileTerm).filter((test) => test !== undefined))
      .filter((clause) => clause.length > 0),
  );
  const sorting = query.sorting.filter(({ field }) => {
    const known = fields.knows(field);
    if (!known) dropped.push(field);
    return known;
  });
  return {
    matches: (row) => groups.some((clauses) => clauses.every((clause) => clause.some((holds) => holds(row)))),
    sort: (rows, tieBreaker) => sortRows(rows, sorting, fields, tieBreaker),
    dropped,
  };
}

/** The sys_ids that a query is limited to, when it is plain that no other row can match. */
export function idsNamedBy(query: EncodedQuery): readonly string[] | undefined {
  const [group, second] = query.groups;
  if (group === undefined || second !== undefined) return undefined;
  for (const [term, alternative] of group) {
    if (term === undefined || alternative !== undefined || !isIdCondition(term)) continue;
    if (term.operator === '=') return [term.value];
    if (term.operator === 'IN') return splitList(term.value);
  }
  return undefined;
}

function isIdCondition(term: Term): term is Condition {
  return 'field' in term && term.field === 'sys_id' && !term.value.startsWith('javascript:');
}

/** What each operator asks of a field's value; texts compare without regard to case, as the database does. */
const tests: Readonly<Record<Operator, (wanted: string) => (actual: string) => boolean>> = {
  '=': (wanted) => (wanted === 'NULL' ? (actual) => actual === '' : (actual) => fold(actual) === fold(wanted)),
  '!=': (wanted) => (wanted === 'NULL' ? (actual) => actual !== '' : (actual) => fold(actual) !== fold(wanted)),
  SAMEAS: (wanted) => (actual) => fold(actual) === fold(wanted),
  NSAMEAS: (wanted) => (actual) => fold(actual) !== fold(wanted),
  IN: (wanted) => {
    const list = new Set(splitList(wanted).map(fold));
    return (actual) => list.has(fold(actual));
  },
  'NOT IN': (wanted) => {
    const list = new Set(splitList(wanted).map(fold));
    return (actual) => !list.has(fold(actual));
  },
  LIKE: (wanted) => (actual) => fold(actual).includes(fold(wanted)),
  'NOT LIKE': (wanted) => (actual) => !fold(actual).includes(fold(wanted)),
  STARTSWITH: (wanted) => (actual) => fold(actual).startsWith(fold(wanted)),
  ENDSWITH: (wanted) => (actual) => fold(actual).endsWith(fold(wanted)),
  ISEMPTY: () => (actual) => actual === '',
  ISNOTEMPTY: () => (actual) => actual !== '',
  EMPTYSTRING: () => (actual) => actual === '',
  ANYTHING: () => () => true,
  '>': ordered((order) => order > 0),
  '>=': ordered((order) => order >= 0),
  '<': ordered((order) => order < 0),
  '<=': ordered((order) => order <= 0),
  BETWEEN: (wanted) => {
    const [from = '', to = ''] = wanted.split('@').map(toComparable);
    return (actual) => {
      const value = toComparable(actual);
      return actual !== '' && compareValues(value, from) >= 0 && compareValues(value, to) <= 0;
    };
  },
};

/** An empty value is neither before nor after anything. */
function ordered(holds: (order: number) => boolean): (wanted: string) => (actual: string) => boolean {
  return (wanted) => {
    const limit = toComparable(wanted);
    return (actual) => actual !== '' && holds(compareValues(toComparable(actual), limit));
  };
}

function sortRows<Row>(
  rows: readonly Row[],
  sorting: readonly Sorting[],
  fields: QueryFields<Row>,
  tieBreaker: (row: Row) => string,
): readonly Row[] {
  // The keys are read once for each row: a table of ten thousand is compared a hundred thousand times.
  const keyed = rows.map((row) => ({
    row,
    keys: [...sorting.map(({ field }) => toComparable(fields.read(row, field))), tieBreaker(row)],
  }));
  keyed.sort((a, b) => {
    for (const [index, left] of a.keys.entries()) {
      const order = compareValues(left, b.keys[index] ?? '');
      if (order !== 0) return sorting[index]?.descending ? -order : order;
    }
    return 0;
  });
  return keyed.map(({ row }) => row);
}

type Comparable = string | number;

/** Numbers compare as numbers; dates, being written from year to second, as texts. */
function toComparable(text: string): Comparable {
  return /^-?\d+(\.\d+)?$/.test(text) ? Number(text) : fold(text);
}

function compareValues(a: Comparable, b: Comparable): number {
  if (typeof a === 'number' && typeof b === 'number') return a - b;
  const [left, right] = [String(a), String(b)];
  return left < right ? -1 : left > right ? 1 : 0;
}

function splitList(text: string): readonly string[] {
  return text.split(',').map((item) => item.trim());
}

function fold(text: string): string {
  return text.toLowerCase();
}

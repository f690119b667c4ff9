import { canQuery, canQueryRange } from './access.ts';
import { type EncodedQuery, type Operator, parseEncodedQuery } from './encoded-query.ts';
import { findField, mayReadPath, readField } from './field-path.ts';
import { compileQuery, idsNamedBy, type QueryFields } from './query-evaluation.ts';
import type { StoredRecord } from './record-store.ts';
import { errors } from './service-now-error.ts';
import type { User } from './users.ts';
import type { World } from './world.ts';

/** Takes the query of a request: `sysparm_query`, else the bare `column=value` parameters. */
export function readQuery(parameters: URLSearchParams): EncodedQuery {
  const encoded = parameters.get('sysparm_query');
  if (encoded !== null) return parseEncodedQuery(encoded);
  const bare = [...parameters].filter(([name]) => !name.startsWith('sysparm_'));
  const group = bare.map(([field, value]) => [{ field, operator: '=' as const, value }]);
  return { groups: [group], sorting: [] };
}

/** Finds the records of a table that a query names, sorted, before any right to read them is judged. */
export function findRecords(world: World, user: User, table: string, query: EncodedQuery): readonly StoredRecord[] {
  refuseUnreadableFields(world, user, table, query);
  const compiled = compileQuery(query, fieldsOf(world, user, table));
  if (compiled.dropped.length > 0) {
    if (world.settings.unknownQueryField === 'forbidden') throw errors.queryFieldNotReadable();
    if (world.settings.unknownQueryField === 'no-rows') return [];
  }
  const candidates = candidatesFor(world, table, query);
  // Without a sort order the instance promises none. By sys_id it is the same each time and like no other order.
  return compiled.sort(
    candidates.filter((record) => compiled.matches(record)),
    ({ row }) => row.sys_id ?? '',
  );
}

function candidatesFor(world: World, table: string, query: EncodedQuery): readonly StoredRecord[] {
  const lag = world.settings.replicaLagReads;
  if (lag > 0) return world.replica.list(world.store.records(table), world.schema.family(table), lag);
  const ids = idsNamedBy(query);
  if (!ids) return world.store.records(table);
  return [...new Set(ids)].map((id) => world.store.get(table, id)).filter((record) => record !== undefined);
}

function fieldsOf(world: World, user: User, table: string): QueryFields<StoredRecord> {
  return {
    knows: (path) => findField(world, table, path) !== undefined,
    read: (record, path) => readField(world, record.table, record.row, path),
    runScript: (source) => (/^gs\.getUserID\(\)$/.test(source) ? user.sysId : undefined),
  };
}

function refuseUnreadableFields(world: World, user: User, table: string, query: EncodedQuery): void {
  const terms = query.groups.flat(2).filter((term) => 'field' in term);
  const sorted = query.sorting.map(({ field }) => field);
  const used = [...terms.map(({ field }) => field), ...sorted];
  if (used.length > 0 && !canQuery(world, user, table)) throw errors.queryFieldNotReadable();
  if (used.some((path) => !mayReadPath(world, user, table, path))) throw errors.queryFieldNotReadable();
  const ranged = [
    ...terms.filter(({ operator }) => !matchOperators.has(operator)).map(({ field }) => field),
    ...sorted,
  ];
  if (ranged.some((column) => !canQueryRange(world, user, table, column))) throw errors.queryFieldNotReadable();
}

/** What the query right `query_match` allows; all else, and sorting, needs `query_range`. */
const matchOperators: ReadonlySet<Operator> = new Set<Operator>([
  '=',
  '!=',
  'IN',
  'NOT IN',
  'SAMEAS',
  'NSAMEAS',
  'ANYTHING',
  'ISEMPTY',
  'ISNOTEMPTY',
  'EMPTYSTRING',
]);

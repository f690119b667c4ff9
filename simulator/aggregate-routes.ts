import type { FastifyInstance } from 'fastify';
import { canReadRecord, listRefusal } from './access.ts';
import { readField } from './field-path.ts';
import type { StoredRecord } from './record-store.ts';
import { errors } from './service-now-error.ts';
import { parametersOf, type Simulation, userOf } from './simulation.ts';
import { findRecords, readQuery } from './table-query.ts';
import type { World } from './world.ts';

/** Adds the Aggregate API: an object without a grouping, a list with one, every number a text. */
export function addAggregateRoutes(app: FastifyInstance, { world }: Simulation, prefix: string): void {
  app.get<{ Params: { table: string } }>(`${prefix}/stats/:table`, async (request, reply) => {
    const { table } = request.params;
    if (!world.schema.find(table)) throw errors.invalidTable(table);
    if (world.settings.closedTables.includes(table)) throw errors.tableNotAuthorized(table);
    const user = userOf(request);
    if (listRefusal(world, user, table)) throw errors.cannotAggregate(table);
    const parameters = parametersOf(request);
    const wanted = readAggregates(parameters);
    if (!wanted.count && wanted.fields.length === 0) throw errors.badParameter('No aggregate parameter was given');
    const records = findRecords(world, user, table, readQuery(parameters)).filter((record) =>
      canReadRecord(world, user, record),
    );
    const groupBy = listOf(parameters, 'sysparm_group_by');
    const result =
      groupBy.length === 0
        ? { stats: statsOf(world, records, wanted) }
        : [...groupRecords(world, records, groupBy)].map((group) => ({
            stats: statsOf(world, group.records, wanted),
            groupby_fields: groupBy.map((field, index) => ({ field, value: group.values[index] ?? '' })),
          }));
    return reply.header('content-type', 'application/json;charset=UTF-8').send({ result });
  });
}

interface Aggregates {
  readonly count: boolean;
  readonly fields: readonly { readonly kind: AggregateKind; readonly names: readonly string[] }[];
}

type AggregateKind = keyof typeof aggregates;

const aggregates = {
  avg: (values: readonly number[]) => (sum(values) / values.length).toFixed(4),
  sum: (values: readonly number[]) => String(sum(values)),
  min: (values: readonly number[]) => String(Math.min(...values)),
  max: (values: readonly number[]) => String(Math.max(...values)),
};

const kinds: readonly AggregateKind[] = ['avg', 'sum', 'min', 'max'];

function readAggregates(parameters: URLSearchParams): Aggregates {
  return {
    count: parameters.get('sysparm_count') === 'true',
    fields: kinds
      .map((kind) => ({ kind, names: listOf(parameters, `sysparm_${kind}_fields`) }))
      .filter(({ names }) => names.length > 0),
  };
}

function statsOf(world: World, records: readonly StoredRecord[], { count, fields }: Aggregates): unknown {
  const computed = fields.map(({ kind, names }) => [
    kind,
    Object.fromEntries(names.map((name) => [name, aggregate(world, records, kind, name)])),
  ]);
  return { ...(count ? { count: String(records.length) } : {}), ...Object.fromEntries(computed) };
}

function aggregate(world: World, records: readonly StoredRecord[], kind: AggregateKind, field: string): string {
  const values = records
    .map(({ table, row }) => readField(world, table, row, field))
    .filter((value) => value !== '')
    .map(Number);
  return values.length === 0 ? '' : aggregates[kind](values);
}

interface Group {
  readonly values: readonly string[];
  readonly records: StoredRecord[];
}

function groupRecords(world: World, records: readonly StoredRecord[], fields: readonly string[]): Iterable<Group> {
  const groups = new Map<string, Group>();
  for (const record of records) {
    const values = fields.map((field) => readField(world, record.table, record.row, field));
    const key = JSON.stringify(values);
    const group = groups.get(key) ?? { values, records: [] };
    group.records.push(record);
    groups.set(key, group);
  }
  return groups.values();
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

function listOf(parameters: URLSearchParams, name: string): readonly string[] {
  return (parameters.get(name) ?? '').split(',').filter((item) => item !== '');
}

import type { FastifyInstance, FastifyRequest } from 'fastify';
import { canInsert } from './access.ts';
import type { StoredRecord } from './record-store.ts';
import { createRecord, updateRecord } from './record-writes.ts';
import { errors, ServiceNowError } from './service-now-error.ts';
import { baseUrlOf, bodyOf, type Simulation, userOf } from './simulation.ts';
import { readWriteInput } from './write-input.ts';

interface TransformMap {
  readonly name: string;
  readonly staging: string;
  readonly target: string;
  /** The staging column, and the target's, by which an existing record is found. */
  readonly coalesce: readonly [string, string];
  /** Target columns by staging column. */
  readonly fields: Readonly<Record<string, string>>;
  readonly required: string;
}

const transformMaps: readonly TransformMap[] = ['u_release_import', 'u_marked_release_import'].map((staging) => ({
  name: 'Release gate',
  staging,
  target: 'u_release_gate',
  coalesce: ['u_key', 'correlation_id'],
  fields: {
    u_key: 'correlation_id',
    u_title: 'short_description',
    u_release: 'u_release',
    u_environment: 'u_environment',
  },
  required: 'u_title',
}));

/** Adds the Import Set API: 201 whatever became of the row, which its `status` alone tells. */
export function addImportRoutes(app: FastifyInstance, { world }: Simulation): void {
  for (const prefix of ['/api/now', '/api/now/v1']) {
    app.post<{ Params: { staging: string } }>(`${prefix}/import/:staging`, async (request, reply) => {
      const { staging } = request.params;
      const maps = transformMaps.filter((map) => map.staging === staging);
      if (maps.length === 0) throw errors.invalidTable(staging);
      const user = userOf(request);
      if (!canInsert(world, user, staging)) throw errors.writeRefused('Insert');
      const { values } = readWriteInput(world, user, staging, bodyOf(request), false);
      const set = world.draft('sys_import_set', { table_name: staging }, user.userName);
      if (!request.instance.pretend) world.store.put({ table: 'sys_import_set', row: set });
      const result = maps.map((map) => transform(request, map, values, `${baseUrlOf(request, world)}${prefix}/table`));
      // A row holds what its last map came to.
      const last = result.at(-1) ?? {};
      if (!request.instance.pretend) {
        const outcome = {
          sys_import_set: set.sys_id ?? '',
          sys_import_row: '0',
          sys_import_state: last.status ?? '',
          sys_import_state_comment: last.error_message ?? '',
          sys_target_table: last.table ?? '',
          sys_target_sys_id: last.sys_id ?? '',
          sys_transform_map: mapRecord(last.transform_map ?? '', staging, last.table ?? ''),
        };
        world.insert(staging, { ...values, ...outcome }, user.userName);
      }
      reply.code(201).header('content-type', 'application/json;charset=UTF-8');
      if (world.settings.importSetReply === 'empty-body') return reply.send('');
      return reply.send({ import_set: set.number, staging_table: staging, result });
    });
  }

  function mapRecord(name: string, source_table: string, target_table: string): string {
    const known = world.store.rows('sys_transform_map').find((row) => row.source_table === source_table);
    return (known ?? world.insert('sys_transform_map', { name, source_table, target_table }, 'system')).sys_id ?? '';
  }

  function transform(
    request: FastifyRequest,
    map: TransformMap,
    values: Readonly<Record<string, string>>,
    linkBase: string,
  ): Readonly<Record<string, string>> {
    const about = { transform_map: map.name, table: map.target };
    const failed = (message: string) => ({ ...about, status: 'error', error_message: message });
    if (!values[map.required]) return failed(`Mandatory field missing: ${map.required}`);
    const [from, to] = map.coalesce;
    const key = values[from] ?? '';
    const existing = key === '' ? undefined : world.store.records(map.target).find(({ row }) => row[to] === key);
    const body = Object.fromEntries(
      Object.entries(map.fields).flatMap(([name, target]) => (name in values ? [[target, values[name]]] : [])),
    );
    const write = {
      world,
      user: userOf(request),
      body,
      displayInput: false,
      pretend: request.instance.pretend,
    };
    const same = existing && Object.entries(body).every(([name, value]) => existing.row[name] === value);
    let record: StoredRecord;
    try {
      record = !existing ? createRecord(write, map.target) : same ? existing : updateRecord(write, existing);
    } catch (error) {
      if (error instanceof ServiceNowError) return failed(error.detail ?? error.message);
      throw error;
    }
    const { sys_id = '', number = '' } = record.row;
    return {
      ...about,
      display_name: 'number',
      display_value: number,
      record_link: `${linkBase}/${map.target}/${sys_id}`,
      status: !existing ? 'inserted' : same ? 'ignored' : 'updated',
      sys_id,
    };
  }
}

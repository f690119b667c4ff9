import { createHash } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { canChangeRecord, canReadRecord } from './access.ts';
import { createRenderer } from './display.ts';
import type { Row, StoredRecord } from './record-store.ts';
import { errors } from './service-now-error.ts';
import { baseUrlOf, parametersOf, type Simulation, userOf } from './simulation.ts';
import { findRecords, readQuery } from './table-query.ts';

interface FileRoute {
  Params: { sysId: string };
}

/** Adds the Attachment API, in a scope of its own because it alone takes bodies of every type. */
export function addAttachmentRoutes(scope: FastifyInstance, { world }: Simulation): void {
  scope.removeAllContentTypeParsers();
  scope.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => done(null, body));

  for (const prefix of ['/api/now', '/api/now/v1']) {
    scope.post(`${prefix}/attachment/file`, async (request, reply) => {
      const parameters = parametersOf(request);
      const [table, owner, name] = ['table_name', 'table_sys_id', 'file_name'].map((key) => parameters.get(key) ?? '');
      if (!table || !owner || !name) throw errors.badParameter('table_name, table_sys_id and file_name are required');
      if (!world.schema.find(table)) throw errors.invalidTable(table);
      const record = world.store.get(table, owner);
      const user = userOf(request);
      if (!record || !canReadRecord(world, user, record)) throw errors.noRecord();
      if (!canChangeRecord(world, user, record)) throw errors.writeRefused('Insert');
      const bytes = Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0);
      const values = { ...describe(bytes), file_name: name, table_name: table, table_sys_id: owner };
      const type = request.headers['content-type'] ?? 'application/octet-stream';
      const row = world.draft('sys_attachment', { ...values, content_type: type, state: 'pending' }, user.userName);
      if (!request.instance.pretend) {
        // The answer comes before the scan: whoever reads the attachment afterwards finds it available.
        world.store.put({ table: 'sys_attachment', row: { ...row, state: 'available' } });
        world.files.set(row.sys_id ?? '', bytes);
      }
      reply.code(201).header('location', `${baseUrlOf(request, world)}${prefix}/attachment/${row.sys_id}`);
      return sendResult(reply, show(request, { table: 'sys_attachment', row }, prefix));
    });

    scope.get(`${prefix}/attachment`, async (request, reply) => {
      const found = findRecords(world, userOf(request), 'sys_attachment', readQuery(parametersOf(request)));
      return sendResult(
        reply,
        found.filter((record) => isReadable(request, record)).map((record) => show(request, record, prefix)),
      );
    });

    scope.get<FileRoute>(`${prefix}/attachment/:sysId`, async (request, reply) =>
      sendResult(reply, show(request, find(request), prefix)),
    );

    scope.get<FileRoute>(`${prefix}/attachment/:sysId/file`, async (request, reply) => {
      const { row } = find(request);
      return reply.type(row.content_type ?? '').send(world.files.get(row.sys_id ?? '') ?? Buffer.alloc(0));
    });

    scope.delete<FileRoute>(`${prefix}/attachment/:sysId`, async (request, reply) => {
      const record = find(request);
      const owner = ownerOf(record.row);
      if (!owner || !canChangeRecord(world, userOf(request), owner)) throw errors.writeRefused('Delete');
      if (!request.instance.pretend) {
        world.store.remove(record);
        world.files.delete(request.params.sysId);
      }
      return reply.code(204).send();
    });
  }

  function find(request: FastifyRequest<FileRoute>): StoredRecord {
    const record = world.store.get('sys_attachment', request.params.sysId);
    if (!record || !isReadable(request, record)) throw errors.noRecord();
    return record;
  }

  /** An attachment is seen by whoever sees the record that it belongs to. */
  function isReadable(request: FastifyRequest, { row }: StoredRecord): boolean {
    const owner = ownerOf(row);
    return owner !== undefined && canReadRecord(world, userOf(request), owner);
  }

  function ownerOf({ table_name = '', table_sys_id = '' }: Row): StoredRecord | undefined {
    return world.store.get(table_name, table_sys_id);
  }

  function show(request: FastifyRequest, record: StoredRecord, prefix: string): Readonly<Record<string, unknown>> {
    const options = { mode: 'false', excludeLinks: true, linkBase: '', fields: undefined } as const;
    const address = `${baseUrlOf(request, world)}${prefix}/attachment/${record.row.sys_id}/file`;
    const rendered = createRenderer(world, userOf(request), 'sys_attachment', options).render(record);
    return { ...rendered, download_link: address };
  }
}

function describe(bytes: Buffer): Row {
  return {
    size_bytes: String(bytes.length),
    size_compressed: String(gzipSync(bytes).length),
    hash: createHash('sha256').update(bytes).digest('hex'),
  };
}

function sendResult(reply: FastifyReply, result: unknown): FastifyReply {
  return reply.header('content-type', 'application/json;charset=UTF-8').send({ result });
}

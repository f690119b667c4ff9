import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { canInsert, canReadRecord, listRefusal } from './access.ts';
import { countReadForApprovals } from './approvals.ts';
import { createRenderer, type DisplayMode, type Renderer, type RenderOptions } from './display.ts';
import { pageLinks } from './page-links.ts';
import type { StoredRecord } from './record-store.ts';
import { createRecord, deleteRecord, updateRecord, type WriteRequest } from './record-writes.ts';
import { errors } from './service-now-error.ts';
import { baseUrlOf, bodyOf, parametersOf, pathOf, type Simulation, userOf } from './simulation.ts';
import { findRecords, readQuery } from './table-query.ts';

interface TableRoute {
  Params: { table: string };
}

interface RecordRoute {
  Params: { table: string; sysId: string };
}

/** Adds the Table API under one of its prefixes: links in its answers repeat the prefix of the request. */
export function addTableRoutes(app: FastifyInstance, { world }: Simulation, prefix: string): void {
  const isVersion1 = prefix.endsWith('/v1');

  app.get<TableRoute>(`${prefix}/table/:table`, async (request, reply) => {
    const { table } = request.params;
    requireTable(table);
    requireJson(request);
    const user = userOf(request);
    refuseList(request, table);
    const parameters = parametersOf(request);
    const limit = readCount(parameters, 'sysparm_limit', 10_000);
    const offset = readCount(parameters, 'sysparm_offset', 0);
    const found = findRecords(world, user, table, readQuery(parameters));
    // The limit comes before the rights: a page may be short or empty while more rows follow.
    const page = found.slice(offset, offset + limit).filter((record) => canReadRecord(world, user, record));
    const { render } = rendererFor(request, table);
    const result = page.map(render);
    if (parameters.get('sysparm_no_count') !== 'true') reply.header('x-total-count', String(found.length));
    if (parameters.get('sysparm_suppress_pagination_header') !== 'true') {
      const address = `${baseUrlOf(request, world)}${pathOf(request)}`;
      const link = pageLinks(
        address,
        parameters,
        { total: found.length, offset, limit },
        world.settings.negativePrevLink,
      );
      if (link !== undefined) reply.header('link', link);
    }
    countRead(table);
    if (isVersion1 && result.length === 0) throw errors.noRecord();
    return sendResult(reply, result);
  });

  app.get<RecordRoute>(`${prefix}/table/:table/:sysId`, async (request, reply) => {
    const { table, sysId } = request.params;
    requireTable(table);
    requireJson(request);
    refuseList(request, table);
    const record = world.store.get(table, sysId);
    const readable = record && canReadRecord(world, userOf(request), record) ? record : undefined;
    const result = readable && rendererFor(request, table).render(readable);
    countRead(table);
    if (!result) throw errors.noRecord();
    return sendResult(reply, result);
  });

  app.post<TableRoute>(`${prefix}/table/:table`, async (request, reply) => {
    const { table } = request.params;
    requireTable(table);
    requireJson(request);
    const record = createRecord(writeRequest(request), table);
    reply.code(201).header('location', `${baseUrlOf(request, world)}${prefix}/table/${table}/${record.row.sys_id}`);
    if (request.headers['x-no-response-body'] === 'true') return reply.send();
    return sendResult(reply, rendererFor(request, table).render(record));
  });

  app.route<RecordRoute>({
    method: ['PATCH', 'PUT'],
    url: `${prefix}/table/:table/:sysId`,
    handler: async (request, reply) => {
      const { table } = request.params;
      const record = findForWrite(request);
      requireJson(request);
      return sendResult(reply, rendererFor(request, table).render(updateRecord(writeRequest(request), record)));
    },
  });

  app.delete<RecordRoute>(`${prefix}/table/:table/:sysId`, async (request, reply) => {
    deleteRecord(writeRequest(request), findForWrite(request));
    return reply.code(204).send();
  });

  function requireTable(table: string): void {
    if (!world.schema.find(table)) throw errors.invalidTable(table);
    if (world.settings.closedTables.includes(table)) throw errors.tableNotAuthorized(table);
  }

  function refuseList(request: FastifyRequest, table: string): void {
    const refusal = listRefusal(world, userOf(request), table);
    if (refusal === 'insufficient-rights') throw errors.cannotQuery();
    if (refusal === 'table-not-authorized') throw errors.tableNotAuthorized(table);
  }

  function findForWrite(request: FastifyRequest<RecordRoute>): StoredRecord {
    const { table, sysId } = request.params;
    requireTable(table);
    const record = world.store.get(table, sysId);
    const user = userOf(request);
    // A writer who cannot see the record is told that it is not there; one without the right to write, that.
    if (!record || (canInsert(world, user, table) && !canReadRecord(world, user, record))) throw errors.noRecord();
    return record;
  }

  function writeRequest(request: FastifyRequest): WriteRequest {
    return {
      world,
      user: userOf(request),
      body: bodyOf(request),
      displayInput: parametersOf(request).get('sysparm_input_display_value') === 'true',
      pretend: request.instance.pretend,
    };
  }

  function rendererFor(request: FastifyRequest, table: string): Renderer {
    const linkBase = `${baseUrlOf(request, world)}${prefix}/table`;
    return createRenderer(world, userOf(request), table, renderOptions(parametersOf(request), linkBase));
  }

  function countRead(table: string): void {
    if (approvalTables.has(table)) countReadForApprovals(world);
  }
}

/** Reading one of these is what a poller does; it is what brings pending approvals nearer. */
const approvalTables: ReadonlySet<string> = new Set(['change_request', 'task', 'sysapproval_approver']);

function renderOptions(parameters: URLSearchParams, linkBase: string): RenderOptions {
  const fields = parameters
    .get('sysparm_fields')
    ?.split(',')
    .map((name) => name.trim());
  const mode = parameters.get('sysparm_display_value') ?? 'false';
  return {
    mode: isDisplayMode(mode) ? mode : 'false',
    excludeLinks: parameters.get('sysparm_exclude_reference_link') === 'true',
    linkBase,
    fields: fields?.some((name) => name !== '') ? fields : undefined,
  };
}

function isDisplayMode(text: string): text is DisplayMode {
  return text === 'true' || text === 'false' || text === 'all';
}

function readCount(parameters: URLSearchParams, name: string, fallback: number): number {
  const text = parameters.get(name);
  if (text === null || text === '') return fallback;
  if (/^-\d+$/.test(text)) throw errors.badParameter(`${name} must not be negative: ${text}`);
  return /^\d+$/.test(text) ? Number(text) : fallback;
}

function requireJson(request: FastifyRequest): void {
  const { accept } = request.headers;
  if (accept === undefined || /json|\*\/\*|application\/\*/.test(accept)) return;
  throw errors.notAcceptable(accept);
}

function sendResult(reply: FastifyReply, result: unknown): FastifyReply {
  return reply.header('content-type', 'application/json;charset=UTF-8').send({ result });
}

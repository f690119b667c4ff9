import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { canReadRecord, listRefusal } from './access.ts';
import { approvalsOf, settleApproval } from './approvals.ts';
import { changeApiBody } from './change-api-bodies.ts';
import { nextStates } from './next-states.ts';
import type { StoredRecord } from './record-store.ts';
import { createRecord, updateRecord, type WriteRequest } from './record-writes.ts';
import { errors, ServiceNowError } from './service-now-error.ts';
import { bodyOf, parametersOf, type Simulation, userOf } from './simulation.ts';
import { findRecords, readQuery } from './table-query.ts';
import type { World } from './world.ts';

interface ChangeRoute {
  Params: { sysId: string };
}

/** Adds the part of the Change Management API that clients of tickets use, under one of its prefixes. */
export function addChangeApiRoutes(app: FastifyInstance, { world }: Simulation, prefix: string): void {
  app.get(`${prefix}/change`, async (request, reply) => {
    requirePlugin();
    const user = userOf(request);
    const found = findRecords(world, user, 'change_request', readQuery(parametersOf(request)));
    const readable = found.filter((record) => canReadRecord(world, user, record));
    return sendResult(
      reply,
      readable.map((record) => changeApiBody(world, user, record)),
    );
  });

  for (const type of ['', 'normal', 'emergency']) {
    app.post(`${prefix}/change${type === '' ? '' : `/${type}`}`, async (request, reply) => {
      requirePlugin();
      const body = { ...bodyOf(request), ...(type === '' ? {} : { type }) };
      const created = told(() => createRecord(writeRequest(request, body), 'change_request'));
      // 200 and not 201: the scripted API does not say Created.
      return sendChange(request, reply, created, ignored(body));
    });
  }

  app.post<{ Params: { template: string } }>(`${prefix}/change/standard/:template`, async (request, reply) => {
    requirePlugin();
    // The id of the record producer: that of the template itself, which is at hand too, is not found.
    const template = readTemplate(world, request.params.template);
    if (!template) throw badRequest('Standard change template does not exist or is inactive');
    const body = bodyOf(request);
    const overridden = Object.keys(body).filter((name) => name in template);
    const values = { ...body, ...template, type: 'standard' };
    const created = told(() => createRecord(writeRequest(request, values), 'change_request'));
    const unapplied = world.settings.changeApiIgnoredFields === 'misleading' ? [] : [...ignored(body), ...overridden];
    return sendChange(request, reply, created, unapplied);
  });

  app.get<ChangeRoute>(`${prefix}/change/:sysId`, async (request, reply) =>
    sendResult(reply, changeApiBody(world, userOf(request), findChange(request))),
  );

  app.patch<ChangeRoute>(`${prefix}/change/:sysId`, async (request, reply) => {
    const body = bodyOf(request);
    const change = findChange(request);
    const updated = told(() => updateRecord(writeRequest(request, body), change));
    return sendChange(request, reply, updated, ignored(body));
  });

  app.get<ChangeRoute>(`${prefix}/change/:sysId/nextstates`, async (request, reply) =>
    sendResult(reply, nextStates(world, findChange(request).row)),
  );

  app.patch<ChangeRoute>(`${prefix}/change/:sysId/approvals`, async (request, reply) => {
    const change = findChange(request);
    const user = userOf(request);
    const { state, comments } = bodyOf(request);
    if (state !== 'approved' && state !== 'rejected') throw badRequest('Invalid approval state');
    if (state === 'rejected' && !comments) throw badRequest('Comments are required to reject');
    const changeId = change.row.sys_id ?? '';
    const own = approvalsOf(world, changeId, 'requested').find(({ approver }) => approver === user.sysId);
    if (!own) throw badRequest('The user is not an approver of this change');
    if (!request.instance.pretend) {
      const decided = world.update('sysapproval_approver', own.sys_id ?? '', { state }, user.userName);
      if (decided) settleApproval(world, decided);
    }
    const now = world.store.get('change_request', changeId) ?? change;
    return sendChange(request, reply, now);
  });

  app.get<ChangeRoute>(`${prefix}/change/:sysId/task`, async (request, reply) => {
    const changeId = findChange(request).row.sys_id;
    const tasks = world.store.records('change_task').filter(({ row }) => row.change_request === changeId);
    return sendResult(
      reply,
      tasks.map((task) => changeApiBody(world, userOf(request), task)),
    );
  });

  app.post<ChangeRoute>(`${prefix}/change/:sysId/task`, async (request, reply) => {
    const body = { ...bodyOf(request), change_request: findChange(request).row.sys_id };
    const created = told(() => createRecord(writeRequest(request, body), 'change_task'));
    return sendChange(request, reply, created, ignored(body, 'change_task'));
  });

  function sendChange(
    request: FastifyRequest,
    reply: FastifyReply,
    record: StoredRecord,
    ignoredFields?: readonly string[],
  ): FastifyReply {
    const meta = ignoredFields === undefined ? {} : { __meta: { ignoredFields } };
    const result = { ...changeApiBody(world, userOf(request), record), ...meta };
    return sendResult(reply, world.settings.changeApiResult === 'array' ? [result] : result);
  }

  /** Passes a refusal on as the instance's release does: as the Table API would, or as 400 with all in the message. */
  function told(write: () => StoredRecord): StoredRecord {
    try {
      return write();
    } catch (error) {
      if (error instanceof ServiceNowError && error.status === 403 && world.settings.changeApiRefusals === '400')
        throw badRequest(`Change Request record could not be updated. ${error.detail}`);
      throw error;
    }
  }

  function requirePlugin(): void {
    if (!world.settings.changeApi) throw errors.noSuchResource();
  }

  function findChange(request: FastifyRequest<ChangeRoute>): StoredRecord {
    requirePlugin();
    const user = userOf(request);
    if (listRefusal(world, user, 'change_request')) throw errors.cannotQuery();
    const record = world.store.get('change_request', request.params.sysId);
    if (!record || !canReadRecord(world, user, record)) throw errors.noRecord();
    return record;
  }

  function writeRequest(request: FastifyRequest, body: Readonly<Record<string, unknown>>): WriteRequest {
    return { world, user: userOf(request), body, displayInput: false, pretend: request.instance.pretend };
  }

  function ignored(body: Readonly<Record<string, unknown>>, table = 'change_request'): readonly string[] {
    if (world.settings.changeApiIgnoredFields === 'misleading') return Object.keys(body);
    const columns = world.schema.columns(table);
    return Object.keys(body).filter((name) => !columns.has(name) || columns.get(name)?.readOnly);
  }
}

/** The values of an active standard change template, by the sys_id of its record producer. */
function readTemplate(world: World, producerId: string): Readonly<Record<string, string>> | undefined {
  const producer = world.store.get('std_change_record_producer', producerId)?.row;
  if (producer?.active !== 'true') return undefined;
  const encoded = world.store.get('sys_template', producer.template ?? '')?.row.template ?? '';
  const pairs = encoded.split('^').filter((term) => term.includes('='));
  return Object.fromEntries(pairs.map((term) => [term.slice(0, term.indexOf('=')), term.slice(term.indexOf('=') + 1)]));
}

function badRequest(message: string): ServiceNowError {
  return new ServiceNowError(400, message, '');
}

function sendResult(reply: FastifyReply, result: unknown): FastifyReply {
  return reply.header('content-type', 'application/json;charset=UTF-8').send({ result });
}

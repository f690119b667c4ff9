import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { type Decision, decideForAll } from './approvals.ts';
import { ControlError, checkInput, fromForm } from './control-input.ts';
import { isTimeZone } from './date-time.ts';
import { FaultSchema } from './faults.ts';
import { html } from './html.ts';
import { layout } from './page-layout.ts';
import type { Row } from './record-store.ts';
import { ServiceNowError } from './service-now-error.ts';
import { SettingsChangeSchema } from './settings.ts';
import type { Simulation } from './simulation.ts';

interface ChangeRoute {
  Params: { number: string; decision: string };
}

/** Adds what steers the simulator: no credentials are asked for, so it must not be reachable by strangers. */
export function addControlRoutes(app: FastifyInstance, { world, faults, log }: Simulation): void {
  app.get('/simulator/faults', async () => faults.current);

  app.route({
    method: ['PUT', 'POST'],
    url: '/simulator/faults',
    handler: async (request, reply) => {
      const fault = checkInput(FaultSchema, inputOf(request));
      if (fault.path !== undefined && fault.mode === 'none')
        throw new ControlError(400, 'path: mode none strikes no path', 'path');
      faults.set(fault);
      return answer(request, reply, faults.current);
    },
  });

  app.post('/simulator/wake', async (request, reply) => {
    const { slowFirstRequests, slowFirstMs } = world.settings;
    if (!faults.wake(slowFirstRequests, slowFirstMs)) throw new ControlError(409, 'the instance does not hibernate');
    return answer(request, reply, faults.current);
  });

  app.delete('/simulator/tokens', async (_request, reply) => {
    world.tokens.revokeAccess();
    return reply.code(204).send();
  });

  app.get('/simulator/requests', async () => log.summary());

  app.delete('/simulator/requests', async (_request, reply) => {
    log.reset();
    return reply.code(204).send();
  });

  app.get<{ Params: { table: string } }>('/simulator/tables/:table', async (request) => {
    const { table } = request.params;
    if (!world.schema.find(table)) throw new ControlError(404, `there is no table ${table}`);
    return { table, rows: world.store.rows(table) };
  });

  app.post<ChangeRoute>('/simulator/changes/:number/:decision(^approve|reject$)', async (request, reply) => {
    const { number, decision } = request.params;
    const change = decide(number, decision === 'approve' ? 'approved' : 'rejected');
    return answer(request, reply, {
      number: change.number,
      sys_id: change.sys_id,
      state: change.state,
      approval: change.approval,
    });
  });

  app.get('/simulator/settings', async () => world.settings);

  app.put('/simulator/settings', async (request) => {
    const change = checkInput(SettingsChangeSchema, inputOf(request));
    if (change.systemTimeZone !== undefined && !isTimeZone(change.systemTimeZone))
      throw new ControlError(400, `systemTimeZone: there is no zone ${change.systemTimeZone}`, 'systemTimeZone');
    for (const field of ['approvers', 'multiFactorUsers'] as const) {
      const stranger = change[field]?.find((name) => !userNames().has(name));
      if (stranger !== undefined) throw new ControlError(400, `${field}: there is no user ${stranger}`, field);
    }
    const noTable = change.closedTables?.find((name) => !world.schema.find(name));
    if (noTable !== undefined)
      throw new ControlError(400, `closedTables: there is no table ${noTable}`, 'closedTables');
    world.changeSettings(change);
    return world.settings;
  });

  /** What a program gets; a browser is sent back to the page that its form was on. */
  function answer(request: FastifyRequest, reply: FastifyReply, result: unknown): unknown {
    return isForm(request) ? reply.redirect(`${world.basePath}/simulator/`, 303) : result;
  }

  function userNames(): ReadonlySet<string | undefined> {
    return new Set(world.store.rows('sys_user').map(({ user_name }) => user_name));
  }

  function decide(number: string, decision: Decision): Row {
    const change = world.store.rows('change_request').find((row) => row.number === number);
    if (!change) throw new ControlError(404, `there is no change ${number}`);
    if (decideForAll(world, change.sys_id ?? '', decision) === 0) {
      const waiting = world.pendingApprovals.has(change.sys_id ?? '') ? '; its approvals have not appeared yet' : '';
      throw new ControlError(
        409,
        `nobody is asked to approve ${number}: its approval is '${change.approval}'${waiting}`,
      );
    }
    return world.store.get('change_request', change.sys_id ?? '')?.row ?? change;
  }
}

/** Reads form posts and answers errors in the simulator's own words, within the scope that it is called on. */
export function addControlManners(scope: FastifyInstance, { world, faults }: Simulation): void {
  scope.addContentTypeParser('application/x-www-form-urlencoded', { parseAs: 'string' }, (_request, body, done) =>
    done(null, Object.fromEntries(new URLSearchParams(String(body)))),
  );
  scope.setErrorHandler(async (error: Error & { statusCode?: number }, request, reply) => {
    const told = error instanceof ControlError || error instanceof ServiceNowError;
    const status = told ? error.status : (error.statusCode ?? 500);
    const field = error instanceof ControlError ? error.field : undefined;
    if (isForm(request)) {
      const content = html`<p>${error.message}</p><p><a href="${world.basePath}/simulator/">All records</a></p>`;
      return reply
        .code(status)
        .type('text/html;charset=UTF-8')
        .send(layout({ root: world.basePath, title: 'That did not work', faultMode: faults.current.mode }, content));
    }
    return reply.code(status).send({ error: { message: error.message, ...(field === undefined ? {} : { field }) } });
  });
}

/** Whether a browser's form sent this: it is sent back to the page, a program gets JSON. */
function isForm(request: FastifyRequest): boolean {
  return request.headers['content-type']?.startsWith('application/x-www-form-urlencoded') ?? false;
}

function inputOf(request: FastifyRequest): unknown {
  return isForm(request) ? fromForm(request.body as Readonly<Record<string, string>>) : request.body;
}

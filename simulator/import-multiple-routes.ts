import type { FastifyInstance, FastifyRequest } from 'fastify';
import { canInsert } from './access.ts';
import { sendInner } from './inner-requests.ts';
import { errors } from './service-now-error.ts';
import { type Simulation, userOf } from './simulation.ts';

type Values = Readonly<Record<string, unknown>>;

/** Adds the import of many rows: its answer names no row, and they are transformed after it. */
export function addImportMultipleRoutes(app: FastifyInstance, simulation: Simulation): void {
  const { world } = simulation;
  const timers = new Set<NodeJS.Timeout>();
  app.addHook('preClose', async () => {
    for (const timer of timers) clearTimeout(timer);
  });

  for (const prefix of ['/api/now', '/api/now/v1']) {
    app.post<{ Params: { staging: string } }>(`${prefix}/import/:staging/insertMultiple`, async (request, reply) => {
      const { staging } = request.params;
      if (!world.schema.find(staging)) throw errors.invalidTable(staging);
      if (!canInsert(world, userOf(request), staging)) throw errors.writeRefused('Insert');
      const rows = readRecords(request.body).map((record) => byName(staging, record));
      if (!request.instance.pretend) later(() => transform(request, `/api/now/import/${staging}`, rows));
      return reply
        .header('content-type', 'application/json;charset=UTF-8')
        .send({ import_set_id: world.nextSysId(), multi_import_set_id: world.nextSysId() });
    });
  }

  /** Keys are labels; a key that is none, a column's name too, is dropped without a word. */
  function byName(staging: string, record: Values): Values {
    const names = new Map([...world.schema.columns(staging).values()].map(({ name, label }) => [label, name]));
    return Object.fromEntries(
      Object.entries(record).flatMap(([label, value]) => {
        const name = names.get(label);
        return name === undefined ? [] : [[name, value]];
      }),
    );
  }

  async function transform(request: FastifyRequest, url: string, rows: readonly Values[]): Promise<void> {
    for (const row of rows)
      await sendInner(app, simulation, request, { method: 'POST', url, body: JSON.stringify(row) });
  }

  function later(work: () => Promise<void>): void {
    const timer = setTimeout(async () => {
      timers.delete(timer);
      // A simulator that is closing refuses its own requests; what was not transformed goes with it.
      await work().catch(() => undefined);
    }, world.settings.insertMultipleDelayMs);
    timers.add(timer);
  }
}

function readRecords(body: unknown): readonly Values[] {
  const records = isValues(body) ? body.records : undefined;
  if (!Array.isArray(records) || !records.every(isValues))
    throw errors.unreadableBody('The body needs a list of records.');
  return records;
}

function isValues(value: unknown): value is Values {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

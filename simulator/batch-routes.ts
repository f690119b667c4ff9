import type { FastifyInstance } from 'fastify';
import Type, { type Static } from 'typebox';
import Value from 'typebox/value';
import { sendInner } from './inner-requests.ts';
import { errors } from './service-now-error.ts';
import type { Simulation } from './simulation.ts';

const BatchItem = Type.Object({
  id: Type.String(),
  method: Type.Enum(['GET', 'POST', 'PUT', 'PATCH', 'DELETE']),
  url: Type.String({ pattern: '^/api/' }),
  headers: Type.Optional(Type.Array(Type.Object({ name: Type.String(), value: Type.String() }))),
  /** The body, in base64. */
  body: Type.Optional(Type.String()),
  exclude_response_headers: Type.Optional(Type.Boolean()),
});

const Batch = Type.Object({ batch_request_id: Type.String(), rest_requests: Type.Array(BatchItem, { minItems: 1 }) });

/** Adds the Batch API: 200 outside whatever became of the items, which are done one after another. */
export function addBatchRoutes(app: FastifyInstance, simulation: Simulation): void {
  for (const path of ['/api/now/batch', '/api/now/v1/batch']) {
    app.post(path, async (request, reply) => {
      const batch: unknown = request.body;
      if (!Value.Check(Batch, batch))
        throw errors.unreadableBody('The batch needs batch_request_id and rest_requests.');
      const serviced: unknown[] = [];
      for (const item of batch.rest_requests) serviced.push(await serve(item));
      return reply.header('content-type', 'application/json;charset=UTF-8').send({
        batch_request_id: batch.batch_request_id,
        serviced_requests: serviced,
        unserviced_requests: [],
      });

      async function serve({ id, method, url, headers, body, exclude_response_headers }: Static<typeof BatchItem>) {
        const start = performance.now();
        const answer = await sendInner(app, simulation, request, {
          method,
          url,
          headers: Object.fromEntries((headers ?? []).map(({ name, value }) => [name.toLowerCase(), value])),
          ...(body === undefined ? {} : { body: Buffer.from(body, 'base64').toString('utf8') }),
        });
        const shown = Object.entries(answer.headers).map(([name, value]) => ({ name, value: String(value) }));
        return {
          id,
          body: answer.body.toString('base64'),
          status_code: answer.status,
          headers: exclude_response_headers ? [] : shown,
          execution_time: Math.round(performance.now() - start),
        };
      }
    });
  }
}

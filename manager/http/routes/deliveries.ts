import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import Type from 'typebox';
import { DeliveryView, deliveryKinds } from '#protocol/delivery.ts';
import type { Deliveries } from '../../core/deliveries.ts';
import { Problem } from '../problems.ts';
import { IdParams } from '../requests.ts';

const DeliveryParams = Type.Object({ ...IdParams.properties, kind: Type.Enum(deliveryKinds) });

/** How the end of an approval is told, by webhook and work notes. */
export function deliveryRoutes({ deliveries }: { deliveries: Deliveries }): FastifyPluginAsyncTypebox {
  return async (app) => {
    app.get(
      '/approvals/:id/deliveries',
      {
        config: { role: 'viewer' },
        schema: {
          params: IdParams,
          response: { 200: Type.Object({ items: Type.Array(DeliveryView) }), default: Problem },
        },
      },
      async ({ params }) => ({ items: await deliveries.list(params.id) }),
    );
    app.post(
      '/approvals/:id/deliveries/:kind/retry',
      {
        config: { role: 'pipeline', audit: 'delivery.retry' },
        schema: { params: DeliveryParams, response: { 200: DeliveryView, default: Problem } },
      },
      async ({ params }) => deliveries.retry(params.id, params.kind),
    );
  };
}

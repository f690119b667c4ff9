import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import type { StoreHealth, StoreState } from '../../core/store-health.ts';

const open = { security: [] };

/** For load balancers and supervisors: no token needed, nothing told. */
export function healthRoutes(health: StoreHealth): FastifyPluginAsyncTypebox {
  return async (app) => {
    app.get('/live', { config: { role: 'public' }, schema: open }, async () => ({ status: 'live' }));
    app.get('/ready', { config: { role: 'public' }, schema: open }, async (_request, reply) => {
      const because = unready[health.state()];
      return because === undefined ? { status: 'ready' } : reply.code(503).send({ status: 'not ready', because });
    });
  };
}

const unready: Readonly<Record<StoreState, string | undefined>> = {
  up: undefined,
  away: 'redis does not answer',
  emptied: 'redis has lost everything that was in it',
};

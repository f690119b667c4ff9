import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';

const open = { security: [] };

/** For load balancers and supervisors: no token needed, nothing told. */
export function healthRoutes(isReady: () => Promise<boolean>): FastifyPluginAsyncTypebox {
  return async (app) => {
    app.get('/live', { config: { role: 'public' }, schema: open }, async () => ({ status: 'live' }));
    app.get('/ready', { config: { role: 'public' }, schema: open }, async (_request, reply) =>
      (await isReady()) ? { status: 'ready' } : reply.code(503).send({ status: 'not ready' }),
    );
  };
}

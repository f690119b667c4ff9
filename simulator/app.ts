import { createServer as createHttpServer } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import { type FastifyError, type FastifyInstance, fastify } from 'fastify';
import { addAggregateRoutes } from './aggregate-routes.ts';
import { addAttachmentRoutes } from './attachment-routes.ts';
import { addBatchRoutes } from './batch-routes.ts';
import { addChangeApiRoutes } from './change-api-routes.ts';
import { addControlManners, addControlRoutes } from './control-routes.ts';
import { FaultControl } from './fault-control.ts';
import { notFoundPage } from './fault-pages.ts';
import { addImportMultipleRoutes } from './import-multiple-routes.ts';
import { addImportRoutes } from './import-routes.ts';
import { addInstanceHooks, isControlPath, newInnerKey } from './instance-hooks.ts';
import { addMetaRoutes } from './meta-routes.ts';
import { addPageRoutes } from './page-routes.ts';
import { RateLimits } from './rate-limits.ts';
import { RequestLog } from './request-log.ts';
import { errorBody, errors, ServiceNowError } from './service-now-error.ts';
import { isUnder, pathOf, type Simulation } from './simulation.ts';
import { addTableRoutes } from './table-routes.ts';
import { ThreadPool } from './thread-pool.ts';
import { addTokenRoutes } from './token-routes.ts';
import type { World } from './world.ts';

const longestBody = 10_485_760;
/** Longer than any URL that gets the documented 414, so that the parser does not refuse it first. */
const maxHeaderSize = 131_072;

/** Certificate and key in PEM, for an instance that speaks HTTPS. */
export interface ServerIdentity {
  readonly cert: string;
  readonly key: string;
}

/** Builds the simulated instance's HTTP side; it listens when the caller says so and ends with `app.close()`. */
export function buildApp(world: World, identity?: ServerIdentity): FastifyInstance {
  const app = fastify({
    serverFactory: (handler) =>
      identity
        ? createHttpsServer({ maxHeaderSize, ...identity }, handler)
        : createHttpServer({ maxHeaderSize }, handler),
    rewriteUrl: ({ url = '/' }) => (isUnder(world.basePath, url) ? belowBasePath(url, world.basePath) : url),
    bodyLimit: longestBody,
    // Hanging answers and idle sockets end with the simulator.
    forceCloseConnections: true,
    routerOptions: { maxParamLength: 500 },
  });
  const simulation: Simulation = {
    world,
    faults: new FaultControl(),
    log: new RequestLog(),
    threads: new ThreadPool(),
    rates: new RateLimits(),
    innerKey: newInnerKey(),
  };
  app.addHook('preClose', async () => simulation.faults.close());
  addInstanceHooks(app, simulation);
  readJsonBodies(app);
  answerTheRest(app);
  for (const prefix of ['/api/now', '/api/now/v1', '/api/now/v2']) addTableRoutes(app, simulation, prefix);
  for (const prefix of ['/api/sn_chg_rest', '/api/sn_chg_rest/v1']) addChangeApiRoutes(app, simulation, prefix);
  for (const prefix of ['/api/now', '/api/now/v1']) addAggregateRoutes(app, simulation, prefix);
  addMetaRoutes(app, simulation);
  addImportRoutes(app, simulation);
  addImportMultipleRoutes(app, simulation);
  addBatchRoutes(app, simulation);
  app.register(async (scope) => addAttachmentRoutes(scope, simulation));
  app.register(async (scope) => addTokenRoutes(scope, simulation));
  app.register(async (scope) => {
    addControlManners(scope, simulation);
    addControlRoutes(scope, simulation);
    addPageRoutes(scope, simulation);
  });
  return app;
}

function belowBasePath(url: string, basePath: string): string {
  const rest = url.slice(basePath.length);
  return rest.startsWith('/') ? rest : `/${rest}`;
}

function readJsonBodies(app: FastifyInstance): void {
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('application/json', { parseAs: 'string' }, (_request, body, done) => {
    if (body === '') return done(null, {});
    try {
      done(null, JSON.parse(String(body)));
    } catch {
      done(errors.unreadableBody('The payload is not valid JSON.'));
    }
  });
}

function answerTheRest(app: FastifyInstance): void {
  app.setNotFoundHandler(async (request, reply) => {
    const path = pathOf(request);
    if (isControlPath(path)) return reply.code(404).send({ error: { message: `no such path: ${path}` } });
    if (!path.startsWith('/api/')) return reply.code(404).type('text/html;charset=UTF-8').send(notFoundPage);
    if (/^\/api\/now\/(v[12]\/)?table\/[^/]+(\/[^/]+)?$/.test(path)) throw errors.methodNotSupported();
    throw errors.noSuchResource();
  });

  app.setErrorHandler<FastifyError | ServiceNowError>(async (error, request, reply) => {
    const told = toServiceNowError(error, request.headers);
    return reply
      .code(told.status)
      .header('content-type', 'application/json;charset=UTF-8')
      .send(errorBody(told.message, told.detail));
  });
}

/** What the framework refuses by itself, in ServiceNow's words. */
function toServiceNowError(
  error: FastifyError | ServiceNowError,
  headers: { readonly 'content-length'?: string | undefined; readonly 'content-type'?: string | undefined },
): ServiceNowError {
  if (error instanceof ServiceNowError) return error;
  if (error.code === 'FST_ERR_CTP_BODY_TOO_LARGE') {
    const length = headers['content-length'] ?? 'unknown';
    return errors.unreadableBody(
      `Rejected large REST payload with content-length = ${length} bytes. Max allowed: ${longestBody} bytes.`,
    );
  }
  if (error.code === 'FST_ERR_CTP_INVALID_MEDIA_TYPE')
    return errors.unsupportedMediaType(headers['content-type'] ?? 'none');
  if (error.statusCode !== undefined && error.statusCode < 500) return errors.unreadableBody(error.message);
  return new ServiceNowError(500, 'Unexpected error in the simulator', error.message);
}

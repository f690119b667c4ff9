import type { FastifyInstance, InjectOptions } from 'fastify';
import { roles } from '../../../manager/core/tokens.ts';
import { buildHttpServer, type HttpDeps } from '../../../manager/http/server.ts';

export interface Route {
  readonly method: string;
  readonly path: string;
  /** The least role that the server lets in, found by asking it. */
  readonly role: string;
  /** The statuses of success that its schema declares; empty without a schema. */
  readonly statuses: readonly string[];
}

interface Operation {
  readonly responses?: Readonly<Record<string, unknown>>;
}

type Paths = Readonly<Record<string, Readonly<Record<string, Operation>>>>;

/** Reads the routes of the real HTTP server, whose parts all fail: nothing of them is reached before the role is checked. */
export async function listRoutes(): Promise<Route[]> {
  let held = '';
  const verify = async () => ({ id: 'id', name: 'test', hash: '', createdAt: 0, role: held });
  const app = await buildHttpServer(failingDeps({ verify }));
  try {
    await app.ready();
    const described = await app.inject('/api/v1/openapi.json');
    const paths: Paths = { ...described.json<{ paths: Paths }>().paths, '/api/v1/openapi.json': { get: {} } };
    const routes: Route[] = [];
    for (const [path, verbs] of Object.entries(paths))
      for (const [verb, { responses = {} }] of Object.entries(verbs)) {
        const method = verb.toUpperCase();
        const role = await findRole(
          app,
          { method, url: path.replaceAll(/\{\w+\}/g, 'some') } as InjectOptions,
          (role) => {
            held = role;
          },
        );
        const statuses = Object.keys(responses).filter((status) => status !== 'default');
        routes.push({ method, path, role, statuses });
      }
    return routes;
  } finally {
    await app.close();
  }
}

async function findRole(app: FastifyInstance, request: InjectOptions, hold: (role: string) => void): Promise<string> {
  if ((await app.inject(request)).statusCode !== 401) return 'public';
  for (const role of roles) {
    hold(role);
    const { statusCode } = await app.inject({ ...request, headers: { authorization: 'Bearer test' } });
    if (statusCode !== 401 && statusCode !== 403) return role;
  }
  return 'nobody';
}

function failingDeps(apiTokens: object): HttpDeps {
  const failing = new Proxy({}, { get: () => () => Promise.reject(new Error('not reached in this test')) });
  return {
    secrets: failing,
    connectors: failing,
    delegateTokens: failing,
    tasks: failing,
    approvals: failing,
    directory: failing,
    apiTokens,
    fleet: failing,
    explainer: failing,
    health: { state: () => 'up', confirm: async () => true, upSince: () => 0 },
    version: '0.0.0',
    consoleDirectory: import.meta.dirname,
    onError: () => {},
  } as unknown as HttpDeps;
}

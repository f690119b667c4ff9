import { buildHttpServer, type HttpDeps } from '../manager/http/server.ts';

/** What the HTTP API says of itself, from a server none of whose parts is reached. */
export async function describeApi(): Promise<string> {
  const absent = new Proxy({}, { get: () => () => Promise.reject(new Error('nothing is asked for here')) });
  const told: Partial<HttpDeps> = {
    version: '0.0.0',
    shortestPollMs: 10_000,
    consoleDirectory: import.meta.dirname,
  };
  const deps = new Proxy(told as HttpDeps, { get: (target, name) => Reflect.get(target, name) ?? absent });
  const app = await buildHttpServer(deps);
  try {
    await app.ready();
    return JSON.stringify(app.swagger());
  } finally {
    await app.close();
  }
}

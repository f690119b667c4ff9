import type { FastifyInstance, FastifyRequest } from 'fastify';
import { innerHeader } from './instance-hooks.ts';
import type { Simulation } from './simulation.ts';

export interface InnerRequest {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

export interface InnerAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly body: Buffer;
}

/** Sends a request to the instance itself with the credentials of an outer one, which alone is counted and struck. */
export async function sendInner(
  app: FastifyInstance,
  { world, innerKey }: Simulation,
  outer: FastifyRequest,
  { method, url, headers = {}, body }: InnerRequest,
): Promise<InnerAnswer> {
  const { authorization, host = '' } = outer.headers;
  const apiKey = outer.headers['x-sn-apikey'];
  const answer = await app.inject({
    method,
    url: `${world.basePath}${url}`,
    headers: {
      host,
      'content-type': 'application/json',
      accept: 'application/json',
      ...headers,
      ...(authorization === undefined ? {} : { authorization }),
      ...(typeof apiKey === 'string' ? { 'x-sn-apikey': apiKey } : {}),
      [innerHeader]: innerKey,
    },
    ...(body === undefined ? {} : { payload: body }),
  });
  return { status: answer.statusCode, headers: answer.headers, body: answer.rawPayload };
}

import { fastify } from 'fastify';
import type { BareBullMq } from './bare-bullmq.ts';
import type { BareGateway } from './bare-gateway.ts';
import { readResult } from './task.ts';

/** Where each bare way waits behind HTTP. */
export const barePaths = { bullmq: '/bullmq', push: '/push', nothing: '/nothing' } as const;

export interface BareHttp {
  readonly url: string;
  close(): Promise<void>;
}

/** An HTTP route before each bare way, with nothing else in it; and one with nothing behind it. */
export async function startBareHttp(bullmq: BareBullMq, gateway: BareGateway): Promise<BareHttp> {
  const app = fastify();
  app.post(barePaths.bullmq, async () => ({ state: 'succeeded', result: await bullmq.cycle() }));
  app.post(barePaths.push, async () => ({ state: 'succeeded', result: await gateway.push() }));
  app.post(barePaths.nothing, async () => ({ state: 'succeeded', result: readResult }));
  return { url: await app.listen({ host: '127.0.0.1', port: 0 }), close: () => app.close() };
}

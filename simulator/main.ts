import type { AddressInfo } from 'node:net';
import type { Program } from '#runtime/program.ts';
import { buildApp } from './app.ts';
import { simulatorOptions } from './config.ts';
import { World } from './world.ts';

export const simulatorProgram: Program<typeof simulatorOptions> = {
  name: 'simulate',
  summary: 'a simulated ServiceNow instance, for demos and for testing pipelines',
  options: simulatorOptions,
  async start({ host, port, seed }, { logger }) {
    const world = new World({ seed });
    const app = buildApp(world);
    await app.listen({ host, port });
    const url = addressUrl(app.server.address());
    logger.info({ url, seed }, 'simulator listening');
    const ended = Promise.withResolvers<void>();
    app.server.once('error', ended.reject);
    let closing: Promise<void> | undefined;
    return {
      ready: Promise.resolve({ event: 'ready', url }),
      ended: ended.promise,
      close: () => {
        closing ??= app.close().then(ended.resolve);
        return closing;
      },
      abandoned: () => ({ changes: world.store.rows('change_request').length }),
    };
  },
};

function addressUrl(address: AddressInfo | string | null): string {
  if (address === null || typeof address === 'string') throw new Error('the simulator listens on no TCP address');
  const host = address.family === 'IPv6' ? `[${address.address}]` : address.address;
  return `http://${host}:${address.port}`;
}

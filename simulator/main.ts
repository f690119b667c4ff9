import { readFile } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { createSecureContext } from 'node:tls';
import { UsageError } from '#runtime/options.ts';
import type { Program } from '#runtime/program.ts';
import { buildApp, type ServerIdentity } from './app.ts';
import { simulatorOptions } from './config.ts';
import { World } from './world.ts';
import { worthlessIdentity } from './worthless-certificate.ts';

export const simulatorProgram: Program<typeof simulatorOptions> = {
  name: 'simulate',
  summary: 'a simulated ServiceNow instance, for demos and for testing pipelines',
  options: simulatorOptions,
  async start({ host, port, seed, basePath = '', tls, tlsCert, tlsKey }, { logger }) {
    const identity = await readIdentity({ tls, tlsCert, tlsKey });
    const world = new World({ seed, basePath });
    const app = buildApp(world, identity);
    await app.listen({ host, port });
    const url = `${identity ? 'https' : 'http'}://${authorityOf(app.server.address())}${basePath}`;
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

interface TlsOptions {
  readonly tls: boolean;
  readonly tlsCert: string | undefined;
  readonly tlsKey: string | undefined;
}

/** The certificate to serve with; undefined for plain HTTP. Throws UsageError when its files cannot be used. */
async function readIdentity({ tls, tlsCert, tlsKey }: TlsOptions): Promise<ServerIdentity | undefined> {
  if (tlsCert === undefined && tlsKey === undefined) return tls ? worthlessIdentity : undefined;
  if (tlsCert === undefined || tlsKey === undefined)
    throw new UsageError('--tls-cert and --tls-key go together: one of them is missing');
  try {
    const [cert, key] = await Promise.all([readFile(tlsCert, 'utf8'), readFile(tlsKey, 'utf8')]);
    createSecureContext({ cert, key });
    return { cert, key };
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new UsageError(`--tls-cert ${tlsCert}, --tls-key ${tlsKey}: ${reason}`, {
      cause: error,
      remedy: 'Give a certificate and the private key that belongs to it, both in PEM.',
    });
  }
}

function authorityOf(address: AddressInfo | string | null): string {
  if (address === null || typeof address === 'string') throw new Error('the simulator listens on no TCP address');
  const host = address.family === 'IPv6' ? `[${address.address}]` : address.address;
  return `${host}:${address.port}`;
}

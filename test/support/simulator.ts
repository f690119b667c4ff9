import { buildApp } from '../../simulator/app.ts';
import type { Fault } from '../../simulator/faults.ts';
import type { Row } from '../../simulator/record-store.ts';
import type { RequestSummary } from '../../simulator/request-log.ts';
import type { SettingsChange } from '../../simulator/settings.ts';
import { World } from '../../simulator/world.ts';
import { worthlessIdentity } from '../../simulator/worthless-certificate.ts';

export interface RunningSimulator extends AsyncDisposable {
  readonly url: string;
  /** The instance behind the port, for what no call can do: `world.insert`, `world.changeSettings`. */
  readonly world: World;
  /** Switches a fault on; `{ mode: 'none' }` ends it and lets held answers go. */
  setFault(fault: Fault): Promise<void>;
  /** What was asked of the instance so far; calls under /simulator/ are not counted. */
  requests(): Promise<RequestSummary>;
  resetRequests(): Promise<void>;
  /** Every row of a table, with the values that are stored. */
  rows(table: string): Promise<readonly Row[]>;
  /** Decides for all approvers of a change, by its number. */
  approve(number: string): Promise<void>;
  reject(number: string): Promise<void>;
}

export interface SimulatorAddress {
  /** Serves HTTPS with the certificate that nobody trusts (`worthlessIdentity`). */
  readonly tls?: boolean;
  /** The path that everything is served below, such as `/snow`; `url` ends with it. */
  readonly basePath?: string;
}

/** Starts a ServiceNow simulator on a free port; `await using` ends it. */
export async function startSimulator(
  settings: SettingsChange = {},
  { tls = false, basePath = '' }: SimulatorAddress = {},
): Promise<RunningSimulator> {
  const world = new World({ seed: 1, settings, basePath });
  const app = buildApp(world, tls ? worthlessIdentity : undefined);
  const { port } = new URL(await app.listen({ host: '127.0.0.1', port: 0 }));
  const url = `${tls ? 'https' : 'http'}://127.0.0.1:${port}${basePath}`;
  const call = async (method: 'GET' | 'PUT' | 'POST' | 'DELETE', path: string, body?: unknown): Promise<unknown> => {
    const { statusCode, payload } = await app.inject({
      method,
      url: `${basePath}/simulator/${path}`,
      ...(body === undefined ? {} : { payload: JSON.stringify(body), headers: { 'content-type': 'application/json' } }),
    });
    if (statusCode >= 300) throw new Error(`${method} /simulator/${path} answered ${statusCode}: ${payload}`);
    return payload === '' ? undefined : JSON.parse(payload);
  };
  return {
    url,
    world,
    setFault: async (fault) => {
      await call('PUT', 'faults', fault);
    },
    requests: async () => (await call('GET', 'requests')) as RequestSummary,
    resetRequests: async () => {
      await call('DELETE', 'requests');
    },
    rows: async (table) => ((await call('GET', `tables/${table}`)) as { rows: readonly Row[] }).rows,
    approve: async (number) => {
      await call('POST', `changes/${number}/approve`);
    },
    reject: async (number) => {
      await call('POST', `changes/${number}/reject`);
    },
    [Symbol.asyncDispose]: () => app.close(),
  };
}

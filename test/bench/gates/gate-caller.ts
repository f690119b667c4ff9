import { Pool } from 'undici';
import { runCount } from '../closed-loop.ts';
import type { Change } from '../instance-process.ts';
import { connector } from '../task.ts';
import type { Site } from '../world.ts';

/** A gate that waits for a change. */
export interface Gate extends Change {
  readonly id: string;
}

const atOnce = 32;

/** Starts gates over HTTP and asks for them. */
export class GateCaller implements AsyncDisposable {
  readonly #pool: Pool;
  readonly #headers: Readonly<Record<string, string>>;

  constructor(site: Site) {
    const { origin, headers } = site.submission();
    this.#pool = new Pool(origin, { connections: atOnce });
    this.#headers = { ...headers, 'content-type': 'application/json' };
  }

  async startAll(changes: readonly Change[], intervalMs: number): Promise<readonly Gate[]> {
    const gates: Gate[] = [];
    await runCount(changes.length, atOnce, async (n) => {
      const change = changes[n - 1];
      if (!change) throw new Error('there is a change for each gate');
      const body = {
        connector: connector.name,
        table: 'change_request',
        number: change.number,
        approve: 'approval = approved',
        reject: 'approval = rejected',
        every: `${intervalMs}ms`,
      };
      gates.push({ ...change, id: String((await this.#call('POST', '/approvals', body)).id) });
    });
    return gates;
  }

  /** Resolves when every gate has been read once. */
  async allRead(gates: readonly Gate[]): Promise<void> {
    for (const { id } of gates)
      while ((await this.#call('GET', `/approvals/${id}`)).lastPolledAt === undefined) await this.#moment(id);
  }

  /** When a gate ended as approved, in milliseconds since the epoch. */
  async endOf({ id }: Gate): Promise<number> {
    const { state, endedAt } = await this.#call('GET', `/approvals/${id}?waitMs=60000`);
    if (state !== 'approved') throw new Error(`gate ${id} is ${state}`);
    return Date.parse(String(endedAt));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#pool.close();
  }

  #moment(id: string): Promise<unknown> {
    return this.#call('GET', `/approvals/${id}?waitMs=200`);
  }

  async #call(method: 'GET' | 'POST', path: string, body?: unknown): Promise<Record<string, unknown>> {
    const sent = body === undefined ? {} : { body: JSON.stringify(body) };
    const answer = await this.#pool.request({ method, path: `/api/v1${path}`, headers: this.#headers, ...sent });
    const text = await answer.body.text();
    if (answer.statusCode >= 300) throw new Error(`${method} ${path} answered ${answer.statusCode}: ${text}`);
    return JSON.parse(text) as Record<string, unknown>;
  }
}

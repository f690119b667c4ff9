import { setTimeout } from 'node:timers/promises';
import type { Fault } from '../../simulator/faults.ts';
import type { RequestSummary } from '../../simulator/request-log.ts';

export type StoredRow = Readonly<Record<string, string>>;

export type MadeRecord = StoredRow & {
  readonly number: string;
  readonly sys_id: string;
};

const adminCredentials = { authorization: `Basic ${Buffer.from('admin:admin-password').toString('base64')}` };
/** A request that a fault of the simulator holds back is given up after this, and made again. */
const changeWithinMs = 1_000;
const retryMs = 50;

/** The control API of the simulator, asked beside every proxy. */
export class SimulatorClient {
  readonly #url: string;

  constructor(url: string) {
    this.#url = url;
  }

  async setFault(fault: Fault): Promise<void> {
    await this.#call('PUT', '/simulator/faults', fault);
  }

  /** Lets the connector's user see notes, without which a lost note cannot be looked for. */
  async allowJournalReads(): Promise<void> {
    await this.#call('PUT', '/simulator/settings', { journalReads: 'allowed' });
  }

  async rows(table: string): Promise<readonly StoredRow[]> {
    const { rows } = (await this.#call('GET', `/simulator/tables/${table}`)) as { rows: readonly StoredRow[] };
    return rows;
  }

  async requests(): Promise<RequestSummary['recent']> {
    return ((await this.#call('GET', '/simulator/requests')) as RequestSummary).recent;
  }

  /** Makes a record that no task made. */
  async createRecord(table: string, fields: StoredRow): Promise<MadeRecord> {
    const made = await this.#call('POST', `/api/now/table/${table}`, fields, adminCredentials);
    return (made as { result: MadeRecord }).result;
  }

  /** Changes a record, again and again until no fault is in the way; answers with what is stored then. */
  async changeRecord(table: string, sysId: string, fields: StoredRow): Promise<StoredRow> {
    const { body } = await this.#insist('PUT', `/api/now/table/${table}/${sysId}`, fields, [200]);
    return (body as { result: StoredRow }).result;
  }

  /** The same for its end; that it is gone already, an answer that was lost has done. */
  async deleteRecord(table: string, sysId: string): Promise<void> {
    await this.#insist('DELETE', `/api/now/table/${table}/${sysId}`, undefined, [204, 404]);
  }

  async #insist(
    method: string,
    path: string,
    body: unknown,
    good: readonly number[],
  ): Promise<{ readonly body: unknown }> {
    for (;;) {
      const answer = await this.#ask(method, path, body, adminCredentials, AbortSignal.timeout(changeWithinMs))
        .then(async (response) => ({ status: response.status, text: await response.text() }))
        .catch(() => undefined);
      if (answer && good.includes(answer.status))
        return { body: answer.text === '' ? undefined : JSON.parse(answer.text) };
      // A fault loses the answer, or makes it one of these.
      if (answer && answer.status < 500 && answer.status !== 429)
        throw new Error(`${method} ${path} answered ${answer.status}: ${answer.text}`);
      await setTimeout(retryMs);
    }
  }

  async #call(method: string, path: string, body?: unknown, headers: StoredRow = {}): Promise<unknown> {
    const response = await this.#ask(method, path, body, headers);
    const text = await response.text();
    if (!response.ok) throw new Error(`${method} ${path} answered ${response.status}: ${text}`);
    return text === '' ? undefined : JSON.parse(text);
  }

  #ask(method: string, path: string, body: unknown, headers: StoredRow, signal?: AbortSignal): Promise<Response> {
    return fetch(`${this.#url}${path}`, {
      method,
      headers: {
        accept: 'application/json',
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      ...(signal ? { signal } : {}),
    });
  }
}

import type { Fault } from '../../simulator/faults.ts';
import type { RequestSummary } from '../../simulator/request-log.ts';

export type StoredRow = Readonly<Record<string, string>>;

export interface MadeRecord {
  readonly number: string;
  readonly sys_id: string;
}

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
    const authorization = `Basic ${Buffer.from('admin:admin-password').toString('base64')}`;
    const made = await this.#call('POST', `/api/now/table/${table}`, fields, { authorization });
    return (made as { result: MadeRecord }).result;
  }

  async #call(method: string, path: string, body?: unknown, headers: StoredRow = {}): Promise<unknown> {
    const response = await fetch(`${this.#url}${path}`, {
      method,
      headers: { 'content-type': 'application/json', accept: 'application/json', ...headers },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`${method} ${path} answered ${response.status}: ${text}`);
    return text === '' ? undefined : JSON.parse(text);
  }
}

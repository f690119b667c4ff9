import type { RunningSimulator } from '../../support/simulator.ts';

export interface CallOptions {
  readonly user?: string;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal;
}

export type Fields = Readonly<Record<string, unknown>>;

export interface Called {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  /** The parsed body; undefined when it is no JSON. */
  readonly json: unknown;
  /** `result` of the body where it is a list. */
  readonly records: readonly Fields[];
  /** `result` of the body where it is one record. */
  readonly record: Fields;
}

const passwords: Readonly<Record<string, string>> = {
  admin: 'admin-password',
  integration: 'integration-password',
  itil_only: 'itil-password',
  noroles: 'noroles-password',
  locked: 'locked-password',
  approver: 'approver-password',
  second_approver: 'approver-password',
  itil_admin: 'itil-admin-password',
  import_admin: 'import-admin-password',
  basic_allowed: 'basic-allowed-password',
};

export function basic(user: string, password = passwords[user] ?? ''): string {
  return `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`;
}

/** Calls the simulator as `integration`, or as another user, and follows no redirect. */
export async function call(
  simulator: RunningSimulator,
  method: string,
  path: string,
  { user = 'integration', body, headers = {}, signal }: CallOptions = {},
): Promise<Called> {
  const response = await fetch(simulator.url + path, {
    method,
    redirect: 'manual',
    headers: {
      accept: 'application/json',
      ...(user === '' ? {} : { authorization: basic(user) }),
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      ...headers,
    },
    ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    ...(signal === undefined ? {} : { signal }),
  });
  const text = await response.text();
  const json = parse(text);
  const result = isFields(json) ? json.result : undefined;
  return {
    status: response.status,
    headers: response.headers,
    text,
    json,
    records: Array.isArray(result) ? result : [],
    record: isFields(result) ? result : {},
  };
}

/** Creates a change and returns what identifies it. */
export async function createChange(
  simulator: RunningSimulator,
  values: Readonly<Record<string, unknown>> = {},
): Promise<{ readonly sys_id: string; readonly number: string }> {
  const { record } = await call(simulator, 'POST', '/api/now/table/change_request', {
    body: { short_description: 'Deploy', ...values },
  });
  return { sys_id: String(record.sys_id), number: String(record.number) };
}

export function query(parameters: Readonly<Record<string, string>>): string {
  return `?${new URLSearchParams(parameters).toString().replaceAll('+', '%20')}`;
}

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

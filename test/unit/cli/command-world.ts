import type { TSchema } from 'typebox';
import { compileCheck, describeFaults } from '#protocol/validation.ts';
import type { Api, ApiRequest } from '../../../cli/api-client.ts';
import { runCommandLine } from '../../../cli/command-line.ts';
import { commands } from '../../../cli/commands.ts';

export interface Sent extends ApiRequest {
  readonly method: string;
  readonly path: string;
}

export interface RunResult {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
  /** What was asked of the manager, in order. */
  readonly sent: readonly Sent[];
  /** With which address and token. */
  readonly opened: { readonly url: string; readonly token: string | undefined } | undefined;
}

/** Answers a request, or throws what the manager refuses with; undefined when the test foresees no such request. */
export type Answer = (sent: Sent) => unknown;

/** Runs one command line against a manager that a function plays. */
export async function runCommand(
  argv: readonly string[],
  {
    answer = () => undefined,
    env = {},
    input = '',
    typed = '',
    interrupt,
  }: { answer?: Answer; env?: Record<string, string>; input?: string; typed?: string; interrupt?: AbortSignal } = {},
): Promise<RunResult> {
  const written = { stdout: '', stderr: '' };
  const sent: Sent[] = [];
  let opened: RunResult['opened'];
  const api = (url: string): Api => ({
    url,
    call: async <Schema extends TSchema>(schema: Schema, method: string, path: string, request: ApiRequest = {}) => {
      const asked = { method, path, ...request };
      sent.push(asked);
      const checked = compileCheck(schema)(await answer(asked));
      if ('value' in checked) return checked.value;
      throw new Error(`${method} ${path} was answered with what is no such thing: ${describeFaults(checked.faults)}`);
    },
    close: async () => {},
  });
  const code = await runCommandLine({ version: '1.2.3', commands }, argv, {
    env,
    writeOut: (text) => {
      written.stdout += text;
    },
    writeErr: (text) => {
      written.stderr += text;
    },
    liveLine: undefined,
    readInput: async () => input,
    askHidden: async () => typed,
    onInterrupt: (call) => {
      interrupt?.addEventListener('abort', call);
      return () => interrupt?.removeEventListener('abort', call);
    },
    openApi: (url, token) => {
      opened = { url, token };
      return api(url);
    },
  });
  return { code, ...written, sent, opened };
}

const now = '2026-01-31T12:00:00.000Z';

/** A task as the API shows it. */
export function makeTask(over: Record<string, unknown> = {}): Record<string, unknown> {
  return {
    id: 'tsk_1',
    type: 'ticket.create',
    state: 'queued',
    connectorId: 'con_1',
    selectors: ['dc1'],
    createdAt: now,
    pickUpBy: now,
    deadlineAt: '2099-01-01T00:00:00.000Z',
    attempts: [],
    ...over,
  };
}

/** An approval as the API shows it. */
export function makeApproval(over: Record<string, unknown> = {}): Record<string, unknown> {
  return {
    id: 'apr_1',
    state: 'waiting',
    connectorId: 'con_1',
    ticket: { table: 'change_request', number: 'CHG0030001', sysId: '', link: 'https://sn.example/x' },
    criteria: { approve: 'approval = approved' },
    workNotes: false,
    warnings: [],
    createdAt: now,
    deadlineAt: '2099-01-01T00:00:00.000Z',
    intervalMs: 60_000,
    current: {},
    lastPolledAt: now,
    nextPollAt: now,
    ...over,
  };
}

export function makeTicket(over: Record<string, unknown> = {}): Record<string, unknown> {
  return {
    table: 'change_request',
    number: 'CHG0030001',
    sysId: 'a'.repeat(32),
    link: 'https://sn.example/x',
    fields: {
      number: { value: 'CHG0030001', displayValue: 'CHG0030001' },
      state: { value: '-5', displayValue: 'New' },
    },
    ...over,
  };
}

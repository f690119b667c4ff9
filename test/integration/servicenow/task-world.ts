import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { Finding } from '#protocol/finding.ts';
import type { Clock } from '../../../delegate/core/clock.ts';
import type { TaskContext } from '../../../delegate/core/handler.ts';
import { UsageMeter } from '../../../delegate/core/usage-meter.ts';
import {
  createHandlers,
  type HandlersOptions,
  type ServiceNowHandlers,
} from '../../../delegate/servicenow/handlers.ts';

export const password = 'integration-password';

export interface TaskWorld extends ServiceNowHandlers, AsyncDisposable {
  readonly notes: string[];
  /** What was told while it ran. */
  readonly told: Finding[];
  /** A context for one task; what is given replaces the defaults. */
  context(changes?: Partial<TaskContext>): TaskContext;
}

/** Makes the handlers over real sockets, with the simulator's integration user and a settle time that a test can wait for. */
export function openWorld(baseUrl: string, options: Partial<HandlersOptions> = {}): TaskWorld {
  const { close, ...rest } = createHandlers({ clock: systemClock, wallClockMs: Date.now, ...options });
  const notes: string[] = [];
  const told: Finding[] = [];
  return {
    ...rest,
    close,
    notes,
    told,
    context: (changes = {}) => ({
      taskId: 'task-1',
      attempt: 1,
      target: { baseUrl: withSlash(baseUrl), authentication: { kind: 'basic', username: 'integration', password } },
      correlationId: 'tg-0123456789abcdef',
      lookFirst: false,
      settleMs: 300,
      signal: new AbortController().signal,
      mayBegin: () => true,
      note: (text) => notes.push(text),
      tell: (finding) => told.push(finding),
      usage: new UsageMeter(),
      clock: systemClock,
      ...changes,
    }),
    [Symbol.asyncDispose]: close,
  };
}

export interface OddServer extends AsyncDisposable {
  readonly url: string;
  readonly requests: { method: string; url: string; headers: IncomingMessage['headers'] }[];
}

/** Starts a server that answers as the test says; `await using` ends it. */
export async function startOddServer(
  answer: (request: IncomingMessage, response: ServerResponse, body: string) => void,
): Promise<OddServer> {
  const requests: OddServer['requests'] = [];
  const server = createServer((request, response) => {
    requests.push({ method: request.method ?? '', url: request.url ?? '', headers: request.headers });
    let body = '';
    request.setEncoding('utf8');
    request.on('data', (chunk: string) => {
      body += chunk;
    });
    request.on('end', () => answer(request, response, body));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return {
    url: `http://127.0.0.1:${address.port}`,
    requests,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

export function sendJson(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json;charset=UTF-8' }).end(JSON.stringify(body));
}

/** A row as it is shown when both what is stored and its label are asked for. */
export function inBothForms(
  row: Readonly<Record<string, string>>,
): Record<string, { value: string; display_value: string }> {
  return Object.fromEntries(Object.entries(row).map(([name, value]) => [name, { value, display_value: value }]));
}

export function sendHtml(response: ServerResponse, status: number, body: string): void {
  response.writeHead(status, { 'content-type': 'text/html;charset=UTF-8' }).end(body);
}

/** The failure of a result that must be one. */
export function failureOf<T extends { readonly kind: string }>(result: T): Extract<T, { kind: 'failed' }> {
  if (isFailed(result)) return result;
  throw new Error(`expected a failure, got ${JSON.stringify(result)}`);
}

/** The result of a task that must have succeeded. */
export function successOf<T extends { readonly kind: string }>(result: T): Extract<T, { kind: 'succeeded' }> {
  if (isSucceeded(result)) return result;
  throw new Error(`expected a success, got ${JSON.stringify(result)}`);
}

const systemClock: Clock = {
  monotonicMs: () => performance.now(),
  setTimer(ms, callback) {
    const timer = setTimeout(callback, ms);
    return () => clearTimeout(timer);
  },
  sleep: (ms, signal) =>
    new Promise((resolve, reject) => {
      if (signal.aborted) {
        reject(signal.reason);
        return;
      }
      const stop = (): void => {
        clearTimeout(timer);
        reject(signal.reason);
      };
      const timer = setTimeout(() => {
        signal.removeEventListener('abort', stop);
        resolve();
      }, ms);
      signal.addEventListener('abort', stop, { once: true });
    }),
};

function withSlash(url: string): string {
  return url.endsWith('/') ? url : `${url}/`;
}

function isFailed<T extends { readonly kind: string }>(result: T): result is Extract<T, { kind: 'failed' }> {
  return result.kind === 'failed';
}

function isSucceeded<T extends { readonly kind: string }>(result: T): result is Extract<T, { kind: 'succeeded' }> {
  return result.kind === 'succeeded';
}

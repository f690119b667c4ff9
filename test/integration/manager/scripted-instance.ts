import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

export const json = 'application/json;charset=UTF-8';

/** How an answer is brought over its socket. */
export type Delivery =
  | 'whole'
  | 'chunked'
  | 'after-interim-answers'
  | 'closed-early'
  | 'length-too-short'
  | 'reset-midway'
  | 'hung-up'
  | 'never-begins'
  | 'never-ends'
  | 'no-http';

export interface Reply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  readonly delivery: Delivery;
}

/** A reading of a ticket, as the instance is asked for it. */
export interface Asked {
  readonly by: 'number' | 'sys_id';
  readonly value: string;
}

export interface ScriptedInstance extends AsyncDisposable {
  /** With a path of its own it is another instance for whoever keeps things by base URL. */
  urlAt(path: string): string;
  readonly port: number;
  /** Answers the readings of one table's tickets from now on. */
  answer(table: string, reply: (asked: Asked) => Promise<Reply>): void;
}

/** Starts an instance whose answers about tickets a test writes; what else it is asked, it answers as an instance does. */
export async function startScriptedInstance(): Promise<ScriptedInstance> {
  const tables = new Map<string, (asked: Asked) => Promise<Reply>>();
  const server = createServer((request, response) => {
    handle(tables, request, response).catch(() => response.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', 1024, resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return {
    port: address.port,
    urlAt: (path) => `http://127.0.0.1:${address.port}/${path}`,
    answer: (table, reply) => tables.set(table, reply),
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

async function handle(
  tables: ReadonlyMap<string, (asked: Asked) => Promise<Reply>>,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const url = new URL(request.url ?? '', 'http://instance');
  const [, what = '', table = ''] = /\/api\/now\/(table|ui\/meta)\/(\w+)$/.exec(url.pathname) ?? [];
  const reply = tables.get(table);
  if (request.headers.authorization === undefined)
    sendJson(response, 401, { error: { message: 'User Not Authenticated', detail: null }, status: 'failure' });
  else if (what === 'ui/meta') sendJson(response, 200, { result: { columns } });
  else if (reply === undefined) sendJson(response, 200, { result: [] }, { 'x-total-count': '0' });
  else deliver(response, await reply(readAsked(url)));
}

const columns = Object.fromEntries(
  ['number', 'sys_id', 'state', 'approval'].map((name) => [name, { label: name, type: 'string', read_only: false }]),
);

function readAsked(url: URL): Asked {
  const [, by, value = ''] =
    /^(number|sys_id)(?:IN|=)([\w-]+)$/.exec(url.searchParams.get('sysparm_query') ?? '') ?? [];
  if (by !== 'number' && by !== 'sys_id') throw new Error(`not a reading of one ticket: ${url.search}`);
  return { by, value };
}

function sendJson(response: ServerResponse, status: number, body: unknown, headers: Record<string, string> = {}): void {
  response.writeHead(status, { ...headers, 'content-type': json }).end(JSON.stringify(body));
}

/** Over the bare socket, so that it can be brought badly. */
function deliver(response: ServerResponse, { status, headers, body, delivery }: Reply): void {
  const { socket } = response;
  if (socket === null) return;
  const bytes = Buffer.from(body);
  const half = bytes.subarray(0, Math.floor(bytes.length / 2));
  const head = (...framing: string[]): string => {
    const lines = [...Object.entries(headers).map(([name, value]) => `${name}: ${value}`), ...framing];
    return `HTTP/1.1 ${status} Odd\r\ndate: ${new Date().toUTCString()}\r\n${lines.join('\r\n')}\r\nconnection: close\r\n\r\n`;
  };
  const length = (bytesTold: number) => `content-length: ${bytesTold}`;
  switch (delivery) {
    case 'whole':
      // An answer of these statuses has no body, whatever it says.
      return end(socket, status === 204 || status === 304 ? head() : head(length(bytes.length)), bytes);
    case 'chunked':
      return end(
        socket,
        head('transfer-encoding: chunked'),
        chunk(half),
        chunk(bytes.subarray(half.length)),
        '0\r\n\r\n',
      );
    case 'after-interim-answers':
      return end(socket, 'HTTP/1.1 103 Early Hints\r\nlink: </style.css>\r\n\r\n', head(length(bytes.length)), bytes);
    case 'closed-early':
      return end(socket, head(length(bytes.length + 1)), bytes);
    case 'length-too-short':
      return end(socket, head(length(half.length)), bytes);
    case 'reset-midway':
      socket.write(head(length(bytes.length)));
      socket.write(half, () => socket.resetAndDestroy());
      return;
    case 'hung-up':
      socket.destroy();
      return;
    case 'never-begins':
      return;
    case 'never-ends':
      socket.write(head('transfer-encoding: chunked'));
      socket.write(chunk(bytes));
      return;
    case 'no-http':
      return end(socket, `OK ${body}`);
  }
}

function end(socket: Socket, ...parts: readonly (string | Buffer)[]): void {
  for (const part of parts) socket.write(part);
  socket.end();
}

function chunk(part: Buffer): Buffer {
  return part.length === 0
    ? part
    : Buffer.concat([Buffer.from(`${part.length.toString(16)}\r\n`), part, Buffer.from('\r\n')]);
}

import { createServer, type Socket } from 'node:net';
import fc from 'fast-check';
import { type OddAnswer, oddAnswer } from '../../support/odd-answers.ts';

/** How an answer is brought over its socket. The first five arrive whole. */
const deliveries = [
  'whole',
  'chunked',
  'in-pieces',
  'until-closed',
  'after-interim-answers',
  'length-too-short',
  'length-too-long',
  'closed-early',
  'reset-midway',
  'never-ends',
  'never-begins',
  'hung-up',
  'two-lengths',
  'no-http',
] as const;
type Delivery = (typeof deliveries)[number];

/** What an instance would say, the same without sys_ids, that it holds no such row, or anything. */
type Words = 'true' | 'without-ids' | 'empty' | OddAnswer;

export interface Reply {
  readonly words: Words;
  readonly delivery: Delivery;
}

/** The answers to the requests of one task: the first to the first, and over again. */
export const script: fc.Arbitrary<readonly Reply[]> = fc.array(
  fc.record<Reply>({
    words: fc.oneof(
      { weight: 4, arbitrary: fc.constant('true' as const) },
      { weight: 1, arbitrary: fc.constantFrom('empty' as const, 'without-ids' as const) },
      { weight: 4, arbitrary: oddAnswer },
    ),
    delivery: fc.oneof(
      { weight: 2, arbitrary: fc.constantFrom(...deliveries.slice(0, 5)) },
      { weight: 1, arbitrary: fc.constantFrom(...deliveries.slice(5)) },
    ),
  }),
  { minLength: 1, maxLength: 3 },
);

/** A request with what its sender may have heard in answer; undefined when no whole answer was sent. */
export interface Exchange {
  readonly method: string;
  readonly path: string;
  readonly anonymous: boolean;
  readonly heard: OddAnswer | undefined;
}

export interface OddSockets extends AsyncDisposable {
  /** Opens an address that answers as the script says, and writes down what it did. */
  open(script: readonly Reply[]): { readonly url: string; readonly exchanges: readonly Exchange[] };
}

export const trueRow = {
  sys_id: 'a'.repeat(32),
  number: 'INC1',
  correlation_id: 'tg-0123456789abcdef',
  short_description: 'Deploy 42',
  state: '1',
  change_request: 'a'.repeat(32),
};

const trueColumns = Object.fromEntries(
  Object.keys(trueRow).map((name) => [name, { label: name.replaceAll('_', ' '), type: 'string', read_only: false }]),
);

/** Starts a server that speaks over bare sockets, so that it can speak badly. */
export async function startOddSockets(): Promise<OddSockets> {
  const sites: { script: readonly Reply[]; exchanges: Exchange[] }[] = [];
  const sockets = new Set<Socket>();

  const answer = (socket: Socket, request: ParsedRequest): void => {
    const [, index = '', path = ''] = /^\/(\d+)\/(.*)$/.exec(request.target) ?? [];
    const site = sites[Number(index)];
    const reply = site?.script[site.exchanges.length % site.script.length];
    if (site === undefined || reply === undefined) {
      socket.destroy();
      return;
    }
    const { method } = request;
    const anonymous = !/^authorization:/im.test(request.head);
    const words = typeof reply.words === 'string' ? speak(reply.words, { method, path, anonymous }) : reply.words;
    site.exchanges.push({ method, path, anonymous, heard: deliver(socket, words, reply.delivery) });
  };

  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    socket.on('error', () => {});
    let received = '';
    socket.setEncoding('latin1').on('data', (data: string) => {
      received += data;
      for (let parsed = parseRequest(received); parsed !== undefined; parsed = parseRequest(received)) {
        received = received.slice(parsed.length);
        answer(socket, parsed);
      }
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return {
    open(given) {
      const exchanges: Exchange[] = [];
      const index = sites.push({ script: given, exchanges }) - 1;
      return { url: `http://127.0.0.1:${address.port}/${index}/`, exchanges };
    },
    [Symbol.asyncDispose]: async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

interface ParsedRequest {
  readonly method: string;
  readonly target: string;
  readonly head: string;
  readonly length: number;
}

function parseRequest(received: string): ParsedRequest | undefined {
  const end = received.indexOf('\r\n\r\n');
  if (end < 0) return undefined;
  const head = received.slice(0, end);
  const length = end + 4 + Number(/^content-length: *(\d+)/im.exec(head)?.[1] ?? 0);
  const [method = '', target = ''] = head.split(' ');
  return received.length < length ? undefined : { method, target, head, length };
}

function speak(
  words: Exclude<Words, OddAnswer>,
  { method, path, anonymous }: { method: string; path: string; anonymous: boolean },
): OddAnswer {
  const json = (status: number, body: unknown, headers = {}): OddAnswer => ({
    status,
    contentType: 'application/json;charset=UTF-8',
    headers: { date: new Date().toUTCString(), ...headers },
    body: JSON.stringify(body),
  });
  if (anonymous) return json(401, { error: { message: 'User Not Authenticated', detail: null }, status: 'failure' });
  if (path.startsWith('api/now/ui/meta/')) return json(200, { result: { columns: trueColumns } });
  if (path.startsWith('api/now/import/')) {
    const transform = { transform_map: 'Map', table: 'incident', status: 'inserted', sys_id: trueRow.sys_id };
    return json(201, { import_set: 'ISET1', staging_table: 'u_import', result: words === 'empty' ? [] : [transform] });
  }
  // There is one page.
  if (path.includes('sys_id%3E')) return json(200, { result: [] });
  const isList = method === 'GET' && /^api\/now\/table\/\w+\?/.test(path);
  if (words === 'empty') {
    return isList
      ? json(200, { result: [] }, { 'x-total-count': '0' })
      : json(404, { error: { message: 'No Record found', detail: null }, status: 'failure' });
  }
  const { sys_id, ...rest } = trueRow;
  const row = words === 'true' ? { sys_id, ...rest } : rest;
  return json(method === 'POST' ? 201 : 200, { result: isList ? [row] : row }, { 'x-total-count': '1' });
}

/** Sends an answer and tells what can be heard of it. */
function deliver(socket: Socket, answer: OddAnswer, delivery: Delivery): OddAnswer | undefined {
  const body = Buffer.from(answer.body, 'utf8');
  const heard = { ...answer, body: decode(body) };
  const half = body.subarray(0, Math.floor(body.length / 2));
  const send = (framing: string, ...parts: readonly (Buffer | string)[]): void => {
    for (const part of [writeHead(answer, framing), ...parts]) socket.write(part);
  };
  const length = `content-length: ${body.length}\r\n`;
  switch (delivery) {
    case 'whole':
      send(length, body);
      return heard;
    case 'chunked':
      send('transfer-encoding: chunked\r\n', chunk(half), chunk(body.subarray(half.length)), '0\r\n\r\n');
      return heard;
    case 'in-pieces':
      void sendInPieces(socket, Buffer.concat([Buffer.from(writeHead(answer, length), 'latin1'), body]));
      return heard;
    case 'until-closed':
      send('connection: close\r\n', body);
      socket.end();
      return heard;
    case 'after-interim-answers':
      socket.write('HTTP/1.1 103 Early Hints\r\nlink: </style.css>\r\n\r\n');
      send(length, body);
      return heard;
    case 'length-too-short':
      send(`content-length: ${half.length}\r\n`, body);
      return { ...heard, body: decode(half) };
    case 'length-too-long':
      send(`content-length: ${body.length + 1}\r\n`, body);
      return undefined;
    case 'closed-early':
      send(`content-length: ${body.length + 1}\r\n`, body);
      socket.end();
      return undefined;
    case 'reset-midway':
      send(`content-length: ${body.length + 1}\r\n`, half);
      socket.resetAndDestroy();
      return undefined;
    case 'never-ends':
      send('transfer-encoding: chunked\r\n', chunk(body));
      return undefined;
    case 'never-begins':
      return undefined;
    case 'hung-up':
      socket.destroy();
      return undefined;
    case 'two-lengths':
      send(`${length}content-length: ${body.length + 7}\r\n`, body);
      return undefined;
    case 'no-http':
      socket.end(body.length === 0 ? '\r\n' : `OK ${answer.body}`);
      return undefined;
  }
}

/** As a client decodes: without a mark of byte order. */
function decode(bytes: Buffer): string {
  return new TextDecoder().decode(bytes);
}

function writeHead({ status, contentType, headers }: OddAnswer, framing: string): string {
  const type = contentType === '' ? '' : `content-type: ${contentType}\r\n`;
  const others = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  return `HTTP/1.1 ${status} Odd\r\n${type}${others.join('')}${framing}\r\n`;
}

function chunk(part: Buffer): Buffer {
  if (part.length === 0) return part;
  return Buffer.concat([Buffer.from(`${part.length.toString(16)}\r\n`), part, Buffer.from('\r\n')]);
}

async function sendInPieces(socket: Socket, bytes: Buffer): Promise<void> {
  const size = Math.max(7, Math.ceil(bytes.length / 50));
  for (let at = 0; at < bytes.length && !socket.destroyed; at += size) {
    socket.write(bytes.subarray(at, at + size));
    await new Promise((resolve) => setImmediate(resolve));
  }
}

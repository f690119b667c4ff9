import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';

export interface LossyProxy extends AsyncDisposable {
  readonly url: string;
}

/** `unsent`: answers 500 without passing the request on; `lost`: passes it on, and answers 500 all the same. */
export type Loss = 'unsent' | 'lost' | undefined;

/** Stands before a simulator and decides for each write, by its number from 1, whether it or its answer is lost. */
export async function startLossyProxy(target: string, lossOf: (write: number) => Loss): Promise<LossyProxy> {
  let writes = 0;
  const server = createServer((request, response) => {
    if (request.method !== 'GET') writes += 1;
    const loss = request.method === 'GET' ? undefined : lossOf(writes);
    forward(target, request, response, loss).catch(() => response.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return {
    url: `http://127.0.0.1:${address.port}`,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

async function forward(target: string, request: IncomingMessage, response: ServerResponse, loss: Loss): Promise<void> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk);
  const fail = () =>
    response
      .writeHead(500, { 'content-type': 'application/json' })
      .end(JSON.stringify({ error: { message: 'Transaction cancelled', detail: '' }, status: 'failure' }));
  if (loss === 'unsent') {
    fail();
    return;
  }
  const { authorization = '', accept = '' } = request.headers;
  const answer = await fetch(`${target}${request.url}`, {
    method: request.method ?? 'GET',
    headers: { authorization, accept, 'content-type': 'application/json' },
    ...(chunks.length === 0 ? {} : { body: Buffer.concat(chunks) }),
  });
  const body = await answer.text();
  if (loss === 'lost') fail();
  else response.writeHead(answer.status, Object.fromEntries(answer.headers)).end(body);
}

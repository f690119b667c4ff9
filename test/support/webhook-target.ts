import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';

export interface ReceivedMessage {
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

export interface WebhookReceiver extends AsyncDisposable {
  readonly url: string;
  readonly received: readonly ReceivedMessage[];
  /** What it does with the next messages, one after the other; with all others the last thing. */
  answer(...answers: ((response: ServerResponse) => void)[]): void;
}

export const status =
  (code: number, headers: Record<string, string> = {}, body = ''): ((response: ServerResponse) => void) =>
  (response) => {
    response.writeHead(code, headers).end(body);
  };
export const reset = (response: ServerResponse): void => {
  response.socket?.resetAndDestroy();
};
export const silence = (): void => {};

/** Somebody who takes webhooks, over plain HTTP on this machine. */
export async function startReceiver(): Promise<WebhookReceiver> {
  const received: ReceivedMessage[] = [];
  let answers: ((response: ServerResponse) => void)[] = [status(204)];
  const server = createServer(async (request, response) => {
    const body = await text(request).catch(() => '');
    received.push({ path: request.url ?? '', headers: request.headers, body });
    const [answer] = answers.length > 1 ? answers.splice(0, 1) : answers;
    answer?.(response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    received,
    answer: (...next) => {
      answers = next;
    },
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

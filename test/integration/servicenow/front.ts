import type { IncomingMessage, ServerResponse } from 'node:http';
import { type OddServer, startOddServer } from './task-world.ts';

/** Stands before an instance: answers what the test says, and passes on what it leaves (a `false`). */
export function startFront(
  instanceUrl: string,
  answer: (request: IncomingMessage, response: ServerResponse) => boolean,
): Promise<OddServer> {
  return startOddServer((request, response, body) => {
    if (answer(request, response)) return;
    const { accept, authorization, 'content-type': contentType } = request.headers;
    const headers = Object.entries({ accept, authorization, 'content-type': contentType }).filter(isGiven);
    fetch(`${instanceUrl}${request.url}`, {
      method: request.method ?? 'GET',
      headers,
      redirect: 'manual',
      ...(body === '' ? {} : { body }),
    }).then(
      async (answered) => {
        response.writeHead(answered.status, [...answered.headers].filter(([name]) => passedOn.has(name)).flat());
        response.end(await answered.text());
      },
      () => response.destroy(),
    );
  });
}

const passedOn: ReadonlySet<string> = new Set(['content-type', 'x-total-count', 'date']);

function isGiven(header: [string, string | undefined]): header is [string, string] {
  return header[1] !== undefined;
}

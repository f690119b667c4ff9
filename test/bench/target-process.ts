import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { serveCommands } from './commands.ts';
import { readResult } from './task.ts';

/** What delegates call in place of ServiceNow: it answers at once. */

export interface TargetReady {
  readonly url: string;
}

const answer = JSON.stringify(readResult);
const server = createServer((_, response) => {
  response.setHeader('content-type', 'application/json');
  response.end(answer);
});
server.listen(0, '127.0.0.1');
await once(server, 'listening');
const { port } = server.address() as AddressInfo;

serveCommands({}, { url: `http://127.0.0.1:${port}/table` } satisfies TargetReady);

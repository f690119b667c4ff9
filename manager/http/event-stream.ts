import type { ServerResponse } from 'node:http';

export interface ServerEvent {
  /** What the reader tells when it comes back; without one it tells nothing. */
  readonly id?: string;
  readonly event: string;
  readonly data: unknown;
}

interface Pace {
  /** How often a comment is sent while nothing happens: proxies cut what is idle. */
  readonly keepAliveMs: number;
  /** How long a reader may take to make room for more. */
  readonly slowMs: number;
}

const usualPace: Pace = { keepAliveMs: 15_000, slowMs: 30_000 };

/** How soon a browser comes back. */
const reconnectMs = 3_000;

/**
 * Writes server-sent events until there are no more or the reader is gone. At most one event waits for a reader: one that
 * makes no room in time is dropped. Undefined is nothing to tell.
 */
export async function writeEvents(
  response: ServerResponse,
  events: AsyncIterable<ServerEvent | undefined>,
  pace: Pace = usualPace,
): Promise<void> {
  response.writeHead(200, {
    'content-type': 'text/event-stream; charset=utf-8',
    'cache-control': 'no-store',
    // Some proxies would keep events back until there are many.
    'x-accel-buffering': 'no',
  });
  response.write(`retry: ${reconnectMs}\n\n`);
  const keepAlive = setInterval(() => {
    if (!response.writableNeedDrain) response.write(': keep-alive\n\n');
  }, pace.keepAliveMs);
  try {
    for await (const event of events) {
      if (event === undefined) continue;
      const { id, event: name, data } = event;
      const hasRoom = response.write(
        `${id === undefined ? '' : `id: ${id}\n`}event: ${name}\ndata: ${JSON.stringify(data)}\n\n`,
      );
      if (!hasRoom && !(await madeRoom(response, pace.slowMs))) break;
    }
    // What is buffered still goes out, if the reader reads.
    if (!response.writableNeedDrain) response.end();
    else response.destroy();
  } catch (error) {
    // It was begun as a success, so it can only break off: the reader comes back and is told.
    response.destroy();
    throw error;
  } finally {
    clearInterval(keepAlive);
  }
}

async function madeRoom(response: ServerResponse, ms: number): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const onDrain = () => resolve(true);
  const onClose = () => resolve(false);
  const timer = setTimeout(onClose, ms);
  response.once('drain', onDrain);
  response.once('close', onClose);
  try {
    return !response.destroyed && (await promise);
  } finally {
    clearTimeout(timer);
    response.off('drain', onDrain);
    response.off('close', onClose);
  }
}

import { createServer, type ServerResponse } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { describe, expect, it } from 'vitest';
import { type ServerEvent, writeEvents } from '../../../manager/http/event-stream.ts';

async function serve(onRequest: (response: ServerResponse) => void) {
  const server = createServer((_, response) => onRequest(response));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    port,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

describe('a stream of events', () => {
  it('is written in the form that browsers read, and ends after the last', async () => {
    async function* events(): AsyncGenerator<ServerEvent | undefined> {
      yield { id: '1', event: 'approval', data: { text: 'two\nlines' } };
      yield undefined;
      yield { id: '2', event: 'approval', data: {} };
    }
    await using server = await serve((response) => void writeEvents(response, events()));
    const response = await fetch(`http://127.0.0.1:${server.port}/`);
    expect(response.headers.get('content-type')).toContain('text/event-stream');
    expect(response.headers.get('cache-control')).toBe('no-store');
    expect(await response.text()).toBe(
      'retry: 3000\n\nid: 1\nevent: approval\ndata: {"text":"two\\nlines"}\n\nid: 2\nevent: approval\ndata: {}\n\n',
    );
  });

  it('says now and then that it is alive', async () => {
    const end = Promise.withResolvers<void>();
    async function* events(): AsyncGenerator<ServerEvent | undefined> {
      yield undefined;
      await end.promise;
    }
    const pace = { keepAliveMs: 20, slowMs: 1_000 };
    await using server = await serve((response) => void writeEvents(response, events(), pace));
    const response = await fetch(`http://127.0.0.1:${server.port}/`);
    let text = '';
    for await (const chunk of response.body ?? []) {
      text += new TextDecoder().decode(chunk);
      if (text.split(': keep-alive\n\n').length > 3) end.resolve();
    }
    expect(text).toMatch(/(: keep-alive\n\n){3,}$/);
  });

  it('drops a reader that does not read, after little was made for it', async () => {
    let made = 0;
    async function* events(): AsyncGenerator<ServerEvent | undefined> {
      for (;;) {
        made += 1;
        yield { id: String(made), event: 'approval', data: 'x'.repeat(1_000_000) };
      }
    }
    const over = Promise.withResolvers<void>();
    const pace = { keepAliveMs: 20, slowMs: 200 };
    await using server = await serve((response) => {
      writeEvents(response, events(), pace).then(over.resolve, over.reject);
    });
    const socket = connect(server.port, '127.0.0.1');
    socket.on('error', () => {});
    socket.write('GET / HTTP/1.1\r\nhost: x\r\n\r\n');
    socket.pause();
    await over.promise;
    // What the machine's own buffers hold, and no more.
    expect(made).toBeLessThan(50);
    socket.destroy();
  });

  it('breaks off when what it tells cannot be found out any more, and says so to its caller', async () => {
    async function* events(): AsyncGenerator<ServerEvent | undefined> {
      yield { id: '1', event: 'approval', data: {} };
      throw new Error('gone');
    }
    const fault = Promise.withResolvers<unknown>();
    await using server = await serve((response) => void writeEvents(response, events()).catch(fault.resolve));
    const response = await fetch(`http://127.0.0.1:${server.port}/`);
    await expect(response.text()).rejects.toThrow();
    expect(await fault.promise).toMatchObject({ message: 'gone' });
  });
});

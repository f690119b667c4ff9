import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import { describe, expect, it } from 'vitest';
import { LinkProxy } from './proxy.ts';
import { type Direction, TripWires, type Wire } from './trip-wires.ts';

/** A server that answers every chunk with the same in capitals, behind a proxy, and one who dials through it. */
async function openWorld() {
  const owned = new AsyncDisposableStack();
  const wires = new TripWires();
  const received: string[] = [];
  const server = createServer((socket) => {
    socket.on('error', () => {});
    socket.on('data', (chunk: Buffer) => {
      received.push(chunk.toString());
      socket.write(chunk.toString().toUpperCase());
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  owned.defer(() => {
    server.close();
  });
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  const { port } = address;
  const upstream = () => ({ name: 'server', host: '127.0.0.1', port });
  const passed: string[] = [];
  const watch = (_: Direction, chunk: Buffer) => {
    passed.push(chunk.toString());
  };
  const proxy = new LinkProxy({ arrow: 'redis', dialler: 'client', wires, upstream, watch });
  await proxy.listen('127.0.0.1');
  owned.defer(() => proxy.close());
  const client = connect({ host: '127.0.0.1', port: proxy.port });
  client.on('error', () => {});
  owned.defer(() => {
    client.destroy();
  });
  await once(client, 'connect');
  return { wires, proxy, client, received, passed, [Symbol.asyncDispose]: () => owned.disposeAsync() };
}

async function answer(client: Socket): Promise<string> {
  const [chunk] = await once(client, 'data');
  return String(chunk);
}

function wire(change: Partial<Wire> & Pick<Wire, 'spring'>): Wire {
  return {
    arrow: 'redis',
    direction: 'to-server',
    bytes: 'mark',
    concerns: () => true,
    skip: 0,
    when: 'before',
    ...change,
  };
}

describe('a proxy', () => {
  it('passes bytes both ways', async () => {
    await using world = await openWorld();
    world.client.write('hello');
    expect(await answer(world.client)).toBe('HELLO');
  });

  it('holds bytes until it is told to deliver them', async () => {
    await using world = await openWorld();
    const over = Promise.withResolvers<'deliver'>();
    world.proxy.set('to-client', { kind: 'hold', over: over.promise });
    world.client.write('hello');
    await expect.poll(() => world.received).toEqual(['hello']);
    expect(world.client.bytesRead).toBe(0);
    over.resolve('deliver');
    expect(await answer(world.client)).toBe('HELLO');
  });

  it('swallows bytes in one direction', async () => {
    await using world = await openWorld();
    world.proxy.set('to-server', { kind: 'swallow' });
    world.client.write('lost');
    await expect.poll(() => world.passed).toEqual(['lost']);
    world.proxy.clear();
    world.client.write('kept');
    expect(await answer(world.client)).toBe('KEPT');
  });

  it('cuts with a reset', async () => {
    await using world = await openWorld();
    world.client.write('hello');
    await answer(world.client);
    const failed = new Promise((resolve) => world.client.once('error', resolve));
    world.proxy.cut();
    expect(await failed).toMatchObject({ code: 'ECONNRESET' });
  });

  it('refuses connections, and accepts them again at the same port', async () => {
    await using world = await openWorld();
    await world.proxy.refuse();
    const refused = connect({ host: '127.0.0.1', port: world.proxy.port });
    const [error] = await once(refused, 'error');
    expect(error).toMatchObject({ code: 'ECONNREFUSED' });
    await world.proxy.accept();
    const again = connect({ host: '127.0.0.1', port: world.proxy.port });
    again.write('hello');
    expect(await answer(again)).toBe('HELLO');
    again.destroy();
  });
});

describe('a trip wire', () => {
  it('fires before the bytes are forwarded, and what came before them has arrived', async () => {
    await using world = await openWorld();
    const sprung = Promise.withResolvers<string>();
    const done = Promise.withResolvers<'forward'>();
    world.wires.arm(
      wire({
        spring: ({ text }) => {
          sprung.resolve(text);
          return done.promise;
        },
      }),
    );
    world.client.write('first mark last');
    expect(await sprung.promise).toBe('mark last');
    await expect.poll(() => world.received.join('')).toBe('first ');
    done.resolve('forward');
    await expect.poll(() => world.received.join('')).toBe('first mark last');
  });

  it('fires after the bytes were forwarded, and before the answer passes', async () => {
    await using world = await openWorld();
    const seen: string[] = [];
    const spring = async () => {
      await expect.poll(() => world.received).toEqual(['mark']);
      seen.push(`${world.client.bytesRead} bytes answered`);
      return 'forward' as const;
    };
    world.wires.arm(wire({ when: 'after', spring }));
    world.client.write('mark');
    expect(await answer(world.client)).toBe('MARK');
    expect(seen).toEqual(['0 bytes answered']);
  });

  it('fires when the answer comes, which is lost if its sender has died', async () => {
    await using world = await openWorld();
    const sightings: (string | undefined)[] = [];
    const spring = async ({ heldFrom }: { heldFrom: string | undefined }) => {
      sightings.push(heldFrom);
      return 'drop' as const;
    };
    world.wires.arm(wire({ when: 'answered', spring }));
    const closed = new Promise((resolve) => world.client.once('close', resolve));
    world.client.write('mark');
    await closed;
    expect(sightings).toEqual(['server']);
    expect(world.client.bytesRead).toBe(0);
  });

  it('finds bytes that were torn in two, skips what it is told to skip, and fires once', async () => {
    await using world = await openWorld();
    let times = 0;
    const spring = async () => {
      times += 1;
      return 'forward' as const;
    };
    world.wires.arm(wire({ skip: 1, spring }));
    world.client.write('mark 1 ma');
    await answer(world.client);
    expect(times).toBe(0);
    world.client.write('rk 2 mark 3');
    await answer(world.client);
    expect(times).toBe(1);
  });
});

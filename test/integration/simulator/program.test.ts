import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { describe, expect, it } from 'vitest';
import { createLogger } from '#runtime/logger.ts';
import { resolveOptions } from '#runtime/options.ts';
import { simulatorProgram } from '../../../simulator/main.ts';

function start() {
  const options = resolveOptions(simulatorProgram.options, { flags: { port: 0 }, env: {}, file: {} });
  return simulatorProgram.start(options, { logger: createLogger('silent', {}), env: {} });
}

describe('the simulator program', () => {
  it('tells its address when it listens and ends when it is closed, however often', async () => {
    const service = await start();
    const ready = await service.ready;
    expect(ready).toEqual({ event: 'ready', url: expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+$/) });
    const response = await fetch(`${ready.url}/api/now/table/sys_user?sysparm_limit=1`);
    expect(response.status).toBe(401);
    await response.body?.cancel();
    expect(service.close()).toBe(service.close());
    await service.close();
    await service.ended;
    await expect(fetch(`${ready.url}/`)).rejects.toThrow('fetch failed');
  });

  it('survives what is no HTTP at all', async () => {
    const service = await start();
    const { url } = await service.ready;
    const { port } = new URL(String(url));
    for (const nonsense of ['NONSENSE\r\n\r\n', 'GET /%zz HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n']) {
      const socket = connect(Number(port), '127.0.0.1');
      socket.write(nonsense);
      expect(await text(socket)).toContain('HTTP/1.1 4');
    }
    expect((await fetch(`${url}/simulator/faults`)).status).toBe(200);
    await service.close();
  });
});

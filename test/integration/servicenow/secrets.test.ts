import { expect, it } from 'vitest';
import { openWorld, password, startOddServer, type TaskWorld } from './task-world.ts';

const encoded = Buffer.from(`integration:${password}`).toString('base64');

async function runEverything(world: TaskWorld): Promise<string> {
  const { handlers } = world;
  const outcomes: unknown[] = [];
  for (const lookFirst of [false, true]) {
    const context = () => world.context({ lookFirst, settleMs: 20 });
    const fields = { short_description: 'x', work_notes: 'y' };
    outcomes.push(await handlers['connection.test']({}, context()));
    outcomes.push(await handlers['ticket.create']({ table: 'incident', fields }, context()));
    outcomes.push(await handlers['ticket.update']({ table: 'incident', sysId: 'a'.repeat(32), fields }, context()));
    outcomes.push(await handlers['ticket.update']({ table: 'incident', number: 'INC1', fields }, context()));
    outcomes.push(
      await handlers['ticket.read'](
        { table: 'incident', numbers: ['INC1'], fields: ['state'], approvers: true },
        context(),
      ),
    );
  }
  return JSON.stringify({ outcomes, notes: world.notes });
}

it.each([400, 401, 403, 404, 500])(
  'the password is nowhere, even when the other side echoes it under %i',
  async (status) => {
    await using server = await startOddServer((request, response) => {
      const message = `you sent ${request.headers.authorization}, that is integration:${password}`;
      const code = request.headers.authorization === undefined ? 401 : status;
      response.writeHead(code, { 'content-type': 'application/json' });
      response.end(JSON.stringify({ error: { message, detail: message } }));
    });
    await using world = openWorld(server.url);
    const text = await runEverything(world);
    expect(text).toContain('[masked]');
    expect(text).not.toContain(password);
    expect(text).not.toContain(encoded);
  },
);

it('no beginning of the password is left where a quotation is cut', async () => {
  const [target, most] = [password.slice(0, 8), 300];
  for (let filler = most - password.length - 2; filler < most; filler += 1) {
    await using server = await startOddServer((_request, response) => {
      response.writeHead(400, { 'content-type': 'application/json' });
      response.end(JSON.stringify({ error: { message: `${'x'.repeat(filler)}${password}`, detail: null } }));
    });
    await using world = openWorld(server.url);
    const params = { table: 'incident', numbers: ['INC1'], fields: ['state'] };
    expect(JSON.stringify(await world.handlers['ticket.read'](params, world.context()))).not.toContain(target);
  }
});

it('the password is nowhere when nobody answers', async () => {
  const server = await startOddServer(() => {});
  await server[Symbol.asyncDispose]();
  await using world = openWorld(server.url);
  const text = await runEverything(world);
  expect(text).not.toContain(password);
  expect(text).not.toContain(encoded);
});

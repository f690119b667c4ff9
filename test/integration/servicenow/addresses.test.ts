import { expect, it } from 'vitest';
import { startSimulator } from '../../support/simulator.ts';
import { type OddServer, openWorld, startOddServer, successOf } from './task-world.ts';

/** An address in front of an instance that puts it under a path, and leaves links and `Location` as the instance wrote them. */
function startVanityAddress(instance: string, path: string): Promise<OddServer> {
  return startOddServer((request, response, body) => {
    const { method = 'GET', url = '', headers } = request;
    if (!url.startsWith(path)) {
      response.writeHead(404).end();
      return;
    }
    const sent = ['accept', 'authorization', 'content-type'].flatMap((name): [string, string][] => {
      const value = headers[name];
      return typeof value === 'string' ? [[name, value]] : [];
    });
    fetch(`${instance}${url.slice(path.length)}`, { method, headers: sent, ...(body !== '' && { body }) })
      .then(async (answer) => {
        const text = await answer.text();
        const kept = ['content-type', 'location', 'link', 'x-total-count', 'date'].flatMap(
          (name): [string, string][] => {
            const value = answer.headers.get(name);
            return value === null ? [] : [[name, value]];
          },
        );
        response.writeHead(answer.status, Object.fromEntries(kept)).end(text);
      })
      .catch(() => response.destroy());
  });
}

it('every request, the token end point and the links keep the path of the base URL, and no other host is called (trap 59)', async () => {
  await using elsewhere = await startOddServer((_request, response) => response.end());
  await using simulator = await startSimulator({ instanceUrl: elsewhere.url });
  await using vanity = await startVanityAddress(simulator.url, '/snow/prod');
  await using world = openWorld(`${vanity.url}/snow/prod/`);
  const { baseUrl } = world.context().target;
  const client = { clientId: 'simulator-client', clientSecret: 'simulator-client-secret' };
  const target = { baseUrl, authentication: { kind: 'oauth-client-credentials', ...client } } as const;
  const context = () => world.context({ target });

  const fields = { short_description: 'x', urgency: '2' };
  const created = successOf(await world.handlers['ticket.create']({ table: 'incident', fields }, context()));
  const { number, sysId, link } = created.result.ticket;
  expect(link).toBe(`${baseUrl}nav_to.do?uri=incident.do%3Fsys_id%3D${sysId}`);
  const update = { table: 'incident', number, fields: { urgency: '1' } };
  successOf(await world.handlers['ticket.update'](update, context()));
  const read = { table: 'incident', numbers: [number], fields: ['urgency'], approvers: true };
  successOf(await world.handlers['ticket.read'](read, context()));
  successOf(await world.handlers['connection.test']({}, context()));
  expect(await world.probeReach(baseUrl, new AbortController().signal)).toEqual({ kind: 'live' });

  expect(vanity.requests.length).toBeGreaterThan(10);
  expect(vanity.requests.filter(({ url }) => url === '/snow/prod/oauth_token.do')).toHaveLength(2);
  for (const { url } of vanity.requests) expect(url).toMatch(/^\/snow\/prod\/(api\/|oauth_token\.do$)/);
  expect(elsewhere.requests).toEqual([]);
});

import { describe, expect, it } from 'vitest';
import { startTestManager, type TestManager } from '../../support/manager.ts';

const ownPage = { 'sec-fetch-site': 'same-origin' };

async function signIn(manager: TestManager, token: string, headers: Readonly<Record<string, string>> = ownPage) {
  const response = await fetch(`${manager.url}/api/v1/session`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify({ token }),
  });
  const set = response.headers.get('set-cookie') ?? '';
  return { status: response.status, body: await response.json(), set, cookie: set.split(';')[0] ?? '' };
}

/** Asks as a page does: with the cookie and no bearer. */
function ask(manager: TestManager, cookie: string, method = 'GET', path = '/session', headers = {}, body?: unknown) {
  return manager.call(method, path, body, { token: undefined, headers: { cookie, ...headers } });
}

describe('signing in by a token', () => {
  it('leads to a cookie that the page cannot read and that stands for the token', async () => {
    await using manager = await startTestManager();
    const scope = { applications: ['shop'], environments: ['production'] };
    const made = await manager.call('POST', '/api-tokens', { name: 'eve', role: 'operator', scope, expires: '1d' });
    const { status, body, set, cookie } = await signIn(manager, made.body.token);
    const { expiresAt } = made.body;
    expect([status, body]).toEqual([200, { name: 'eve', role: 'operator', scope, expiresAt }]);
    expect(set.split('; ').slice(1).sort()).toEqual(['HttpOnly', 'Path=/', 'SameSite=Strict']);
    expect((await ask(manager, cookie)).body).toEqual(body);
    expect(await ask(manager, cookie, 'GET', '/secrets')).toMatchObject({ status: 200 });
    expect(await ask(manager, cookie, 'GET', '/api-tokens')).toMatchObject({ body: { code: 'role-insufficient' } });
    expect(manager.log()).not.toContain(made.body.token);
  });

  it('asks for a secure way only where there is one', async () => {
    await using manager = await startTestManager();
    const secure = async (headers: Readonly<Record<string, string>>) =>
      (await signIn(manager, manager.adminToken, headers)).set.includes('; Secure');
    expect(await secure(ownPage)).toBe(false);
    expect(await secure({ ...ownPage, 'x-forwarded-proto': 'https' })).toBe(true);
    expect(await secure({ ...ownPage, origin: 'https://gates.example.org' })).toBe(true);
    expect(await secure({ ...ownPage, origin: 'http://gates.example.org' })).toBe(false);
  });

  it('takes a token that the operator chose, whatever is in it', async () => {
    await using manager = await startTestManager();
    await manager.call('POST', '/api-tokens', { name: 'x', role: 'viewer' });
    const { cookie } = await signIn(manager, manager.adminToken);
    expect((await ask(manager, cookie)).body).toMatchObject({ name: 'admin', role: 'admin' });
    expect((await ask(manager, 'ticketgate-session=%E0%A4%A;%%%')).body.code).toBe('token-unknown');
  });

  it('is refused with the code that says why, and sets nothing', async () => {
    await using manager = await startTestManager();
    const { token } = (await manager.call('POST', '/api-tokens', { name: 'r', role: 'admin' })).body;
    const { cookie } = await signIn(manager, token);
    await manager.call('DELETE', '/api-tokens/r');
    expect(await signIn(manager, token)).toMatchObject({ status: 401, body: { code: 'token-revoked' }, set: '' });
    expect(await signIn(manager, 'tga_x_y')).toMatchObject({ status: 401, body: { code: 'token-unknown' }, set: '' });
    expect(await ask(manager, cookie)).toMatchObject({ status: 401, body: { code: 'token-revoked' } });
    expect(await ask(manager, 'other=1')).toMatchObject({ status: 401, body: { code: 'token-missing' } });
  });

  it('ends by removing the cookie, also of a token that is not good any more', async () => {
    await using manager = await startTestManager();
    const url = `${manager.url}/api/v1/session`;
    const cookie = 'ticketgate-session=tga_gone_gone';
    const response = await fetch(url, { method: 'DELETE', headers: { cookie, ...ownPage } });
    expect(response.status).toBe(204);
    expect(response.headers.get('set-cookie')).toMatch(
      /^ticketgate-session=; Max-Age=0; Path=\/; Expires=Thu, 01 Jan 1970/,
    );
  });

  it('yields to a bearer token, and is used beside another scheme', async () => {
    await using manager = await startTestManager();
    const { token } = (await manager.call('POST', '/api-tokens', { name: 'v', role: 'viewer' })).body;
    const { cookie } = await signIn(manager, manager.adminToken);
    const nameWith = async (authorization: string) =>
      (await ask(manager, cookie, 'GET', '/session', { authorization })).body;
    expect(await nameWith(`Bearer ${token}`)).toMatchObject({ name: 'v' });
    expect(await nameWith('Bearer tga_x_y')).toMatchObject({ code: 'token-unknown' });
    expect(await nameWith('Basic dTpw')).toMatchObject({ name: 'admin' });
  });
});

describe('a request that changes something, by the cookie', () => {
  it.each([
    ['from our own page', { 'sec-fetch-site': 'same-origin' }, 200],
    ['from our own page at a plain address', { origin: 'SELF' }, 200],
    ['from another site', { 'sec-fetch-site': 'cross-site', origin: 'SELF' }, 403],
    ['from another port of this host', { 'sec-fetch-site': 'same-site' }, 403],
    ['from an address that was typed in', { 'sec-fetch-site': 'none' }, 403],
    ['from another origin', { origin: 'http://127.0.0.1:1' }, 403],
    ['from a page without an origin', { origin: 'null' }, 403],
    ['from nobody knows where', {}, 403],
  ])('%s', async (_whence, told: Readonly<Record<string, string>>, status) => {
    await using manager = await startTestManager();
    const { cookie } = await signIn(manager, manager.adminToken);
    const headers = Object.fromEntries(
      Object.entries(told).map(([name, text]) => [name, text.replace('SELF', manager.url)]),
    );
    const answer = await ask(manager, cookie, 'PUT', '/secrets/a', headers, { value: 'x' });
    expect([answer.status, answer.body.code]).toEqual([status, status === 403 ? 'cross-site-request' : undefined]);
    expect((await ask(manager, cookie, 'GET', '/secrets', headers)).status).toBe(200);
    expect((await ask(manager, '', 'PUT', '/secrets/a', headers, { value: 'x' })).body.code).toBe('token-missing');
    const bearer = await manager.call('PUT', '/secrets/b', { value: 'x' }, { headers: { cookie, ...headers } });
    expect(bearer.status).toBe(200);
  });

  it('signs nobody in or out from another page', async () => {
    await using manager = await startTestManager();
    const foreign = { 'sec-fetch-site': 'cross-site' };
    expect(await signIn(manager, manager.adminToken, foreign)).toMatchObject({ status: 403, set: '' });
    expect((await signIn(manager, manager.adminToken, {})).status).toBe(200);
    expect((await ask(manager, '', 'DELETE', '/session', foreign)).body.code).toBe('cross-site-request');
  });
});

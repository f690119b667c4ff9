import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { describe, it } from 'vitest';
import type { FailureCode } from '#protocol/failure.ts';
import { certificate, privateKey } from '../../support/certificate.ts';
import {
  type AnswerRow,
  expectedLives,
  type OddAnswer,
  standingOf,
  startLivesWorld,
  type Verdict,
} from './gate-lives.ts';

/** The body of each answer is an approved ticket, whole, unless another one is given. */
const approved: Verdict = { gate: 'approved' };
const noise = (code: FailureCode): Verdict => ({ gate: 'noise', code });
const decisive = (code: FailureCode): Verdict => ({ gate: 'decisive', code });

const badRequest = decisive('servicenow-bad-request');
const forbidden = decisive('servicenow-forbidden');
const redirect = decisive('servicenow-redirect');
const login = noise('servicenow-login-page');
const limited = noise('servicenow-rate-limited');
const maintenance = noise('servicenow-maintenance');
const notJson = noise('servicenow-not-json');
const serverError = noise('servicenow-server-error');
const undecodable = noise('servicenow-undecodable');
const unauthenticated = decisive('servicenow-unauthenticated');

const refused = (status: number, message: string, detail: string | null = null): OddAnswer => ({
  status,
  body: JSON.stringify({ error: { message, detail }, status: 'failure' }),
});
const page = (status: number, title: string, content = 'approved'): OddAnswer => ({
  status,
  type: 'text/html;charset=UTF-8',
  body: `<html><title>${title}</title>${content}</html>`,
});
const sentTo = (status: number, location: string): OddAnswer => ({ status, headers: { location } });

const noRecord = 'Record does not exist or ACL restricts the record retrieval';
const aborted = 'Operation against file change_request was aborted by Business Rule x';
const unreadableField = 'Field(s) present in the query do not have permission to be read';
const timeLimit = 'Transaction cancelled: maximum execution time exceeded';

const statuses: readonly AnswerRow[] = [
  ['200', { status: 200 }, approved],
  ['201', { status: 201 }, approved],
  ['204', { status: 204 }, undecodable],
  ['204 of no type', { status: 204, type: null }, notJson],
  ['206 with all of it', { status: 206 }, approved],
  ['206 with a part of it', { status: 206, body: '{"result":[{"approval":"appr' }, undecodable],
  ['301 to another host', sentTo(301, 'https://other.example.com/api/now/table/x'), redirect],
  ['302 to the log-in', sentTo(302, '/login.do?sysparm_reauth=true'), login],
  ['302 to the log-in, elsewhere', sentTo(302, 'https://other.example.com/logout_success.do'), login],
  ['302 to an identity provider', sentTo(302, 'https://id.example.com/x?SAMLRequest=x'), login],
  ['302 to a portal', sentTo(302, '/sp'), redirect],
  ['302 to nowhere', { status: 302 }, redirect],
  ['304', { status: 304 }, redirect],
  ['307 to another host', sentTo(307, 'https://other.example.com/'), redirect],
  ['400', { status: 400 }, badRequest],
  ['400 of an unknown table', refused(400, 'Invalid table u_x'), decisive('servicenow-table-unknown')],
  ['400 of a page', page(400, 'HTTP Status 400 - Bad Request'), badRequest],
  ['401', { status: 401 }, unauthenticated],
  ['401 of the instance', refused(401, 'User Not Authenticated', 'Required to provide Auth'), unauthenticated],
  ['401 of a page', page(401, 'Authorization Required'), unauthenticated],
  ['403', { status: 403 }, forbidden],
  ['403 of an ACL', refused(403, 'Insufficient rights to query records'), forbidden],
  ['403 of a query ACL', refused(403, unreadableField), forbidden],
  ['403 of a business rule', refused(403, 'Operation Failed', aborted), noise('servicenow-aborted')],
  ['403 of a page', page(403, 'Access restricted'), forbidden],
  ['404', { status: 404 }, badRequest],
  ['404 of no record', refused(404, 'No Record found', noRecord), badRequest],
  ['404 of no such path', refused(404, 'Requested URI does not represent any resource'), badRequest],
  ['404 of a page', page(404, 'Not Found'), badRequest],
  ['405', { status: 405 }, badRequest],
  ['406', { status: 406 }, badRequest],
  ['407', { status: 407 }, badRequest],
  ['408', { status: 408 }, noise('servicenow-timeout')],
  ['409', { status: 409 }, badRequest],
  ['414', { status: 414 }, badRequest],
  ['415', { status: 415 }, badRequest],
  ['418', { status: 418 }, badRequest],
  ['429 that says how long', { status: 429, headers: { 'retry-after': '1' }, apart: true }, limited],
  ['429 of a semaphore', { ...refused(429, 'Rejected by semaphores'), apart: true, notThrice: true }, limited],
  ['500', { status: 500 }, serverError],
  ['500 of a time limit', refused(500, timeLimit), serverError],
  ['500 of a page', page(500, 'HTTP Status 500'), serverError],
  ['502', { status: 502 }, maintenance],
  ['503', { status: 503 }, maintenance],
  ['503 of the instance', refused(503, 'Busy'), serverError],
  ['504', { status: 504 }, maintenance],
  ['599', { status: 599 }, serverError],
];

const loginForm = '<form action="login.do"><input type="password" name="user_password"></form>';
const asleep = '<div class="instance-hibernating-page">zzz</div>';
const sysId = 'a'.repeat(32);
const approvedText = `{"result":[{"sys_id":"${sysId}","number":"CHG1","state":"-2","approval":"approved"}]}`;

const contentTypes: readonly AnswerRow[] = [
  ['JSON', { type: 'application/json' }, approved],
  ['JSON with its charset', { type: 'application/json;charset=UTF-8' }, approved],
  ['JSON in other letters, with a parameter', { type: 'Application/JSON ; a=b' }, approved],
  ['JSON of a kind', { type: 'application/hal+json' }, approved],
  ['JSON by another charset than it is in', { type: 'application/json;charset=UTF-16' }, approved],
  ['JSON, said to be packed, and plain', { headers: { 'content-encoding': 'gzip' } }, approved],
  ['JSON, said to be a text', { type: 'text/json' }, notJson],
  ['JSON, said to be nearly so', { type: 'application/jsonp' }, notJson],
  ['JSON, said to be nothing', { type: null }, notJson],
  ['JSON, said to be anything', { type: '*/*' }, notJson],
  ['JSON, said to be a page', { type: 'text/html' }, notJson],
  ['JSON, said to be a page that names JSON', { type: 'text/html;x=application/json' }, notJson],
  ['JSON in a page', page(200, 'Portal', approvedText), notJson],
  ['XML', { type: 'application/xml', body: '<result><approval>approved</approval></result>' }, notJson],
  ['a page', page(200, 'Portal'), notJson],
  ['a log-in page', page(200, 'ServiceNow', loginForm), login],
  ['a log-in page around JSON', page(200, 'ServiceNow', `${loginForm}${approvedText}`), login],
  ['a hibernation page', page(200, 'Instance Hibernating page', asleep), noise('servicenow-hibernating')],
  ['a maintenance page', page(200, 'Scheduled maintenance'), maintenance],
  ['a log-in page, said to be JSON', { body: loginForm }, undecodable],
  ['a hibernation page, said to be JSON', { body: asleep }, undecodable],
];

const deliveries: readonly AnswerRow[] = [
  ['whole', { delivery: 'whole' }, approved],
  ['chunked', { delivery: 'chunked' }, approved],
  ['after interim answers', { delivery: 'after-interim-answers' }, approved],
  ['closed before its end', { delivery: 'closed-early' }, noise('servicenow-reset')],
  ['shorter than it is', { delivery: 'length-too-short' }, undecodable],
  ['reset in the middle', { delivery: 'reset-midway' }, noise('servicenow-reset')],
  ['hung up', { delivery: 'hung-up' }, noise('servicenow-reset')],
  ['in no HTTP', { delivery: 'no-http' }, noise('servicenow-reset')],
  ['never', { delivery: 'never-begins' }, noise('servicenow-timeout')],
  ['never to its end', { delivery: 'never-ends' }, noise('servicenow-timeout')],
];

describe.concurrent.each([
  { differ: 'status', rows: statuses },
  { differ: 'content type', rows: contentTypes },
  { differ: 'way over the socket', rows: deliveries },
])('a gate whose instance answers with another $differ', ({ rows }) => {
  it('opens only by a whole and right answer, fails only by decisive ones, and waits otherwise', {
    timeout: 90_000,
  }, async ({ expect }) => {
    await using world = await startLivesWorld();
    const found = await Promise.all(rows.map(async (row) => [row[0], await world.live(row)] as const));
    expect(Object.fromEntries(found)).toEqual(Object.fromEntries(rows.map((row) => [row[0], expectedLives(row)])));
  });
});

describe.concurrent('a gate whose instance cannot be reached', () => {
  it('waits', { timeout: 90_000 }, async ({ expect }) => {
    await using world = await startLivesWorld();
    await using stranger = createServer({ cert: certificate, key: privateKey });
    await new Promise<void>((resolve) => stranger.listen(0, '127.0.0.1', resolve));
    const { port } = stranger.address() as AddressInfo;
    const ways = [
      ['https behind an unknown certificate', `https://127.0.0.1:${port}/`, 'servicenow-tls'],
      ['https where there is none', `https://127.0.0.1:${world.instance.port}/`, 'servicenow-tls'],
      ['a port where nothing listens', 'http://127.0.0.1:1/', 'servicenow-unreachable'],
    ] as const;
    await Promise.all(
      ways.map(async ([way, baseUrl, code], index) => {
        await world.addConnector(`way-${index}`, baseUrl);
        const id = await world.startGate({ connector: `way-${index}`, table: `u_way_${index}` });
        const standing = async () => standingOf((await world.manager.call('GET', `/approvals/${id}`)).body);
        await expect.poll(standing, { timeout: 40_000, message: way }).toBe(`waiting ${code}`);
      }),
    );
  });
});

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { failureVerdicts } from '#protocol/failure.ts';
import { judgeRecord, judgeRows, type Landed } from '../../../delegate/servicenow/answer.ts';
import type { Asked } from '../../../delegate/servicenow/refusal.ts';
import type { HttpHeaders, TransportResult } from '../../../delegate/servicenow/transport.ts';

const json = { 'content-type': 'application/json;charset=UTF-8' };
const html = { 'content-type': 'text/html;charset=UTF-8' };
const readList: Asked = { method: 'GET', subject: 'table incident', addressesRecord: false };
const readOne: Asked = { method: 'GET', subject: 'a record of table incident', addressesRecord: true };
const post: Asked = { method: 'POST', subject: 'table incident', addressesRecord: false };

function answer(status: number, headers: HttpHeaders, body: string): TransportResult {
  return { kind: 'answer', status, headers, body, ms: 1 };
}

function error(message: string, detail: string | null, rest: object = { status: 'failure' }): string {
  return JSON.stringify({ error: { message, detail }, ...rest });
}

const sleeping =
  '<html><title>Instance Hibernating page</title><div class="instance-hibernating-page">zzz</div></html>';
const loginPage = '<html><title>ServiceNow</title><form action="login.do"><input type="password"></form></html>';
const broken =
  '{"result":[{"sys_id":"1"},\n}""],"error":{"message":"Transaction cancelled: maximum execution time exceeded"}}';

interface Case {
  readonly name: string;
  readonly asked?: Asked;
  readonly outcome: TransportResult;
  readonly code: keyof typeof failureVerdicts;
  readonly landed: Landed;
  readonly says?: string;
}

const cases: readonly Case[] = [
  {
    name: 'traps 7 and 40: a missing right told as 401 may stand beside a record that was created',
    asked: post,
    outcome: answer(401, json, error('User is not authenticated', null)),
    code: 'servicenow-unauthenticated',
    landed: 'unlikely',
  },
  {
    name: 'trap 7: a record that was created and may not be read back',
    asked: post,
    outcome: answer(404, json, error('No Record found', null)),
    code: 'servicenow-bad-request',
    landed: 'unlikely',
  },
  {
    name: 'a path that is not there, at which nothing was done',
    asked: post,
    outcome: answer(404, html, '<title>Not found</title>'),
    code: 'servicenow-bad-request',
    landed: 'no',
  },
  {
    name: 'trap 4: a hibernating instance under 200',
    outcome: answer(200, html, sleeping),
    code: 'servicenow-hibernating',
    landed: 'no',
  },
  {
    name: 'trap 4: a hibernating instance swallows a POST',
    asked: post,
    outcome: answer(200, html, sleeping),
    code: 'servicenow-hibernating',
    landed: 'no',
  },
  {
    name: 'trap 5: a log-in page under 200',
    outcome: answer(200, html, loginPage),
    code: 'servicenow-login-page',
    landed: 'unlikely',
  },
  {
    name: 'a maintenance page under 200',
    outcome: answer(200, html, '<title>Scheduled maintenance</title>'),
    code: 'servicenow-maintenance',
    landed: 'maybe',
  },
  {
    name: 'another page under 200',
    outcome: answer(200, html, '<title>Portal</title>'),
    code: 'servicenow-not-json',
    landed: 'maybe',
    says: 'Portal',
  },
  {
    name: 'XML under 200',
    outcome: answer(200, { 'content-type': 'application/xml' }, '<response><result/></response>'),
    code: 'servicenow-not-json',
    landed: 'maybe',
  },
  {
    name: 'JSON that calls itself HTML',
    outcome: answer(200, html, '{"result":[]}'),
    code: 'servicenow-not-json',
    landed: 'maybe',
  },
  {
    name: 'an empty 200 without a content type',
    outcome: answer(200, {}, ''),
    code: 'servicenow-not-json',
    landed: 'maybe',
  },
  {
    name: 'trap 5: a redirect to login.do',
    outcome: answer(302, { location: '/login.do' }, ''),
    code: 'servicenow-login-page',
    landed: 'no',
  },
  {
    name: 'trap 5: a redirect to the log-out page',
    outcome: answer(302, { location: 'https://x.example.com/logout_success.do' }, ''),
    code: 'servicenow-login-page',
    landed: 'no',
  },
  {
    name: 'trap 5: a redirect to an identity provider',
    outcome: answer(302, { location: 'https://idp.example.com/app?SAMLRequest=abc' }, ''),
    code: 'servicenow-login-page',
    landed: 'no',
  },
  {
    name: 'trap 59: a redirect to another host',
    outcome: answer(301, { location: 'https://other.example.com/' }, ''),
    code: 'servicenow-redirect',
    landed: 'no',
    says: 'other.example.com',
  },
  {
    name: 'a redirect to nowhere',
    outcome: answer(307, {}, ''),
    code: 'servicenow-redirect',
    landed: 'no',
    says: 'nowhere',
  },
  {
    name: 'trap 39: an invalid table is 400',
    outcome: answer(400, json, error('Invalid table nope', 'Table nope does not exist')),
    code: 'servicenow-table-unknown',
    landed: 'no',
    says: 'Invalid table nope',
  },
  {
    name: 'trap 38: an oversized body is 400',
    asked: post,
    outcome: answer(
      400,
      json,
      error('Exception while reading request', 'Rejected large REST payload with content-length = 15 bytes.'),
    ),
    code: 'servicenow-bad-request',
    landed: 'no',
  },
  {
    name: 'an inactive plugin is 400',
    outcome: answer(400, json, error('Requested URI does not represent any resource', null)),
    code: 'servicenow-bad-request',
    landed: 'no',
  },
  {
    name: 'trap 37: headers too large as Tomcat says it',
    outcome: answer(400, html, '<title>Request header is too large</title>'),
    code: 'servicenow-bad-request',
    landed: 'no',
  },
  {
    name: 'trap 40: the classic 401',
    outcome: answer(401, json, error('User Not Authenticated', 'Required to provide Auth information')),
    code: 'servicenow-unauthenticated',
    landed: 'no',
  },
  {
    name: 'trap 41: the 401 of 2026, without a status key',
    outcome: answer(401, json, error('User is not authenticated', 'Required to provide Auth information', {})),
    code: 'servicenow-unauthenticated',
    landed: 'no',
  },
  {
    name: 'trap 41: a 401 with nothing in it',
    outcome: answer(401, {}, ''),
    code: 'servicenow-unauthenticated',
    landed: 'no',
  },
  {
    name: 'a 401 in the form of OAuth',
    outcome: answer(401, json, '{"error":"invalid_token","error_description":"expired"}'),
    code: 'servicenow-unauthenticated',
    landed: 'no',
    says: 'invalid_token',
  },
  {
    name: 'a 403 with null detail',
    outcome: answer(403, json, error('Insufficient rights to query records', null)),
    code: 'servicenow-forbidden',
    landed: 'unlikely',
  },
  {
    name: 'trap 35: a 403 for a field in the query',
    outcome: answer(
      403,
      json,
      error('Insufficient rights to query records', 'Field(s) present in the query do not have permission to be read'),
    ),
    code: 'servicenow-forbidden',
    landed: 'unlikely',
  },
  {
    name: 'trap 7: a 403 for an insert',
    asked: post,
    outcome: answer(403, json, error('Operation Failed', 'ACL Exception Insert Failed due to security constraints')),
    code: 'servicenow-forbidden',
    landed: 'unlikely',
  },
  {
    name: 'a 403 by the edge',
    outcome: answer(403, html, '<title>Access denied</title>'),
    code: 'servicenow-forbidden',
    landed: 'unlikely',
    says: 'Access denied',
  },
  {
    name: 'trap 25: a 403 by a business rule',
    outcome: answer(
      403,
      json,
      error('Operation Failed', "Operation against file 'change_request' was aborted by Business Rule 'Check'"),
    ),
    code: 'servicenow-aborted',
    landed: 'unlikely',
    says: "'Check'",
  },
  {
    name: 'trap 25: a 400 of the Change API by a business rule, told in its message alone',
    asked: post,
    outcome: answer(400, json, error("Change Request record could not be created: aborted by Business Rule 'X'", '')),
    code: 'servicenow-aborted',
    landed: 'unlikely',
  },
  {
    name: 'trap 25: a 500 of the Change API by a business rule',
    asked: post,
    outcome: answer(500, json, error("Operation against file 'x' was aborted by Business Rule 'X'", '')),
    code: 'servicenow-aborted',
    landed: 'unlikely',
  },
  {
    name: 'trap 26: a 403 by a data policy',
    outcome: answer(
      403,
      json,
      error('Operation Failed', 'Data Policy Exception: The following fields are mandatory: Resolution code'),
    ),
    code: 'servicenow-aborted',
    landed: 'unlikely',
    says: 'Resolution code',
  },
  {
    name: 'trap 39: a record that does not exist or is hidden',
    asked: readOne,
    outcome: answer(404, json, error('No Record found', "Record doesn't exist or ACL restricts the record retrieval")),
    code: 'ticket-not-found',
    landed: 'no',
  },
  {
    name: 'a 404 for a list is a wrong address',
    outcome: answer(404, json, error('No Record found', null)),
    code: 'servicenow-bad-request',
    landed: 'no',
  },
  {
    name: 'a 404 page for a record is a wrong address',
    asked: readOne,
    outcome: answer(404, html, '<title>Not Found</title>'),
    code: 'servicenow-bad-request',
    landed: 'no',
  },
  {
    name: 'a 405',
    outcome: answer(405, json, error('Method not supported', null)),
    code: 'servicenow-bad-request',
    landed: 'no',
  },
  {
    name: 'a 408 leaves open what was done',
    outcome: answer(408, {}, ''),
    code: 'servicenow-timeout',
    landed: 'maybe',
  },
  { name: 'trap 37: a URL too long', outcome: answer(414, html, ''), code: 'servicenow-bad-request', landed: 'no' },
  { name: 'trap 45: a 429 with nothing', outcome: answer(429, {}, ''), code: 'servicenow-rate-limited', landed: 'no' },
  {
    name: 'trap 7: a 500 as JSON',
    outcome: answer(500, json, error('Transaction cancelled', 'Check logs')),
    code: 'servicenow-server-error',
    landed: 'maybe',
  },
  {
    name: 'a 500 as a page',
    outcome: answer(500, html, '<title>Oops</title>'),
    code: 'servicenow-server-error',
    landed: 'maybe',
  },
  {
    name: 'a 502 as a page',
    outcome: answer(502, html, '<title>502</title>'),
    code: 'servicenow-maintenance',
    landed: 'maybe',
  },
  { name: 'a 503 without a body', outcome: answer(503, {}, ''), code: 'servicenow-maintenance', landed: 'maybe' },
  {
    name: 'a 503 as JSON',
    outcome: answer(503, json, error('Service unavailable', null)),
    code: 'servicenow-server-error',
    landed: 'maybe',
  },
  { name: 'a 504 as a page', outcome: answer(504, html, ''), code: 'servicenow-maintenance', landed: 'maybe' },
  {
    name: 'trap 6: JSON that breaks off by the quota',
    outcome: answer(200, json, broken),
    code: 'servicenow-undecodable',
    landed: 'maybe',
    says: 'transaction cancelled',
  },
  {
    name: 'trap 6: a list and an error',
    outcome: answer(200, json, '{"result":[],"error":{"message":"Transaction cancelled"}}'),
    code: 'servicenow-undecodable',
    landed: 'maybe',
    says: 'Transaction cancelled',
  },
  {
    name: 'truncated JSON',
    outcome: answer(200, json, '{"result":[{"sys_id":"1"'),
    code: 'servicenow-undecodable',
    landed: 'maybe',
  },
  {
    name: 'JSON without result',
    outcome: answer(200, json, '{"records":[]}'),
    code: 'servicenow-undecodable',
    landed: 'maybe',
    says: 'without "result"',
  },
  {
    name: 'a record where a list is expected',
    outcome: answer(200, json, '{"result":{"sys_id":"1"}}'),
    code: 'servicenow-undecodable',
    landed: 'maybe',
    says: 'a list of records',
  },
  {
    name: 'a list with something else in it',
    outcome: answer(200, json, '{"result":["1"]}'),
    code: 'servicenow-undecodable',
    landed: 'maybe',
  },
  {
    name: 'an unknown host',
    outcome: { kind: 'not-sent', cause: 'dns', detail: 'ENOTFOUND' },
    code: 'servicenow-unreachable',
    landed: 'no',
  },
  {
    name: 'a refused connection',
    outcome: { kind: 'not-sent', cause: 'tcp', detail: 'ECONNREFUSED' },
    code: 'servicenow-unreachable',
    landed: 'no',
  },
  {
    name: 'a failed handshake',
    outcome: { kind: 'not-sent', cause: 'tls', detail: 'SELF_SIGNED' },
    code: 'servicenow-tls',
    landed: 'no',
  },
  {
    name: 'no answer in time',
    outcome: { kind: 'no-answer', cause: 'timeout', detail: '60 s' },
    code: 'servicenow-timeout',
    landed: 'maybe',
  },
  {
    name: 'a broken connection',
    outcome: { kind: 'no-answer', cause: 'reset', detail: 'ECONNRESET' },
    code: 'servicenow-reset',
    landed: 'maybe',
  },
  {
    name: 'a read that was stopped',
    outcome: { kind: 'no-answer', cause: 'aborted', detail: '' },
    code: 'task-timeout',
    landed: 'maybe',
  },
];

describe('judging answers', () => {
  it.each(cases)('recognises $name', ({ asked = readList, outcome, code, landed, says }) => {
    const judged = judgeRows(asked, outcome);
    if (judged.kind === 'ok') throw new Error('called a success');
    expect(judged.failure).toMatchObject({ code, retry: failureVerdicts[code] });
    expect(judged.landed).toBe(landed);
    expect(judged.failure.message).toContain(asked.subject);
    expect(judged.failure.remedy).not.toBe('');
    if (says !== undefined) expect(judged.failure.message).toContain(says);
  });

  it('takes a list and a record for what they are', () => {
    expect(judgeRows(readList, answer(200, json, '{"result":[{"a":"1"}]}'))).toMatchObject({
      kind: 'ok',
      value: [{ a: '1' }],
    });
    expect(judgeRecord(readOne, answer(201, json, '{"result":{"a":"1"}}'))).toMatchObject({
      kind: 'ok',
      value: { a: '1' },
    });
  });

  it('takes the one record out of a list (trap 49), and refuses any other list where a record is expected', () => {
    expect(judgeRecord(readOne, answer(200, json, '{"result":[{"a":"1"}]}'))).toMatchObject({
      kind: 'ok',
      value: { a: '1' },
    });
    for (const list of ['[]', '["1"]', '[{"a":"1"},{"a":"2"}]']) {
      const judged = judgeRecord(readOne, answer(200, json, `{"result":${list}}`));
      expect(judged).toMatchObject({ kind: 'failed', otherShape: true });
    }
  });

  it('shortens and cleans what ServiceNow says', () => {
    const judged = judgeRows(readList, answer(403, json, error(`a\u0000b\n<b>c</b>${'x'.repeat(5_000)}`, null)));
    if (judged.kind === 'ok') throw new Error('called a success');
    expect(judged.failure.message).toMatch(/a b c x+…$/);
    expect(judged.failure.message.length).toBeLessThan(500);
  });

  it('leaves the query of a redirect out of the message', () => {
    const judged = judgeRows(
      readList,
      answer(302, { location: 'https://idp.example.com/saml?SAMLRequest=secret-thing' }, ''),
    );
    expect(JSON.stringify(judged)).not.toContain('secret-thing');
  });

  it('never throws and never calls a failure a success, whatever comes', () => {
    const status = fc.integer({ min: 100, max: 599 });
    const type = fc.constantFrom(
      'application/json',
      'application/json;charset=UTF-8',
      'text/html',
      'text/plain',
      '',
      '*/*',
    );
    const body = fc.oneof(
      fc.string(),
      fc.json(),
      fc.jsonValue().map((result) => JSON.stringify({ result })),
      fc.jsonValue().map((found) => JSON.stringify({ error: found })),
      fc.constantFrom(sleeping, loginPage, broken, '{"result":[]}', '{"result":[{"sys_id":"1"}]}', 'null', '[]', ''),
    );
    const extra = fc.dictionary(fc.constantFrom('location', 'retry-after', 'x-ratelimit-reset', 'date'), fc.string());
    fc.assert(
      fc.property(status, type, body, extra, (code, contentType, text, headers) => {
        const outcome = answer(code, { ...headers, 'content-type': contentType }, text);
        for (const judged of [judgeRows(readList, outcome), judgeRecord(post, outcome)]) {
          if (judged.kind === 'failed') {
            expect(judged.failure.retry).toBe(failureVerdicts[judged.failure.code]);
            continue;
          }
          expect(code).toBeGreaterThanOrEqual(200);
          expect(code).toBeLessThan(300);
          expect(contentType).toContain('json');
          expect(JSON.parse(text)).toHaveProperty('result');
        }
      }),
      { numRuns: 2_000 },
    );
  });
});

describe('the wait that a 429 asks for', () => {
  const date = 'Sun, 06 Nov 1994 08:49:37 GMT';
  const at = Date.parse(date) / 1_000;
  const waits: readonly [string, HttpHeaders, number | undefined][] = [
    ['Retry-After in seconds', { 'retry-after': '30' }, 30_000],
    ['Retry-After as a date', { date, 'retry-after': 'Sun, 06 Nov 1994 08:50:37 GMT' }, 60_000],
    ['Retry-After before X-RateLimit-Reset', { date, 'retry-after': '5', 'x-ratelimit-reset': String(at + 90) }, 5_000],
    ['X-RateLimit-Reset alone', { date, 'x-ratelimit-reset': String(at + 90) }, 90_000],
    ['a reset that is over', { date, 'x-ratelimit-reset': String(at - 90) }, 0],
    ['an absurd wait', { 'retry-after': '999999999' }, 86_400_000],
    ['trap 45: no header at all', {}, undefined],
    ['nonsense', { date, 'retry-after': 'soon', 'x-ratelimit-reset': 'later' }, undefined],
  ];
  it.each(waits)('is read from %s', (_name, headers, expected) => {
    const judged = judgeRows(readList, answer(429, headers, ''));
    if (judged.kind === 'ok') throw new Error('called a success');
    expect(judged.failure.retryAfterMs).toBe(expected);
  });
});

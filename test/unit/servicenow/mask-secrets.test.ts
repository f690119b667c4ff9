import { describe, expect, it } from 'vitest';
import { judgeRows } from '../../../delegate/servicenow/answer.ts';
import { judgeMasked, maskSecrets } from '../../../delegate/servicenow/mask-secrets.ts';
import type { Asked } from '../../../delegate/servicenow/refusal.ts';

const asked: Asked = { method: 'GET', subject: 'table incident', addressesRecord: false };

function targetOf(password: string) {
  return {
    baseUrl: 'https://example.service-now.com/',
    authentication: { kind: 'basic', username: 'integration', password },
  } as const;
}

const password = 'Pa<ss>w0rd&"x/\\ \u00e9\u{1f600}';

describe('a secret in a text of somebody else', () => {
  it.each([
    { what: 'as it is', escaped: password },
    { what: 'in JSON', escaped: JSON.stringify(password).slice(1, -1) },
    { what: 'in JSON with mark-up escaped', escaped: 'Pa\\u003css\\u003Ew0rd\\u0026\\"x\\/\\\\ \\u00e9\\ud83d\\ude00' },
    { what: 'in HTML', escaped: 'Pa&lt;ss&gt;w0rd&amp;&quot;x/\\ \u00e9\u{1f600}' },
    { what: 'in HTML by numbers', escaped: 'Pa&#60;ss&#x3E;w0rd&#038;&#34;x&#x2f;&#92; &#233;&#x1F600;' },
    { what: 'in HTML in JSON', escaped: 'Pa\\u0026lt;ss\\u0026gt;w0rd\\u0026amp;\\u0026quot;x/\\\\ \u00e9\u{1f600}' },
    { what: 'in a form', escaped: new URLSearchParams({ s: password }).toString().slice(2) },
    { what: 'in a path', escaped: encodeURIComponent(password) },
    { what: 'in a form that was decoded by half', escaped: password.replaceAll(' ', '+') },
    { what: 'escaped by half', escaped: password.replace('<', '\\u003c') },
    { what: 'in the header of basic log-in', escaped: Buffer.from(`integration:${password}`).toString('base64') },
  ])('is masked $what', ({ escaped }) => {
    expect(maskSecrets(`said ${escaped}, ${escaped}`, targetOf(password))).toBe('said [masked], [masked]');
  });

  it.each(['x<', 'aZ3', '\u00e9', '-._~+/='])('is masked however long it is, of %j', (part) => {
    const long = part.repeat(16_384);
    const inForm = new URLSearchParams({ s: long }).toString().slice(2);
    expect(maskSecrets(`said ${long} ${JSON.stringify(long)} ${inForm}`, targetOf(long))).toBe(
      'said [masked] "[masked]" [masked]',
    );
    for (const length of [499, 500, 501]) {
      const secret = long.slice(0, length);
      expect(maskSecrets(secret, targetOf(secret))).toBe('[masked]');
    }
  });

  it('is not taken for a pattern', () => {
    expect(maskSecrets('abc a.c a.c+', targetOf('a.c'))).toBe('abc [masked] [masked]+');
  });

  it.each([
    { what: 'JSON', type: 'application/json', wrap: (text: string) => `{"error":{"message":"${text}","detail":""}}` },
    { what: 'a page', type: 'text/html', wrap: (text: string) => `<html><title>${text}</title></html>` },
  ])('is not left in part where a message that quotes $what is cut', ({ type, wrap }) => {
    for (let length = 80; length < 310; length += 1) {
      const body = wrap(`${'y'.repeat(length)} Pa\\u003css&gt;w0rd`);
      const outcome = { kind: 'answer', status: 403, headers: { 'content-type': type }, body, ms: 1 } as const;
      const judged = judgeMasked((each) => judgeRows(asked, each), outcome, targetOf('Pa<ss>w0rd'));
      expect(JSON.stringify(judged)).not.toContain('Pa');
    }
  });
});

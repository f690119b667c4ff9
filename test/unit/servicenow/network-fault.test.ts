import { expect, it } from 'vitest';
import { classifyConnectFault, describeFault, isCut } from '../../../delegate/servicenow/network-fault.ts';

function fault(code: string): Error {
  return Object.assign(new Error(`it failed\nbadly`), { code });
}

it.each([
  ['ENOTFOUND', true, 'dns', undefined],
  ['ECONNREFUSED', true, 'tcp', undefined],
  ['UND_ERR_CONNECT_TIMEOUT', true, 'tcp', undefined],
  ['ECONNRESET', true, 'tls', undefined],
  ['ECONNRESET', false, 'tcp', undefined],
  ['DEPTH_ZERO_SELF_SIGNED_CERT', true, 'tls', /NODE_EXTRA_CA_CERTS=/],
  ['UNABLE_TO_GET_ISSUER_CERT_LOCALLY', true, 'tls', /NODE_EXTRA_CA_CERTS=/],
  ['CERT_HAS_EXPIRED', true, 'tls', /clock/],
  ['ERR_TLS_CERT_ALTNAME_INVALID', true, 'tls', /another host/],
  ['EPROTO', true, 'tls', undefined],
])('%s, with https %s, is a fault of %s', (code, https, cause, remedy) => {
  const found = classifyConnectFault(fault(code), https);
  expect(found).toMatchObject({ cause, detail: `${code} it failed badly` });
  expect(found.remedy ?? '').toMatch(remedy ?? /^$/);
});

it('the code of the first address stands for all of them', () => {
  const found = classifyConnectFault(new AggregateError([fault('ECONNREFUSED'), fault('ENETUNREACH')]), true);
  expect(found.cause).toBe('tcp');
});

it('a cut is told from what TLS itself found', () => {
  expect([fault('ECONNRESET'), fault('CERT_HAS_EXPIRED'), 'text', null].map(isCut)).toEqual([
    true,
    false,
    false,
    false,
  ]);
});

it('what is thrown may be anything', () => {
  expect([undefined, null, 'text', 7].map(describeFault)).toEqual(['undefined', 'null', 'text', '7']);
});

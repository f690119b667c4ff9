import { expect, it } from 'vitest';
import { classifyConnectFault, describeFault, isCut } from '../../../delegate/servicenow/network-fault.ts';

function fault(code: string): Error {
  return Object.assign(new Error(`it failed\nbadly`), { code });
}

it.each([
  ['ENOTFOUND', true, 'dns', undefined],
  ['ECONNREFUSED', true, 'tcp', /^Nothing listens at that port: check the port .* first/],
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

it('what OpenSSL says of an answer without TLS is told without its numbers and files', () => {
  const said =
    'write EPROTO 80EC1A8B7F7F0000:error:0A00010B:SSL routines:tls_validate_record_header:wrong version number:../deps/openssl/ssl/record/methods/tlsany_meth.c:77:\n';
  const found = classifyConnectFault(Object.assign(new Error(said), { code: 'EPROTO' }), true);
  expect(found).toEqual({
    cause: 'tls',
    detail: 'EPROTO wrong version number',
    remedy: 'There is no TLS at that port: the base URL begins with http:, or the port is another one.',
  });
});

it("Node's own advice on a certificate is left out", () => {
  const said = 'self-signed certificate; if the root CA is installed locally, try running Node.js with --use-system-ca';
  const error = Object.assign(new Error(said), { code: 'DEPTH_ZERO_SELF_SIGNED_CERT' });
  expect(describeFault(error)).toBe('DEPTH_ZERO_SELF_SIGNED_CERT self-signed certificate');
});

import { describe, expect, it } from 'vitest';
import {
  describeNetworkError,
  describeRefusedUpgrade,
  describeWrongSubprotocol,
} from '../../../delegate/link/dial-fault.ts';
import { socketUrlOf } from '../../../delegate/link/ws-socket.ts';

const url = 'wss://manager.example.com/api/v1/delegate';

describe('the address to dial', () => {
  it.each([
    ['https://m.example.com', 'wss://m.example.com/api/v1/delegate'],
    ['https://m.example.com/', 'wss://m.example.com/api/v1/delegate'],
    ['http://127.0.0.1:7420', 'ws://127.0.0.1:7420/api/v1/delegate'],
    ['https://example.com/tools/ticketgate/', 'wss://example.com/tools/ticketgate/api/v1/delegate'],
  ])('of %s is %s', (manager, expected) => {
    expect(socketUrlOf(manager)).toBe(expected);
  });
});

describe('an HTTP answer in the place of the upgrade', () => {
  it.each([
    [400, {}, 'redial-slowly', /Sec-WebSocket-Protocol/],
    [401, {}, 'redial-slowly', /not the manager that refused/],
    [403, { 'content-type': 'text/html', server: 'BigWall' }, 'redial-slowly', /log-in page/],
    [404, {}, 'redial', /path of --manager/],
    [407, {}, 'redial-slowly', /proxy asks for credentials/],
    [302, { location: 'https://sso.example.com/' }, 'redial-slowly', /https:\/\/sso\.example\.com/],
    [200, { 'content-type': 'text/html; charset=utf-8' }, 'redial-slowly', /log-in page/],
    [502, {}, 'redial', /load balancer/],
    [503, {}, 'redial', /load balancer/],
  ] as const)('%i is explained, and followed by what helps', (status, headers, after, remedy) => {
    const fault = describeRefusedUpgrade({ status, headers }, url);
    expect(fault).toMatchObject({ after, remedy: expect.stringMatching(remedy) });
    expect(fault.reason).toContain(`HTTP ${status}`);
  });

  it('names the middlebox that says who it is', () => {
    const headers = { 'content-type': 'text/html', server: 'BigWall', via: '1.1 edge' };
    expect(describeRefusedUpgrade({ status: 403, headers }, url).reason).toBe(
      'HTTP 403 with a web page in the place of a WebSocket, from BigWall, 1.1 edge',
    );
  });
});

describe('an error of the network', () => {
  it.each([
    ['ENOTFOUND', /--manager and the DNS/, 'redial'],
    ['EAI_AGAIN', /DNS/, 'redial'],
    ['ECONNREFUSED', /Nothing listens at manager\.example\.com/, 'redial'],
    ['ETIMEDOUT', /firewall/, 'redial'],
    ['ECONNRESET', /WebSockets through/, 'redial'],
    ['SELF_SIGNED_CERT_IN_CHAIN', /NODE_EXTRA_CA_CERTS/, 'redial-slowly'],
    ['UNABLE_TO_VERIFY_LEAF_SIGNATURE', /NODE_EXTRA_CA_CERTS/, 'redial-slowly'],
    ['CERT_HAS_EXPIRED', /Renew the certificate/, 'redial-slowly'],
    ['ERR_TLS_CERT_ALTNAME_INVALID', /host name/, 'redial-slowly'],
    ['ERR_SSL_WRONG_VERSION_NUMBER', /http:\/\//, 'redial-slowly'],
    ['HPE_INVALID_CONSTANT', /port/, 'redial-slowly'],
    ['EOTHER', /Check that manager\.example\.com/, 'redial'],
  ])('%s is explained by its code', (code, remedy, after) => {
    const fault = describeNetworkError(Object.assign(new Error('text'), { code }), url);
    expect(fault).toMatchObject({ after, remedy: expect.stringMatching(remedy) });
    expect(fault.reason).toContain(code);
  });

  it('without a subprotocol is told apart from all others', () => {
    expect(describeWrongSubprotocol(undefined, url).reason).toBe('no subprotocol ticketgate.v1');
  });
});

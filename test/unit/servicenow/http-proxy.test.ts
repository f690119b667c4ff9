import { describe, expect, it } from 'vitest';
import { chooseByRules, parseProxy } from '../../../delegate/servicenow/http-proxy.ts';

const basic = (text: string) => `Basic ${Buffer.from(text).toString('base64')}`;

describe("a proxy's URL", () => {
  it.each([
    ['http://proxy.example.com:3128', { origin: 'http://proxy.example.com:3128' }],
    ['proxy.example.com:3128', { origin: 'http://proxy.example.com:3128' }],
    ['https://proxy.example.com/', { origin: 'https://proxy.example.com' }],
    ['http://me:p%40ss@[::1]:3128', { origin: 'http://[::1]:3128', authorization: basic('me:p@ss') }],
    ['http://me@proxy', { origin: 'http://proxy', authorization: basic('me:') }],
  ])('%s is read', (text, proxy) => expect(parseProxy(text)).toEqual({ proxy }));

  it.each([
    'socks5://proxy:1080',
    'http://:3128',
    'http://proxy/path',
    'http://proxy/?a=1',
    'http://me:50%@proxy',
    'a b',
  ])('%s is refused, and not quoted', (text) => {
    const parsed = parseProxy(text);
    expect(parsed).toHaveProperty('fault');
    expect(JSON.stringify(parsed)).not.toContain(text);
  });
});

describe('the proxy for a URL', () => {
  const forHttps = { origin: 'http://secure:1' };
  const forHttp = { origin: 'http://plain:1' };

  it.each([
    ['https://snow.example.com/', [], forHttps],
    ['http://snow.example.com/', [], forHttp],
    ['https://localhost:8443/', [], undefined],
    ['https://127.0.0.1/', [], undefined],
    ['http://[::1]:7480/', [], undefined],
    ['https://snow.example.com/', ['*'], undefined],
    ['https://snow.example.com/', ['snow.example.com'], undefined],
    ['https://snow.example.com/', ['SNOW.example.com'], undefined],
    ['https://snow.example.com/', ['example.com'], undefined],
    ['https://snow.example.com/', ['.example.com'], undefined],
    ['https://snow.example.com/', ['*.example.com'], undefined],
    ['https://snow.example.com/', ['snow.example.com:443'], undefined],
    ['https://snow.example.com/', ['snow.example.com:8443'], forHttps],
    ['https://badexample.com/', ['example.com'], forHttps],
    ['https://snow.example.com/', ['com.example', '', '.'], forHttps],
    ['https://10.0.0.5/', ['10.0.0.5'], undefined],
    ['https://[fd00::1]/', ['[fd00::1]'], undefined],
  ])('%s with NO_PROXY %j', (url, noProxy, expected) => {
    expect(chooseByRules({ forHttps, forHttp, noProxy })(new URL(url))).toEqual(expected);
  });
});

import { describe, expect, it } from 'vitest';
import { UsageError } from '#runtime/options.ts';
import { readProxySettings } from '../../../delegate/proxy-settings.ts';

const snow = new URL('https://snow.example.com/');

function originFor(setting: string | undefined, env: Record<string, string>, url = snow) {
  return readProxySettings(setting, env).proxyFor(url)?.origin;
}

describe('the proxy for ServiceNow', () => {
  it.each([
    ['nothing is set', undefined, {}, undefined],
    ['HTTPS_PROXY is set', undefined, { HTTPS_PROXY: 'http://a:1' }, 'http://a:1'],
    ['https_proxy is set', undefined, { https_proxy: 'http://a:1' }, 'http://a:1'],
    ['both are set', undefined, { HTTPS_PROXY: 'http://a:1', https_proxy: 'http://b:1' }, 'http://b:1'],
    ['the variable is empty', undefined, { HTTPS_PROXY: '' }, undefined],
    ['only HTTP_PROXY is set', undefined, { HTTP_PROXY: 'http://a:1' }, undefined],
    ['NO_PROXY names the host', undefined, { HTTPS_PROXY: 'http://a:1', NO_PROXY: 'x, snow.example.com' }, undefined],
    ['the setting is given', 'http://c:1', { HTTPS_PROXY: 'http://a:1', NO_PROXY: '*' }, 'http://c:1'],
    ['the setting is none', 'none', { HTTPS_PROXY: 'http://a:1' }, undefined],
    ['the setting is none and a variable is wrong', 'none', { HTTPS_PROXY: 'socks5://a:1' }, undefined],
  ])('when %s', (_, setting, env, expected) => expect(originFor(setting, env)).toBe(expected));

  it('is HTTP_PROXY for an http instance', () => {
    const env = { HTTPS_PROXY: 'http://a:1', http_proxy: 'http://b:1' };
    expect(originFor(undefined, env, new URL('http://snow.example.com/'))).toBe('http://b:1');
  });

  it('is shown in the log without credentials', () => {
    const env = { HTTPS_PROXY: 'http://me:open-sesame@a:1', NO_PROXY: 'b' };
    for (const setting of [undefined, 'http://me:open-sesame@a:1']) {
      const described = JSON.stringify(readProxySettings(setting, env).described);
      expect(described).toContain('http://a:1');
      expect(described).not.toContain('sesame');
    }
  });

  it('ends the start when a variable holds no HTTP proxy, and names it without quoting it', () => {
    const read = () => readProxySettings(undefined, { HTTPS_PROXY: 'socks5://me:open-sesame@a:1' });
    expect(read).toThrow(UsageError);
    expect(read).toThrow(/^HTTPS_PROXY: expected the URL of an HTTP proxy, such as http:\/\/proxy\.example\.com:3128$/);
  });
});

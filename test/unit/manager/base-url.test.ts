import { describe, expect, it } from 'vitest';
import { readBaseUrl } from '../../../manager/core/base-url.ts';

describe('reading a base URL', () => {
  it.each([
    ['https://example.service-now.com', 'https://example.service-now.com/'],
    ['  https://example.service-now.com///  ', 'https://example.service-now.com/'],
    ['https://proxy.example.com/snow/prod', 'https://proxy.example.com/snow/prod/'],
    ['HTTPS://Example.Service-Now.com/', 'https://example.service-now.com/'],
  ])('takes %s as %s', (text, url) => {
    expect(readBaseUrl(text, { allowHttp: false })).toEqual({ url });
  });

  it.each([
    ['example.service-now.com', 'is no URL'],
    ['ftp://example.com/', 'has the scheme ftp:'],
    ['http://example.com/', 'is http'],
    ['https://user:pass@example.com/', 'carries credentials'],
    ['https://example.com/?a=1', 'carries a query'],
    ['https://example.com/#x', 'carries a fragment'],
  ])('refuses %s: %s', (text, fault) => {
    expect(readBaseUrl(text, { allowHttp: false })).toMatchObject({ fault: expect.stringContaining(fault) });
  });

  it('takes http when the manager is told to', () => {
    expect(readBaseUrl('http://127.0.0.1:7480', { allowHttp: true })).toEqual({ url: 'http://127.0.0.1:7480/' });
  });
});

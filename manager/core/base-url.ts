/** Reads a connector's base URL: trimmed, one trailing slash. A fault says what is wrong and what to give instead. */
export function readBaseUrl(
  text: string,
  rules: { allowHttp: boolean },
): { url: string } | { fault: string; insecure?: true } {
  const url = URL.parse(text.trim());
  if (!url) return { fault: 'is no URL; give one such as https://example.service-now.com/' };
  if (url.protocol !== 'https:' && url.protocol !== 'http:')
    return { fault: `has the scheme ${url.protocol}; give an https URL` };
  if (url.protocol === 'http:' && !rules.allowHttp)
    return { fault: 'is http: the password would cross the network in the clear; give an https URL', insecure: true };
  if (url.username !== '' || url.password !== '')
    return { fault: 'carries credentials; give them as username and secret' };
  if (url.search !== '') return { fault: 'carries a query; give the address alone' };
  if (url.hash !== '') return { fault: 'carries a fragment; give the address alone' };
  return { url: `${url.origin}${url.pathname.replace(/\/+$/, '')}/` };
}

/**
 * What readers see of a webhook's URL: its origin. Path and query are left out, since many receivers know their senders
 * by a secret there.
 */
export function shownUrl(url: string): string {
  if (!URL.canParse(url)) return '';
  const { origin, pathname, search } = new URL(url);
  return `${origin}/${pathname === '/' && search === '' ? '' : '…'}`;
}

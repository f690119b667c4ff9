/**
 * What readers see of a webhook's URL: its origin. Path and query are left out, since many receivers know their senders
 * by a secret there.
 */
export function shownUrl(url: string): string {
  if (!URL.canParse(url)) return '';
  const { origin, pathname, search } = new URL(url);
  return `${origin}/${pathname === '/' && search === '' ? '' : '…'}`;
}

/** A part of a URL that is shorter is in many texts by chance, and no secret. */
const shortestHidden = 6;

/** Takes out of a text that was answered what of the URL is not shown: a receiver's fault page often names its path. */
export function hideUrl(text: string, url: string): string {
  if (!URL.canParse(url)) return text;
  const { pathname, search, searchParams } = new URL(url);
  const parts = [pathname + search, search.slice(1), pathname, ...searchParams.values(), ...pathname.split('/')];
  const forms = parts.flatMap((part) => [part, decoded(part)]).flatMap((part) => [part, part.replaceAll('&', '&amp;')]);
  const hidden = [...new Set(forms)].filter(({ length }) => length >= shortestHidden);
  return hidden
    .toSorted((one, other) => other.length - one.length)
    .reduce((shown, part) => shown.replaceAll(part, '…'), text);
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

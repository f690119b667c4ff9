export interface Page {
  readonly total: number;
  readonly offset: number;
  readonly limit: number;
}

/** Makes the `Link` header of a page of rows; undefined when one page holds everything. */
export function pageLinks(
  address: string,
  parameters: URLSearchParams,
  { total, offset, limit }: Page,
  negativePrev: boolean,
): string | undefined {
  if (limit === 0 || (offset === 0 && total <= limit)) return undefined;
  const last = total === 0 ? 0 : Math.floor((total - 1) / limit) * limit;
  const links: [string, number][] = [['first', 0]];
  if (offset > 0) links.push(['prev', Math.max(0, offset - limit)]);
  else if (negativePrev) links.push(['prev', -limit]);
  if (offset + limit < total) links.push(['next', offset + limit]);
  links.push(['last', last]);
  return links.map(([rel, at]) => `<${linkAt(address, parameters, limit, at)}>;rel="${rel}"`).join(',');
}

/** Repeats the whole query of the request; commas stay as they are, which is why splitting at them goes wrong. */
function linkAt(address: string, parameters: URLSearchParams, limit: number, offset: number): string {
  const repeated = new URLSearchParams(parameters);
  repeated.set('sysparm_limit', String(limit));
  repeated.set('sysparm_offset', String(offset));
  return `${address}?${repeated.toString().replaceAll('+', '%20').replaceAll('%2C', ',')}`;
}

/** What the address of the list says: which approvals. */
export interface ApprovalsSearch {
  readonly show?: 'ended';
  readonly number?: string;
}

/** Reads an address that anybody may have typed: what is no filter is left out. */
export function readApprovalsSearch(search: Readonly<Record<string, unknown>>): ApprovalsSearch {
  // An address that ends with a bare number is read as one.
  const number = typeof search.number === 'number' ? String(search.number) : search.number;
  return {
    ...(search.show === 'ended' && { show: 'ended' }),
    ...(typeof number === 'string' && /^[A-Za-z0-9_-]{1,80}$/.test(number) && { number }),
  };
}

import { isIP } from 'node:net';
import ipaddr from 'ipaddr.js';

type Address = ipaddr.IPv4 | ipaddr.IPv6;

/** What an administrator lets webhooks reach besides public addresses. */
export type Allowed =
  | { readonly kind: 'host'; readonly host: string }
  | { readonly kind: 'suffix'; readonly suffix: string }
  | { readonly kind: 'range'; readonly network: Address; readonly bits: number };

/** Reads a host name, `*.suffix`, an address or a CIDR; undefined when it is none. */
export function readAllowed(text: string): Allowed | undefined {
  const entry = text.toLowerCase();
  const [address = '', bits, ...rest] = entry.split('/');
  // What `ipaddr` takes for an address besides, such as 10 or 0x7f.1, was hardly meant.
  const version = isIP(address);
  if (version !== 0 && rest.length === 0) {
    const most = version === 4 ? 32 : 128;
    const network = ipaddr.parse(address);
    if (bits === undefined) return { kind: 'range', network, bits: most };
    return /^\d{1,3}$/.test(bits) && Number(bits) <= most ? { kind: 'range', network, bits: Number(bits) } : undefined;
  }
  if (entry.startsWith('*.') && hostPattern.test(entry.slice(2))) return { kind: 'suffix', suffix: entry.slice(1) };
  return hostPattern.test(entry) && !/^[\d.]+$/.test(entry) ? { kind: 'host', host: entry } : undefined;
}

/** Says which hosts and addresses webhooks may reach: public ones, and what is allowed besides. */
export class AddressGuard {
  readonly #allowed: readonly Allowed[];

  constructor(allowed: readonly Allowed[]) {
    this.#allowed = allowed;
  }

  /** Tells whether a host is allowed as such: then its addresses need not be public, nor need it have TLS. */
  allowsHost(host: string): boolean {
    return this.#allowed.some((entry) => isHostOf(entry, host));
  }

  /** Says why nothing is sent to an address; undefined: it may be. */
  findFault(address: string): string | undefined {
    if (isIP(address) === 0) return `${address} is no address`;
    // An IPv4 address that is written as IPv6 is that IPv4 address.
    const parsed = ipaddr.process(address);
    if (this.#allowed.some((entry) => entry.kind === 'range' && isWithin(parsed, entry))) return undefined;
    const range = parsed.range();
    if (range !== 'unicast') return `${address} is not public (${rangeWords[range] ?? range})`;
    if (parsed.kind() === 'ipv6' && !isWithin(parsed, globalUnicast)) return `${address} is not public (reserved)`;
    if (parsed.toString() === azureHost) return `${address} is not public (the host of a virtual machine)`;
    return undefined;
  }
}

function isHostOf(entry: Allowed, host: string): boolean {
  switch (entry.kind) {
    case 'host':
      return host === entry.host;
    case 'suffix':
      return host.endsWith(entry.suffix);
    case 'range':
      return isIP(host) !== 0 && isWithin(ipaddr.process(host), entry);
  }
}

function isWithin(address: Address, { network, bits }: { network: Address; bits: number }): boolean {
  const unmapped = ipaddr.process(network.toString());
  // A range of IPv4 that is written as IPv6 has 96 bits before it.
  const ownBits = unmapped.kind() === network.kind() ? bits : bits - 96;
  return unmapped.kind() === address.kind() && ownBits >= 0 && address.match(unmapped, ownBits);
}

const hostPattern = /^(?=.{1,253}$)[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?(\.[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?)*$/;

/** All that the Internet assigns of IPv6; the library takes some of what lies outside, such as `::127.0.0.1`, for public. */
const globalUnicast = { network: ipaddr.parse('2000::'), bits: 3 };

/** Looks public, and answers the virtual machines of Azure alone: among others with their credentials. */
const azureHost = '168.63.129.16';

const rangeWords: Readonly<Record<string, string>> = {
  private: 'a private network',
  loopback: 'this machine itself',
  linkLocal: 'link-local, where clouds keep their metadata',
  carrierGradeNat: 'a carrier-grade NAT',
  uniqueLocal: 'a private network',
  unspecified: 'unspecified',
  multicast: 'multicast',
  broadcast: 'broadcast',
  reserved: 'reserved',
  rfc6052: 'an IPv4 address behind a NAT64',
  rfc6145: 'a translated IPv4 address',
  '6to4': 'an IPv4 address in a 6to4 tunnel',
  teredo: 'a Teredo tunnel',
};

import { describe, expect, it } from 'vitest';
import { AddressGuard, type Allowed, readAllowed } from '../../../manager/webhooks/address-guard.ts';

function guardOf(...entries: string[]): AddressGuard {
  return new AddressGuard(
    entries.map((entry) => readAllowed(entry)).filter((read): read is Allowed => read !== undefined),
  );
}

const publicOnes = [
  '8.8.8.8',
  '1.1.1.1',
  '172.15.255.255',
  '172.32.0.0',
  '100.128.0.0',
  '2606:4700:4700::1111',
  '::ffff:8.8.8.8',
];

const refused = [
  ['this network', '0.0.0.0'],
  ['this network', '0.1.2.3'],
  ['private', '10.0.0.1'],
  ['private', '172.16.0.1'],
  ['private', '172.31.255.255'],
  ['private', '192.168.1.1'],
  ['loopback', '127.0.0.1'],
  ['loopback', '127.255.255.254'],
  ['link-local', '169.254.1.1'],
  ['metadata of clouds', '169.254.169.254'],
  ['metadata of a cloud', '100.100.100.200'],
  ['metadata of a cloud', '192.0.0.192'],
  ['metadata of a cloud', '168.63.129.16'],
  ['the same as IPv6', '::ffff:168.63.129.16'],
  ['the same in hexadecimal', '::ffff:a83f:8110'],
  ['metadata of a cloud, IPv6', 'fd00:ec2::254'],
  ['carrier-grade NAT', '100.64.0.1'],
  ['carrier-grade NAT', '100.127.255.255'],
  ['protocol assignments', '192.0.0.1'],
  ['documentation', '192.0.2.1'],
  ['documentation', '198.51.100.1'],
  ['documentation', '203.0.113.1'],
  ['benchmarks', '198.18.0.1'],
  ['multicast', '224.0.0.1'],
  ['reserved', '240.0.0.1'],
  ['broadcast', '255.255.255.255'],
  ['unspecified, IPv6', '::'],
  ['loopback, IPv6', '::1'],
  ['IPv4-mapped', '::ffff:127.0.0.1'],
  ['IPv4-mapped', '::ffff:10.0.0.1'],
  ['IPv4-mapped, in hexadecimal', '::ffff:a9fe:a9fe'],
  ['IPv4-compatible', '::127.0.0.1'],
  ['IPv4-compatible', '::10.0.0.1'],
  ['IPv4-translated', '::ffff:0:127.0.0.1'],
  ['NAT64', '64:ff9b::10.0.0.1'],
  ['NAT64, local', '64:ff9b:1::10.0.0.1'],
  ['6to4', '2002:0a00:0001::1'],
  ['Teredo', '2001:0:53aa:64c::1'],
  ['unique local', 'fd12:3456::1'],
  ['link-local, IPv6', 'fe80::1'],
  ['link-local with a zone', 'fe80::1%eth0'],
  ['site-local', 'fec0::1'],
  ['multicast, IPv6', 'ff02::1'],
  ['discard', '100::1'],
  ['documentation, IPv6', '2001:db8::1'],
  ['documentation, IPv6', '3fff::1'],
  ['segment routing', '5f00::1'],
  ['not assigned', '4000::1'],
] as const;

describe('the guard of addresses', () => {
  it.each(publicOnes)('lets webhooks reach a public address: %s', (address) => {
    expect(guardOf().findFault(address)).toBeUndefined();
  });

  it.each(refused)('refuses what is not public (%s): %s', (_, address) => {
    expect(guardOf().findFault(address)).toContain('is not public');
  });

  it('refuses what is no address at all', () => {
    for (const text of ['', 'localhost', '10', '0x7f.1', '127.1']) expect(guardOf().findFault(text)).toBeDefined();
  });

  it.each([
    ['10.1.0.0/16', '10.1.2.3', '10.2.0.1'],
    ['10.1.0.0/16', '::ffff:10.1.2.3', '::ffff:10.2.0.1'],
    ['::ffff:10.1.0.0/112', '10.1.2.3', '10.2.0.1'],
    ['10.1.2.3', '10.1.2.3', '10.1.2.4'],
    ['fd00:1::/32', 'fd00:1::5', 'fd00:2::5'],
    ['::1', '::1', '127.0.0.1'],
    ['168.63.129.16', '168.63.129.16', '169.254.169.254'],
  ])('lets an address in that %s allows, and its neighbours not', (entry, inside, outside) => {
    const guard = guardOf(entry);
    expect(guard.findFault(inside)).toBeUndefined();
    expect(guard.findFault(outside)).toBeDefined();
  });

  it('knows an allowed host by its whole name, by a suffix of whole labels, or by its address', () => {
    const guard = guardOf('Hooks.Example.com', '*.ci.example.com', '10.0.0.0/8');
    expect(
      ['hooks.example.com', 'a.ci.example.com', 'b.a.ci.example.com', '10.9.9.9'].map((h) => guard.allowsHost(h)),
    ).toEqual([true, true, true, true]);
    expect(
      [
        'example.com',
        'evilhooks.example.com',
        'ci.example.com',
        'evilci.example.com',
        '11.0.0.1',
        'hooks.example.com.evil.org',
      ].map((host) => guard.allowsHost(host)),
    ).toEqual([false, false, false, false, false, false]);
  });

  it.each([
    '10.0.0.0/33',
    '10.0.0.0/8/8',
    '10.0.0',
    '*',
    '*.',
    'a b',
    'https://example.com',
    'example.com:443',
    '-a',
    '::1/129',
    '',
  ])('takes no such entry: %s', (entry) => {
    expect(readAllowed(entry)).toBeUndefined();
  });
});

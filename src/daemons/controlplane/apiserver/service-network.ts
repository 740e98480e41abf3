import { BlockList, isIP } from 'node:net';

/** Where Services get their addresses and their ports on nodes from. */
export interface ServiceNetwork {
  readonly cidr: string;
  readonly family: 'IPv4' | 'IPv6';
  /** How many addresses can be given out. */
  readonly size: number;
  /** The address with this number, from 1 to `size`. The first is for the Service `kubernetes`. */
  readonly address: (number: number) => string;
  readonly contains: (address: string) => boolean;
}

/** The first and the last port of nodes that Services get. */
export const NODE_PORTS = [30_000, 32_767] as const;

/** Networks are not used further than this: nobody has as many Services. */
const MAX_SIZE = 2 ** 20;

/** Of a valid network of at least eight addresses: `10.96.0.0/16`, or one of IPv6. */
export function serviceNetwork(cidr: string): ServiceNetwork {
  const [base = '', prefixText = ''] = cidr.split('/');
  const version = isIP(base);
  const bits = version === 4 ? 32 : 128;
  const prefix = Number(prefixText);
  const family = version === 4 ? 'ipv4' : 'ipv6';
  const network = new BlockList();
  network.addSubnet(base, prefix, family);
  const mask = (1n << BigInt(bits)) - (1n << BigInt(bits - prefix));
  const first = toNumber(base, version) & mask;
  return {
    cidr,
    family: version === 4 ? 'IPv4' : 'IPv6',
    // Neither the network's own address nor, in IPv4, the one of all its hosts.
    size: Math.min(2 ** Math.min(bits - prefix, 30) - 2, MAX_SIZE),
    address: (number) => toAddress(first + BigInt(number), version),
    contains: (address) => isIP(address) === version && network.check(address, family),
  };
}

function toNumber(address: string, version: number): bigint {
  if (version === 4) return address.split('.').reduce((sum, part) => sum * 256n + BigInt(part), 0n);
  const [head = '', tail] = address.split('::');
  const groups = (text: string): string[] => (text === '' ? [] : text.split(':'));
  const [before, after] = [groups(head), groups(tail ?? '')];
  const zeros = tail === undefined ? [] : new Array<string>(8 - before.length - after.length).fill('0');
  return [...before, ...zeros, ...after].reduce((sum, group) => sum * 65_536n + BigInt(`0x${group}`), 0n);
}

function toAddress(value: bigint, version: number): string {
  if (version === 4) return [24n, 16n, 8n, 0n].map((shift) => String((value >> shift) & 255n)).join('.');
  const groups = Array.from({ length: 8 }, (_, index) => ((value >> BigInt((7 - index) * 16)) & 65_535n).toString(16));
  return new URL(`http://[${groups.join(':')}]`).hostname.slice(1, -1);
}

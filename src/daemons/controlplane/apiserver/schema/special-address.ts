import { BlockList, isIP } from 'node:net';
import { eachInvalid, invalid, type FieldError } from './field-error.ts';
import { validIp } from './name-rules.ts';

const SPECIAL: readonly (readonly [string, readonly (readonly [string, number, 'ipv4' | 'ipv6'])[]])[] = [
  ['may not be unspecified (0.0.0.0)', [['0.0.0.0', 32, 'ipv4'], ['::', 128, 'ipv6']]],
  ['may not be in the loopback range (127.0.0.0/8)', [['127.0.0.0', 8, 'ipv4'], ['::1', 128, 'ipv6']]],
  ['may not be in the link-local range (169.254.0.0/16)', [['169.254.0.0', 16, 'ipv4'], ['fe80::', 10, 'ipv6']]],
  ['may not be in the link-local multicast range (224.0.0.0/24)', [['224.0.0.0', 24, 'ipv4'], ['ff02::', 16, 'ipv6']]],
]; // prettier-ignore

const BLOCKS = SPECIAL.map(([text, networks]) => {
  const list = new BlockList();
  for (const [address, prefix, family] of networks) list.addSubnet(address, prefix, family);
  return { text, list };
});

/** Checks an address that others are to reach. */
export function validateReachable(address: string, field: string): FieldError[] {
  return isIP(address) === 0 ? eachInvalid(field, address, validIp(address)) : validateNonSpecial(address, field);
}

/** It must mean the same everywhere. */
export function validateNonSpecial(address: string, field: string): FieldError[] {
  const version = isIP(address);
  if (version === 0) return [invalid(field, address, 'must be a valid IP address')];
  const family = version === 4 ? 'ipv4' : 'ipv6';
  return BLOCKS.filter(({ list }) => list.check(address, family)).map(({ text }) => invalid(field, address, text));
}

import { eachInvalid, invalid, required, type FieldError } from './field-error.ts';
import { goStringList } from './go-syntax.ts';
import { dnsSubdomain, ipAddress } from './name-rules.ts';
import type { PodSpec } from './pod-types.ts';

const MAX_SERVERS = 3;
const MAX_SEARCHES = 6;

/** Checks how a pod finds names. */
export function validateDns({ dnsPolicy, dnsConfig }: PodSpec): FieldError[] {
  const field = 'spec.dnsConfig';
  const none = dnsPolicy === 'None';
  if (dnsConfig === undefined) return none ? [required(field, 'must provide `dnsConfig` when `dnsPolicy` is None')] : [];
  const { nameservers = [], searches = [], options = [] } = dnsConfig;
  const errors: FieldError[] = [];
  if (none && nameservers.length === 0) {
    errors.push(required(`${field}.nameservers`, 'must provide at least one DNS nameserver when `dnsPolicy` is None'));
  }
  if (nameservers.length > MAX_SERVERS) {
    errors.push(invalid(`${field}.nameservers`, goStringList(nameservers), `must not have more than ${MAX_SERVERS} nameservers`));
  }
  nameservers.forEach((address, index) => errors.push(...eachInvalid(`${field}.nameservers[${index}]`, address, ipAddress(address))));
  if (searches.length > MAX_SEARCHES) {
    errors.push(invalid(`${field}.searches`, goStringList(searches), `must not have more than ${MAX_SEARCHES} search paths`));
  }
  searches.forEach((path, index) => {
    const name = path.replace(/\.$/, '');
    errors.push(...eachInvalid(`${field}.searches[${index}]`, name, dnsSubdomain(name)));
  });
  options.forEach(({ name = '' }, index) => {
    if (name === '') errors.push(required(`${field}.options[${index}]`, 'must not be empty'));
  });
  return errors;
}

/** Checks what a pod knows of others by itself. */
export function validateHostAliases({ hostAliases = [] }: PodSpec): FieldError[] {
  return hostAliases.flatMap(({ ip = '', hostnames = [] }) => [
    ...eachInvalid('spec.hostAliases.ip', ip, ipAddress(ip)),
    ...hostnames.flatMap((name) => eachInvalid('spec.hostAliases.hostnames', name, dnsSubdomain(name))),
  ]);
}

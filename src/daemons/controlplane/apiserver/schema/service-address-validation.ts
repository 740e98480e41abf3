import { isIP } from 'node:net';
import { duplicate, eachInvalid, invalid, notSupported, required, type FieldError } from './field-error.ts';
import { goStringList } from './go-syntax.ts';
import { validIp } from './name-rules.ts';
import { HEADLESS, type ServiceSpec } from './service-types.ts';

const FAMILIES = ['IPv4', 'IPv6'];
const POLICIES = ['PreferDualStack', 'RequireDualStack', 'SingleStack'];

/** Checks the addresses that a Service asks for; whether they are free is found when they are allocated. */
export function validateClusterIPs(spec: ServiceSpec): FieldError[] {
  const { type, clusterIP = '', clusterIPs = [] } = spec;
  if (type === 'ExternalName') return [];
  const errors = validateFamilies(spec);
  const [first = ''] = clusterIPs;
  if (clusterIP !== '' && clusterIPs.length === 0) errors.push(required('spec.clusterIPs'));
  if (clusterIPs.length > 0 && clusterIP !== first) {
    errors.push(
      invalid(
        'spec.clusterIPs',
        goStringList(clusterIPs),
        clusterIP === '' ? 'must be empty when clusterIP is empty' : 'element [0] must match clusterIP',
      ),
    );
  }
  clusterIPs.forEach((address, index) => {
    const field = `spec.clusterIPs[${index}]`;
    if (address === HEADLESS) {
      if (clusterIPs.length > 1)
        errors.push(invalid('spec.clusterIPs', goStringList(clusterIPs), "'None' must be the first and only value"));
    } else if (isIP(address) === 0) errors.push(...eachInvalid(field, address, validIp(address)));
  });
  if (clusterIPs.length > 2) errors.push(invalid('spec.clusterIPs', goStringList(clusterIPs), 'may only hold up to 2 values'));
  return errors;
}

function validateFamilies({ ipFamilies = [], ipFamilyPolicy }: ServiceSpec): FieldError[] {
  const errors = ipFamilies.flatMap((family, index) => {
    const field = `spec.ipFamilies[${index}]`;
    if (!FAMILIES.includes(family)) return [notSupported(field, family, FAMILIES)];
    return ipFamilies.indexOf(family) < index ? [duplicate(field, family)] : [];
  });
  if (ipFamilyPolicy !== undefined && !POLICIES.includes(ipFamilyPolicy)) {
    errors.push(notSupported('spec.ipFamilyPolicy', ipFamilyPolicy, POLICIES));
  }
  return errors;
}

/** What others have learned of a Service stays: its address, as long as it has one of its own. */
export function validateClusterIPsUpdate(spec: ServiceSpec, old: ServiceSpec): FieldError[] {
  if (spec.type === 'ExternalName' || old.type === 'ExternalName') return [];
  const [now = '', before = ''] = [spec.clusterIPs?.[0], old.clusterIPs?.[0]];
  return before !== '' && now !== before
    ? [invalid('spec.clusterIPs[0]', goStringList(spec.clusterIPs ?? []), 'may not change once set')]
    : [];
}

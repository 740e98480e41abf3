import { duplicate, invalid, notSupported, required, type FieldError } from './field-error.ts';
import type { PodSpec, SecurityContext } from './pod-types.ts';

const PROFILES = ['Localhost', 'RuntimeDefault', 'Unconfined'];
const GROUP_POLICIES = ['Always', 'OnRootMismatch'];
const MAX_ID = 2 ** 31 - 1;
const SYSCTL = '([a-z0-9]([-_a-z0-9]*[a-z0-9])?\\.)*[a-z0-9]([-_a-z0-9]*[a-z0-9])?';
const SYSCTL_FORM = new RegExp(`^${SYSCTL}$`);
const MAX_SYSCTL = 253;

export function validateContainerSecurity(context: SecurityContext | undefined, field: string): FieldError[] {
  if (context === undefined) return [];
  const { privileged, allowPrivilegeEscalation: escalates, capabilities, runAsUser, runAsGroup } = context;
  const errors = [
    ...validateId(runAsUser, `${field}.runAsUser`),
    ...validateId(runAsGroup, `${field}.runAsGroup`),
    ...validateSeccomp(context.seccompProfile, `${field}.seccompProfile`),
  ];
  if (escalates !== false) return errors;
  if (privileged === true) errors.push(invalid(field, context, 'cannot set `allowPrivilegeEscalation` to false and `privileged` to true'));
  if (capabilities?.add?.includes('CAP_SYS_ADMIN') === true) {
    errors.push(invalid(field, context, 'cannot set `allowPrivilegeEscalation` to false and `capabilities.Add` CAP_SYS_ADMIN'));
  }
  return errors;
}

export function validatePodSecurity({ securityContext: context = {}, ...spec }: PodSpec): FieldError[] {
  const field = 'spec.securityContext';
  const { fsGroup, runAsUser, runAsGroup, supplementalGroups = [], fsGroupChangePolicy: policy } = context;
  return [
    ...validateId(fsGroup, `${field}.fsGroup`),
    ...validateId(runAsUser, `${field}.runAsUser`),
    ...validateId(runAsGroup, `${field}.runAsGroup`),
    ...supplementalGroups.flatMap((group, index) => validateId(group, `${field}.supplementalGroups[${index}]`)),
    ...(spec.shareProcessNamespace === true && spec.hostPID === true
      ? [invalid(`${field}.shareProcessNamespace`, true, 'ShareProcessNamespace and HostPID cannot both be enabled')]
      : []),
    ...validateSysctls(context.sysctls ?? [], `${field}.sysctls`),
    ...(policy === undefined || GROUP_POLICIES.includes(policy)
      ? []
      : [notSupported(`${field}.fsGroupChangePolicy`, policy, GROUP_POLICIES)]),
    ...validateSeccomp(context.seccompProfile, `${field}.seccompProfile`),
  ];
}

function validateId(id: number | undefined, field: string): FieldError[] {
  return id === undefined || (id >= 0 && id <= MAX_ID) ? [] : [invalid(field, id, `must be between 0 and ${MAX_ID}, inclusive`)];
}

function validateSeccomp(profile: SecurityContext['seccompProfile'], field: string): FieldError[] {
  if (profile === undefined) return [];
  const { type = '', localhostProfile } = profile;
  const errors: FieldError[] = [];
  if (type === 'Localhost') {
    if (localhostProfile === undefined) errors.push(required(`${field}.localhostProfile`, 'must be set when seccomp type is Localhost'));
  } else if (localhostProfile !== undefined) {
    errors.push(invalid(`${field}.localhostProfile`, profile, 'can only be set when seccomp type is Localhost'));
  }
  if (type === '') errors.push(required(`${field}.type`, 'type is required when seccompProfile is set'));
  else if (!PROFILES.includes(type)) errors.push(notSupported(`${field}.type`, type, PROFILES));
  return errors;
}

function validateSysctls(sysctls: readonly { name?: string }[], field: string): FieldError[] {
  const seen = new Set<string>();
  return sysctls.flatMap(({ name = '' }, index) => {
    const place = `${field}[${index}].name`;
    if (name === '') return [required(place)];
    if (name.length > MAX_SYSCTL || !SYSCTL_FORM.test(name)) {
      return [invalid(place, name, `must have at most ${MAX_SYSCTL} characters and match regex ${SYSCTL}`)];
    }
    if (seen.has(name)) return [duplicate(place, name)];
    seen.add(name);
    return [];
  });
}

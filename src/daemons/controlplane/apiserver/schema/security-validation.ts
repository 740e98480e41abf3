import { duplicate, invalid, notSupported, required, tooLong, type FieldError } from './field-error.ts';
import type { PodSpec, SecurityContext } from './pod-types.ts';

const PROFILES = ['Localhost', 'RuntimeDefault', 'Unconfined'];
const GROUP_POLICIES = ['Always', 'OnRootMismatch'];
const SUPPLEMENTAL_POLICIES = ['Merge', 'Strict'];
const SELINUX_POLICIES = ['MountOption', 'Recursive'];
/** PATH_MAX, less the end of the text. */
const MAX_PROFILE = 4095;
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
    ...validateAppArmor(context.appArmorProfile, `${field}.appArmorProfile`),
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
  const { fsGroup, runAsUser, runAsGroup, supplementalGroups = [] } = context;
  return [
    ...validateId(fsGroup, `${field}.fsGroup`),
    ...validateId(runAsUser, `${field}.runAsUser`),
    ...validateId(runAsGroup, `${field}.runAsGroup`),
    ...supplementalGroups.flatMap((group, index) => validateId(group, `${field}.supplementalGroups[${index}]`)),
    ...(spec.shareProcessNamespace === true && spec.hostPID === true
      ? [invalid(`${field}.shareProcessNamespace`, true, 'ShareProcessNamespace and HostPID cannot both be enabled')]
      : []),
    ...validateSysctls(context.sysctls ?? [], `${field}.sysctls`),
    ...oneOf(context.fsGroupChangePolicy, `${field}.fsGroupChangePolicy`, GROUP_POLICIES),
    ...validateSeccomp(context.seccompProfile, `${field}.seccompProfile`),
    ...validateAppArmor(context.appArmorProfile, `${field}.appArmorProfile`),
    ...oneOf(context.supplementalGroupsPolicy, `${field}.supplementalGroupsPolicy`, SUPPLEMENTAL_POLICIES),
    ...oneOf(context.seLinuxChangePolicy, `${field}.seLinuxChangePolicy`, SELINUX_POLICIES),
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

function oneOf(value: string | undefined, field: string, supported: readonly string[]): FieldError[] {
  return value === undefined || supported.includes(value) ? [] : [notSupported(field, value, supported)];
}

function validateAppArmor(profile: SecurityContext['appArmorProfile'], field: string): FieldError[] {
  if (profile === undefined) return [];
  const { type = '', localhostProfile: name } = profile;
  const place = `${field}.localhostProfile`;
  if (type === '') return [required(`${field}.type`, 'type is required when appArmorProfile is set')];
  if (!PROFILES.includes(type)) return [notSupported(`${field}.type`, type, PROFILES)];
  if (type !== 'Localhost') return name === undefined ? [] : [invalid(place, name, 'can only be set when AppArmor type is Localhost')];
  if (name === undefined || name === '') return [required(place, 'must be set when AppArmor type is Localhost')];
  return [
    ...(name === name.trim() ? [] : [invalid(place, name, 'must not be padded with whitespace')]),
    ...(Buffer.byteLength(name) > MAX_PROFILE ? [tooLong(place, MAX_PROFILE)] : []),
  ];
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

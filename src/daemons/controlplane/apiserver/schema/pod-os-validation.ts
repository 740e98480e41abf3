import { forbidden, notSupported, required, type FieldError } from './field-error.ts';
import type { PodSpec } from './pod-types.ts';

const SYSTEMS = ['linux', 'windows'];
/** What Windows does not have: of a pod's spec, of its securityContext, and of a container's. */
const NOT_OF_WINDOWS = {
  pod: ['hostUsers', 'hostPID', 'hostIPC', 'shareProcessNamespace'],
  podSecurity: [
    ...['appArmorProfile', 'seLinuxOptions', 'seccompProfile', 'fsGroup', 'fsGroupChangePolicy', 'sysctls', 'runAsUser', 'runAsGroup'],
    ...['supplementalGroups', 'supplementalGroupsPolicy', 'seLinuxChangePolicy'],
  ],
  security: [
    ...['appArmorProfile', 'seLinuxOptions', 'seccompProfile', 'capabilities', 'readOnlyRootFilesystem', 'privileged'],
    ...['allowPrivilegeEscalation', 'procMount', 'runAsUser', 'runAsGroup'],
  ],
};
const NOT_OF_LINUX = { pod: [], podSecurity: ['windowsOptions'], security: ['windowsOptions'] };

/** Who has users of its own does not share other things with the host. */
export function validateHostUsers({ hostUsers, hostNetwork, hostPID, hostIPC }: PodSpec): FieldError[] {
  if (hostUsers !== false) return [];
  const shared = { hostNetwork, HostPID: hostPID, HostIPC: hostIPC };
  return Object.entries(shared)
    .filter(([, isShared]) => isShared === true)
    .map(([name]) => forbidden(`spec.${name}`, 'when `pod.Spec.HostUsers` is false'));
}

/** Checks the operating system that a pod is for, and that the pod asks for nothing that it does not have. */
export function validateOs(spec: PodSpec): FieldError[] {
  if (spec.os === undefined) return [];
  const { name = '' } = spec.os;
  if (name === '') return [required('spec.os.name', 'cannot be empty')];
  if (!SYSTEMS.includes(name)) return [notSupported('spec.os', name, SYSTEMS)];
  const [missing, text] =
    name === 'windows'
      ? [NOT_OF_WINDOWS, 'cannot be set for a windows pod']
      : [NOT_OF_LINUX, 'windows options cannot be set for a linux pod'];
  const present = (object: object = {}, names: readonly string[], field: string): FieldError[] =>
    names.filter((key) => isSet((object as Record<string, unknown>)[key])).map((key) => forbidden(`${field}.${key}`, text));
  return [
    ...present(spec.securityContext, missing.podSecurity, 'spec.securityContext'),
    ...present(spec, missing.pod, 'spec'),
    ...(['initContainers', 'containers'] as const).flatMap((list) =>
      (spec[list] ?? []).flatMap(({ securityContext }, index) =>
        present(securityContext, missing.security, `spec.${list}[${index}].securityContext`),
      ),
    ),
  ];
}

/** `hostPID: false` and an empty list say nothing. */
function isSet(value: unknown): boolean {
  return value !== undefined && !(Array.isArray(value) && value.length === 0);
}

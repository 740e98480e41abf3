import type { KubeObject } from '../../../../protocol/kubernetes.ts';
import { validateAffinity, validateSpread } from './affinity-validation.ts';
import { validateContainers, validateImages } from './container-validation.ts';
import { validateEphemeralContainers, validateEphemeralUpdate } from './ephemeral-validation.ts';
import { eachInvalid, forbidden, invalid, notSupported, required, type FieldError } from './field-error.ts';
import { validateLabels } from './metadata-validation.ts';
import { dnsLabel, dnsSubdomain, labelValue, qualifiedName, type NameRule } from './name-rules.ts';
import { TAINT_EFFECTS } from './node-validation.ts';
import { validateDns, validateHostAliases } from './pod-dns-validation.ts';
import { validateHostUsers, validateOs } from './pod-os-validation.ts';
import type { Container, PodSpec, Toleration } from './pod-types.ts';
import { validateResourceClaims } from './resource-claim-validation.ts';
import { beyondGates, validateGatedPod, validateGates, validateGatesUpdate } from './scheduling-gates.ts';
import { validatePodSecurity } from './security-validation.ts';
import { semanticEqual } from './semantic-equal.ts';
import { validateVolumes } from './volume-validation.ts';

const RESTART_POLICIES = ['Always', 'OnFailure', 'Never'];
const DNS_POLICIES = ['ClusterFirstWithHostNet', 'ClusterFirst', 'Default', 'None'];
/** What a PUT of a pod is told that changes more. */
export const ONLY_THESE =
  'pod updates may not change fields other than `spec.containers[*].image`, `spec.initContainers[*].image`, `spec.activeDeadlineSeconds` or `spec.tolerations` (only additions to existing tolerations)';
const MAX_DEADLINE = 2 ** 31 - 1;

/** Checks a pod after its defaults are filled in. */
export function validatePod(object: KubeObject, old?: KubeObject): FieldError[] {
  const spec = podSpec(object);
  return [
    ...validatePodSpec(spec),
    ...validateImages(spec),
    ...(old === undefined ? validateNewPod(spec) : validatePodUpdate(spec, podSpec(old))),
  ];
}

function validateNewPod(spec: PodSpec): FieldError[] {
  const isDebugged = (spec.ephemeralContainers ?? []).length > 0;
  return [...(isDebugged ? [forbidden('spec.ephemeralContainers', 'cannot be set on create')] : []), ...validateGatedPod(spec)];
}

function podSpec(object: KubeObject): PodSpec {
  return (object as KubeObject & { spec?: PodSpec }).spec ?? {};
}

/** Checks the spec of a pod, or of a template of pods; fields begin with `spec`. */
export function validatePodSpec(spec: PodSpec): FieldError[] {
  const deadline = spec.activeDeadlineSeconds;
  return [
    ...validateVolumes(spec.volumes ?? []),
    ...validateResourceClaims(spec),
    ...validateContainers(spec),
    ...validateEphemeralContainers(spec),
    ...oneOf('spec.restartPolicy', spec.restartPolicy, RESTART_POLICIES),
    ...oneOf('spec.dnsPolicy', spec.dnsPolicy, DNS_POLICIES),
    ...validateLabels(spec.nodeSelector, 'spec.nodeSelector'),
    ...validatePodSecurity(spec),
    ...validateAffinity(spec.affinity ?? {}),
    ...validateDns(spec),
    ...(spec.readinessGates ?? []).flatMap(({ conditionType = '' }, index) =>
      eachInvalid(`spec.readinessGates[${index}].conditionType`, conditionType, qualifiedName(conditionType)),
    ),
    ...validateGates(spec),
    ...validateSpread(spec),
    ...validateHostUsers(spec),
    ...named('spec.nodeName', spec.nodeName, dnsSubdomain),
    ...named('spec.serviceAccountName', spec.serviceAccountName, dnsSubdomain),
    ...named('spec.hostname', spec.hostname, dnsLabel),
    ...named('spec.subdomain', spec.subdomain, dnsLabel),
    ...(deadline !== undefined && (deadline < 1 || deadline > MAX_DEADLINE)
      ? [invalid('spec.activeDeadlineSeconds', deadline, `must be between 1 and ${MAX_DEADLINE}, inclusive`)]
      : []),
    ...(spec.tolerations ?? []).flatMap((toleration, index) => validateToleration(toleration, `spec.tolerations[${index}]`)),
    ...validateHostAliases(spec),
    ...validateOs(spec),
  ];
}

function oneOf(field: string, value: string | undefined, supported: readonly string[]): FieldError[] {
  if (value === undefined || value === '') return [required(field)];
  return supported.includes(value) ? [] : [notSupported(field, value, supported)];
}

function named(field: string, value: string | undefined, rule: NameRule): FieldError[] {
  return value === undefined || value === '' ? [] : eachInvalid(field, value, rule(value));
}

function validateToleration(toleration: Toleration, field: string): FieldError[] {
  const { key = '', operator = '', effect = '', tolerationSeconds } = toleration;
  const errors: FieldError[] = [];
  if (key !== '') errors.push(...eachInvalid(`${field}.key`, key, qualifiedName(key)));
  else if (operator !== 'Exists') {
    errors.push(
      invalid(`${field}.operator`, operator, 'operator must be Exists when `key` is empty, which means "match all values and all keys"'),
    );
  }
  if (tolerationSeconds !== undefined && effect !== 'NoExecute') {
    errors.push(invalid(`${field}.effect`, effect, "effect must be 'NoExecute' when `tolerationSeconds` is set"));
  }
  errors.push(...validateOperator(toleration, `${field}.operator`));
  if (effect !== '' && !(TAINT_EFFECTS as readonly string[]).includes(effect))
    errors.push(notSupported(`${field}.effect`, effect, TAINT_EFFECTS));
  return errors;
}

function validateOperator(toleration: Toleration, field: string): FieldError[] {
  const { operator = '', value = '' } = toleration;
  if (operator === '' || operator === 'Equal') return eachInvalid(field, value, labelValue(value));
  if (operator !== 'Exists') return [notSupported(field, operator, ['Equal', 'Exists'])];
  return value === '' ? [] : [invalid(field, toleration, "value must be empty when `operator` is 'Exists'")];
}

function validatePodUpdate(spec: PodSpec, old: PodSpec): FieldError[] {
  const lists = (['containers', 'initContainers'] as const).filter((list) => (spec[list] ?? []).length !== (old[list] ?? []).length);
  // Nothing else is worth comparing then.
  if (lists.length > 0) return lists.map((list) => forbidden(`spec.${list}`, 'pod updates may not add or remove containers'));
  return [
    ...validateEphemeralUpdate(spec, old),
    ...deadlineErrors(spec.activeDeadlineSeconds, old.activeDeadlineSeconds),
    ...tolerationErrors(spec.tolerations ?? [], old.tolerations ?? []),
    ...validateGatesUpdate(spec, old),
    ...(semanticEqual(immutablePart(beyondGates(spec, old)), immutablePart(beyondGates(old, old))) ? [] : [forbidden('spec', ONLY_THESE)]),
  ];
}

function immutablePart(spec: PodSpec): unknown {
  const withoutImage = (container: Container): Container => ({ ...container, image: '' });
  return {
    ...spec,
    containers: spec.containers?.map(withoutImage),
    initContainers: spec.initContainers?.map(withoutImage),
    // Whoever may change them is known to the strategy of pods.
    ephemeralContainers: undefined,
    activeDeadlineSeconds: undefined,
    tolerations: undefined,
  };
}

function deadlineErrors(now: number | undefined, before: number | undefined): FieldError[] {
  if (before === undefined) return [];
  const field = 'spec.activeDeadlineSeconds';
  if (now === undefined) return [invalid(field, null, 'must not update from a positive integer to nil value')];
  return now > before ? [invalid(field, now, 'must be less than or equal to previous value')] : [];
}

/** Tolerations may be added; of those that exist only tolerationSeconds may change. */
function tolerationErrors(now: readonly Toleration[], before: readonly Toleration[]): FieldError[] {
  const bare = (toleration: Toleration): unknown => ({ ...toleration, tolerationSeconds: undefined });
  const kept = before.every((old) => now.some((toleration) => semanticEqual(bare(toleration), bare(old))));
  return kept ? [] : [forbidden('spec.tolerations', 'existing toleration can not be modified except its tolerationSeconds')];
}

import type { KubeObject } from '../../../../protocol/kubernetes.ts';
import { forbidden, invalid, notSupported, required, type FieldError } from './field-error.ts';
import { goIntOrString, goLabelSelector, goStringMap, goUpdateStrategy } from './go-syntax.ts';
import { isZero, nonNegative, notAboveHundredPercent, validateIntOrPercent } from './int-or-percent.ts';
import { selects } from '../../../../protocol/label-selector.ts';
import { isEmptySelector, isReadable, validateLabelSelector } from './label-selector-validation.ts';
import { validateTemplate } from './pod-template-validation.ts';
import { semanticEqual } from './semantic-equal.ts';
import { validateDaemonStatus, validateReplicaStatus } from './workload-status-validation.ts';
import type { ControllerRevision, RollingUpdate, UpdateStrategy, Workload, WorkloadSpec } from './workload-types.ts';

const SELECTOR = 'spec.selector';

export function validateDeployment(object: KubeObject, old?: KubeObject): FieldError[] {
  const spec = specOf(object);
  const { progressDeadlineSeconds: deadline, minReadySeconds = 0 } = spec;
  return [
    ...nonNegative(spec.replicas, 'spec.replicas'),
    ...validateSelector(spec, 'ReplicaSet', 'deployment'),
    ...validateStrategy(spec.strategy ?? {}, 'spec.strategy'),
    ...nonNegative(minReadySeconds, 'spec.minReadySeconds'),
    ...nonNegative(spec.revisionHistoryLimit, 'spec.revisionHistoryLimit'),
    ...nonNegative(deadline, 'spec.progressDeadlineSeconds'),
    ...(deadline !== undefined && deadline <= minReadySeconds
      ? [invalid('spec.progressDeadlineSeconds', deadline, 'must be greater than minReadySeconds')]
      : []),
    ...validateReplicaStatus(object, 'Deployment'),
    ...sameSelector(spec, old),
  ];
}

export function validateReplicaSet(object: KubeObject, old?: KubeObject): FieldError[] {
  const spec = specOf(object);
  return [
    ...nonNegative(spec.replicas, 'spec.replicas'),
    ...nonNegative(spec.minReadySeconds, 'spec.minReadySeconds'),
    // Kubernetes calls it a deployment here, too.
    ...validateSelector(spec, 'ReplicaSet', 'deployment'),
    ...validateReplicaStatus(object, 'ReplicaSet'),
    ...sameSelector(spec, old),
  ];
}

export function validateDaemonSet(object: KubeObject, old?: KubeObject): FieldError[] {
  const spec = specOf(object);
  const { selector, template = {} } = spec;
  const labels = template.metadata?.labels ?? {};
  const field = 'spec.template';
  const unmatched = isReadable(selector) && (selector === undefined || !selects(selector, labels));
  return [
    ...validateLabelSelector(selector, SELECTOR),
    ...(unmatched ? [invalid(`${field}.metadata.labels`, goStringMap(labels), '`selector` does not match template `labels`')] : []),
    ...(selector !== undefined && isEmptySelector(selector)
      ? [invalid(SELECTOR, goLabelSelector(selector), 'empty selector is invalid for daemonset')]
      : []),
    ...validateTemplate(template, field, 'DaemonSet'),
    ...nonNegative(spec.minReadySeconds, 'spec.minReadySeconds'),
    ...validateDaemonStrategy(spec.updateStrategy ?? {}, 'spec.updateStrategy'),
    ...nonNegative(spec.revisionHistoryLimit, 'spec.revisionHistoryLimit'),
    ...validateDaemonStatus(object),
    ...sameSelector(spec, old),
  ];
}

export function validateControllerRevision(object: KubeObject, old?: KubeObject): FieldError[] {
  const { data, revision } = object as ControllerRevision;
  return [
    ...(data === undefined || data === null ? [required('data', 'data is mandatory')] : []),
    ...nonNegative(revision, 'revision'),
    ...(old !== undefined && !semanticEqual(data, (old as ControllerRevision).data) ? [invalid('data', data, 'field is immutable')] : []),
  ];
}

function specOf(object: KubeObject): WorkloadSpec {
  return (object as Workload).spec ?? {};
}

/** What pods are meant, and that the template makes such pods. */
function validateSelector({ selector, template = {} }: WorkloadSpec, of: string, name: string): FieldError[] {
  const labels = template.metadata?.labels ?? {};
  const errors: FieldError[] = [];
  if (selector === undefined) errors.push(required(SELECTOR));
  else {
    errors.push(...validateLabelSelector(selector, SELECTOR));
    if (isEmptySelector(selector)) errors.push(invalid(SELECTOR, goLabelSelector(selector), `empty selector is invalid for ${name}`));
  }
  if (selector !== undefined && !isReadable(selector)) {
    errors.push(invalid(SELECTOR, goLabelSelector(selector), 'invalid label selector'));
  } else if (selector === undefined || !selects(selector, labels)) {
    errors.push(invalid('spec.template.metadata.labels', goStringMap(labels), '`selector` does not match template `labels`'));
  }
  return [...errors, ...validateTemplate(template, 'spec.template', of)];
}

/** It says which pods are one's own, and cannot be taken back. */
function sameSelector({ selector }: WorkloadSpec, old: KubeObject | undefined): FieldError[] {
  if (old === undefined || semanticEqual(selector, specOf(old).selector)) return [];
  return [invalid(SELECTOR, goLabelSelector(selector ?? {}), 'field is immutable')];
}

function validateStrategy(strategy: UpdateStrategy, field: string): FieldError[] {
  const { type = '', rollingUpdate } = strategy;
  if (type === 'Recreate') {
    const detail = "may not be specified when strategy `type` is 'Recreate'";
    return rollingUpdate === undefined ? [] : [forbidden(`${field}.rollingUpdate`, detail)];
  }
  if (type !== 'RollingUpdate') return [notSupported(field, goUpdateStrategy(strategy, 'Deployment'), ['Recreate', 'RollingUpdate'])];
  const place = `${field}.rollingUpdate`;
  const { maxUnavailable, maxSurge }: RollingUpdate = rollingUpdate ?? {};
  return [
    ...validateIntOrPercent(maxUnavailable, `${place}.maxUnavailable`),
    ...validateIntOrPercent(maxSurge, `${place}.maxSurge`),
    ...(isZero(maxUnavailable) && isZero(maxSurge)
      ? [invalid(`${place}.maxUnavailable`, goIntOrString(maxUnavailable), 'may not be 0 when `maxSurge` is 0')]
      : []),
    ...notAboveHundredPercent(maxUnavailable, `${place}.maxUnavailable`),
  ];
}

function validateDaemonStrategy(strategy: UpdateStrategy, field: string): FieldError[] {
  const { type = '', rollingUpdate } = strategy;
  if (type === 'OnDelete') return [];
  if (type !== 'RollingUpdate') return [notSupported(field, goUpdateStrategy(strategy, 'DaemonSet'), ['RollingUpdate', 'OnDelete'])];
  const place = `${field}.rollingUpdate`;
  const { maxUnavailable, maxSurge }: RollingUpdate = rollingUpdate ?? {};
  const [gone, added] = [!isZero(maxUnavailable), !isZero(maxSurge)];
  return [
    ...validateIntOrPercent(maxUnavailable, `${place}.maxUnavailable`),
    ...validateIntOrPercent(maxSurge, `${place}.maxSurge`),
    ...notAboveHundredPercent(maxUnavailable, `${place}.maxUnavailable`),
    ...notAboveHundredPercent(maxSurge, `${place}.maxSurge`),
    // A node has one pod too few for a while, or one too many.
    ...(gone && added ? [invalid(`${place}.maxSurge`, goIntOrString(maxSurge), 'may not be set when maxUnavailable is non-zero')] : []),
    ...(!gone && !added ? [required(`${place}.maxUnavailable`, 'cannot be 0 when maxSurge is 0')] : []),
  ];
}

import { duplicate, eachInvalid, forbidden, invalid, type FieldError } from './field-error.ts';
import { qualifiedName } from './name-rules.ts';
import type { NodeTerm, PodSpec } from './pod-types.ts';
import { semanticEqual } from './semantic-equal.ts';

const GATES = 'spec.schedulingGates';
const TERMS = 'spec.affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms';

/** Checks the gates that keep a pod from being scheduled (Kubernetes 1.30). */
export function validateGates({ schedulingGates = [] }: PodSpec): FieldError[] {
  const seen = new Set<string>();
  return schedulingGates.flatMap(({ name = '' }, index) => {
    const field = `${GATES}[${index}]`;
    const errors = eachInvalid(field, name, qualifiedName(name));
    if (seen.has(name)) errors.push(duplicate(field, name));
    seen.add(name);
    return errors;
  });
}

/** A new pod that waits at a gate has no node yet. */
export function validateGatedPod({ nodeName = '', ...spec }: PodSpec): FieldError[] {
  return isGated(spec) && nodeName !== '' ? [forbidden('spec.nodeName', 'cannot be set until all schedulingGates have been cleared')] : [];
}

/** Gates are opened, and none is put up later. Until then, where the pod may run can be narrowed. */
export function validateGatesUpdate(spec: PodSpec, old: PodSpec): FieldError[] {
  const before = (old.schedulingGates ?? []).map(({ name }) => name);
  const added = (spec.schedulingGates ?? []).flatMap(({ name = '' }, index) =>
    before.includes(name)
      ? []
      : [forbidden(`${GATES}[${index}].name`, `only deletion is allowed, but found new scheduling gate '${name}'`)],
  );
  return isGated(old) ? [...added, ...selectorErrors(spec.nodeSelector ?? {}, old.nodeSelector ?? {}), ...termErrors(spec, old)] : added;
}

/** The spec without what gates let change when `old` is what is stored: for a comparison. */
export function beyondGates(spec: PodSpec, old: PodSpec): PodSpec {
  if (!isGated(old)) return { ...spec, schedulingGates: [] };
  return { ...spec, schedulingGates: [], nodeSelector: {}, affinity: { ...spec.affinity, nodeAffinity: {} } };
}

function isGated({ schedulingGates = [] }: PodSpec): boolean {
  return schedulingGates.length > 0;
}

function selectorErrors(selector: Record<string, string>, old: Record<string, string>): FieldError[] {
  if (Object.entries(old).every(([key, value]) => selector[key] === value)) return [];
  return [invalid('spec.nodeSelector', selector, 'only additions to spec.nodeSelector are allowed (no mutations or deletions)')];
}

function termErrors(spec: PodSpec, old: PodSpec): FieldError[] {
  const [terms, before] = [termsOf(spec), termsOf(old)];
  if (before.length === 0) return [];
  if (terms.length !== before.length) {
    return [invalid(TERMS, terms, 'no additions/deletions to non-empty NodeSelectorTerms list are allowed')];
  }
  return terms.flatMap((term, index) =>
    isNarrower(term, before[index] ?? {})
      ? []
      : [invalid(`${TERMS}[${index}]`, term, 'only additions are allowed (no mutations or deletions)')],
  );
}

function termsOf({ affinity }: PodSpec): NodeTerm[] {
  return affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms ?? [];
}

/** A term without any requirement selects nothing, and goes on doing so. */
function isNarrower({ matchExpressions = [], matchFields = [] }: NodeTerm, old: NodeTerm): boolean {
  const { matchExpressions: expressions = [], matchFields: fields = [] } = old;
  if (expressions.length + fields.length === 0) return matchExpressions.length + matchFields.length === 0;
  return (
    semanticEqual(matchExpressions.slice(0, expressions.length), expressions) && semanticEqual(matchFields.slice(0, fields.length), fields)
  );
}

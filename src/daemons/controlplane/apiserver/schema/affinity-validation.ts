import { duplicate, eachInvalid, forbidden, invalid, notSupported, required, type FieldError } from './field-error.ts';
import { validateLabelSelector } from './label-selector-validation.ts';
import { validateSpreadKeys, validateTermKeys } from './match-label-keys.ts';
import { dnsLabel, qualifiedName } from './name-rules.ts';
import type { Affinity, NodeTerm, PodSpec, PodTerm, Requirement, SpreadConstraint } from './pod-types.ts';

const NOT_AN_OPERATOR = 'not a valid selector operator';
const UNSATISFIABLE = ['DoNotSchedule', 'ScheduleAnyway'];
const NODE_POLICIES = ['Honor', 'Ignore'];
const REQUIRED = 'requiredDuringSchedulingIgnoredDuringExecution';
const PREFERRED = 'preferredDuringSchedulingIgnoredDuringExecution';

export function validateAffinity({ nodeAffinity, podAffinity, podAntiAffinity }: Affinity): FieldError[] {
  return [
    ...(nodeAffinity === undefined ? [] : validateNodeAffinity(nodeAffinity, 'spec.affinity.nodeAffinity')),
    ...validatePodAffinity(podAffinity, 'spec.affinity.podAffinity'),
    ...validatePodAffinity(podAntiAffinity, 'spec.affinity.podAntiAffinity'),
  ];
}

function validateNodeAffinity(affinity: NonNullable<Affinity['nodeAffinity']>, field: string): FieldError[] {
  const { [REQUIRED]: needed, [PREFERRED]: preferred = [] } = affinity;
  const place = `${field}.${REQUIRED}.nodeSelectorTerms`;
  const terms = needed?.nodeSelectorTerms ?? [];
  return [
    ...(needed !== undefined && terms.length === 0 ? [required(place, 'must have at least one node selector term')] : []),
    ...terms.flatMap((term, index) => validateTerm(term, `${place}[${index}]`)),
    ...preferred.flatMap(({ weight = 0, preference = {} }, index) => {
      const at = `${field}.${PREFERRED}[${index}]`;
      return [...validateWeight(weight, at), ...validateTerm(preference, `${at}.preference`)];
    }),
  ];
}

function validateWeight(weight: number, field: string): FieldError[] {
  return weight >= 1 && weight <= 100 ? [] : [invalid(`${field}.weight`, weight, 'must be in the range 1-100')];
}

function validateTerm({ matchExpressions = [], matchFields = [] }: NodeTerm, field: string): FieldError[] {
  return [
    ...matchExpressions.flatMap((each, index) => validateRequirement(each, `${field}.matchExpressions[${index}]`)),
    ...matchFields.flatMap((each, index) => validateFieldRequirement(each, `${field}.matchFields[${index}]`)),
  ];
}

function validateRequirement({ key = '', operator = '', values = [] }: Requirement, field: string): FieldError[] {
  const errors: FieldError[] = [];
  const place = `${field}.values`;
  if (operator === 'In' || operator === 'NotIn') {
    if (values.length === 0) errors.push(required(place, "must be specified when `operator` is 'In' or 'NotIn'"));
  } else if (operator === 'Exists' || operator === 'DoesNotExist') {
    if (values.length > 0) errors.push(forbidden(place, "may not be specified when `operator` is 'Exists' or 'DoesNotExist'"));
  } else if (operator === 'Gt' || operator === 'Lt') {
    if (values.length !== 1) errors.push(required(place, "must be specified single value when `operator` is 'Lt' or 'Gt'"));
  } else errors.push(invalid(`${field}.operator`, operator, NOT_AN_OPERATOR));
  return [...errors, ...eachInvalid(`${field}.key`, key, qualifiedName(key))];
}

function validateFieldRequirement({ key = '', operator = '', values = [] }: Requirement, field: string): FieldError[] {
  const errors: FieldError[] = [];
  if (operator === 'In' || operator === 'NotIn') {
    if (values.length !== 1) {
      errors.push(required(`${field}.values`, "must be only one value when `operator` is 'In' or 'NotIn' for node field selector"));
    }
  } else errors.push(invalid(`${field}.operator`, operator, NOT_AN_OPERATOR));
  if (key !== 'metadata.name') errors.push(invalid(`${field}.key`, key, 'not a valid field selector key'));
  return errors;
}

function validatePodAffinity(affinity: Affinity['podAffinity'], field: string): FieldError[] {
  const { [REQUIRED]: needed = [], [PREFERRED]: preferred = [] } = affinity ?? {};
  return [
    ...needed.flatMap((term, index) => validatePodTerm(term, `${field}.${REQUIRED}[${index}]`)),
    ...preferred.flatMap(({ weight = 0, podAffinityTerm = {} }, index) => {
      const at = `${field}.${PREFERRED}[${index}]`;
      return [...validateWeight(weight, at), ...validatePodTerm(podAffinityTerm, `${at}.podAffinityTerm`)];
    }),
  ];
}

function validatePodTerm(term: PodTerm, field: string): FieldError[] {
  const { labelSelector, namespaceSelector, namespaces = [], topologyKey = '' } = term;
  return [
    ...validateLabelSelector(labelSelector, `${field}.matchExpressions`),
    ...validateLabelSelector(namespaceSelector, `${field}.namespaceSelector`),
    ...namespaces.flatMap((name) => eachInvalid(`${field}.namespace`, name, dnsLabel(name))),
    ...validateTermKeys(term, field),
    ...(topologyKey === '' ? [required(`${field}.topologyKey`, 'can not be empty')] : []),
    ...eachInvalid(`${field}.topologyKey`, topologyKey, qualifiedName(topologyKey)),
  ];
}

/** How evenly pods are to be spread. */
export function validateSpread({ topologySpreadConstraints: all = [] }: PodSpec): FieldError[] {
  return all.flatMap((constraint, index) => {
    const { maxSkew = 0, topologyKey = '', whenUnsatisfiable: otherwise = '' } = constraint;
    const field = `spec.topologySpreadConstraints[${index}]`;
    const errors = maxSkew > 0 ? [] : [invalid(`${field}.maxSkew`, maxSkew, 'must be greater than zero')];
    if (topologyKey === '') errors.push(required(`${field}.topologyKey`, 'can not be empty'));
    if (!UNSATISFIABLE.includes(otherwise)) errors.push(notSupported(`${field}.whenUnsatisfiable`, otherwise, UNSATISFIABLE));
    const again = all.slice(index + 1).some((each) => each.topologyKey === topologyKey && each.whenUnsatisfiable === otherwise);
    if (again) errors.push(duplicate(`${field}.{topologyKey, whenUnsatisfiable}`, `{${topologyKey}, ${otherwise}}`));
    return [...errors, ...validateDomains(constraint, field), ...validateSpreadLabels(constraint, field)];
  });
}

/** What counts as a place to spread over. */
function validateDomains(constraint: SpreadConstraint, field: string): FieldError[] {
  const { minDomains, whenUnsatisfiable: otherwise = '' } = constraint;
  const errors: FieldError[] = [];
  if (minDomains !== undefined && minDomains <= 0) errors.push(invalid(`${field}.minDomains`, minDomains, 'must be greater than zero'));
  if (minDomains !== undefined && otherwise !== 'DoNotSchedule') {
    const text = `can only use minDomains if whenUnsatisfiable=DoNotSchedule, not ${otherwise}`;
    errors.push(invalid(`${field}.minDomains`, minDomains, text));
  }
  for (const key of ['nodeAffinityPolicy', 'nodeTaintsPolicy'] as const) {
    const policy = constraint[key];
    if (policy !== undefined && !NODE_POLICIES.includes(policy)) errors.push(notSupported(`${field}.${key}`, policy, NODE_POLICIES));
  }
  return errors;
}

function validateSpreadLabels({ labelSelector, matchLabelKeys = [] }: SpreadConstraint, field: string): FieldError[] {
  return [
    ...validateSpreadKeys(matchLabelKeys, labelSelector, `${field}.matchLabelKeys`),
    ...validateLabelSelector(labelSelector, `${field}.labelSelector`),
  ];
}

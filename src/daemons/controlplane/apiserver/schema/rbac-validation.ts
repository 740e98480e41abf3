import type { KubeObject } from '../../../../protocol/kubernetes.ts';
import { eachInvalid, invalid, notSupported, required, type FieldError } from './field-error.ts';
import { isObject, type JsonObject } from './json.ts';
import { validateLabelSelector } from './label-selector-validation.ts';
import { dnsSubdomain, pathSegment } from './name-rules.ts';
import { semanticEqual } from './semantic-equal.ts';

const GROUP = 'rbac.authorization.k8s.io';

/** Defaults of rbac.authorization.k8s.io/v1: the groups of what a binding refers to. */
export function bindingDefaults(object: KubeObject): KubeObject {
  const { roleRef, subjects, ...rest } = object as KubeObject & JsonObject;
  return {
    ...rest,
    ...(isObject(roleRef) ? { roleRef: { ...roleRef, apiGroup: textOf(roleRef['apiGroup']) || GROUP } } : {}),
    ...(Array.isArray(subjects) ? { subjects: subjects.filter(isObject).map(subjectDefaults) } : {}),
  };
}

/** Rules that are missing are shown as null, as Go writes them. */
export function roleDefaults(object: KubeObject): KubeObject {
  return { ...object, rules: listOf(object, 'rules') ?? null } as KubeObject;
}

export function validateRole(object: KubeObject): FieldError[] {
  return rulesOf(object).flatMap((rule, index) => validateRule(rule, `rules[${index}]`, true));
}

export function validateClusterRole(object: KubeObject): FieldError[] {
  const errors = rulesOf(object).flatMap((rule, index) => validateRule(rule, `rules[${index}]`, false));
  const { aggregationRule } = object as KubeObject & JsonObject;
  if (!isObject(aggregationRule)) return errors;
  const selectors = Array.isArray(aggregationRule['clusterRoleSelectors']) ? aggregationRule['clusterRoleSelectors'].filter(isObject) : [];
  const path = 'aggregationRule.clusterRoleSelectors';
  if (selectors.length === 0) {
    errors.push(required(path, 'at least one clusterRoleSelector required if aggregationRule is non-nil'));
  }
  return [...errors, ...selectors.flatMap((selector, index) => validateLabelSelector(selector, `${path}[${index}]`))];
}

export function validateRoleBinding(object: KubeObject, old?: KubeObject): FieldError[] {
  return validateBinding(object, old, ['ClusterRole', 'Role'], false);
}

export function validateClusterRoleBinding(object: KubeObject, old?: KubeObject): FieldError[] {
  return validateBinding(object, old, ['ClusterRole'], true);
}

function validateRule(rule: JsonObject, path: string, namespaced: boolean): FieldError[] {
  const count = (field: string): number => (Array.isArray(rule[field]) ? rule[field].length : 0);
  const errors = count('verbs') === 0 ? [required(`${path}.verbs`, 'verbs must contain at least one value')] : [];
  if (count('nonResourceURLs') > 0) {
    const urls = rule['nonResourceURLs'];
    if (namespaced) errors.push(invalid(`${path}.nonResourceURLs`, urls, 'namespaced rules cannot apply to non-resource URLs'));
    if (count('apiGroups') + count('resources') + count('resourceNames') > 0) {
      errors.push(invalid(`${path}.nonResourceURLs`, urls, 'rules cannot apply to both regular resources and non-resource URLs'));
    }
    return errors;
  }
  if (count('apiGroups') === 0) errors.push(required(`${path}.apiGroups`, 'resource rules must supply at least one api group'));
  if (count('resources') === 0) errors.push(required(`${path}.resources`, 'resource rules must supply at least one resource'));
  return errors;
}

function validateBinding(object: KubeObject, old: KubeObject | undefined, kinds: readonly string[], clusterWide: boolean): FieldError[] {
  const { roleRef } = object as KubeObject & JsonObject;
  const { apiGroup, kind, name } = isObject(roleRef) ? roleRef : {};
  const errors: FieldError[] = [];
  if (textOf(apiGroup) !== GROUP) errors.push(notSupported('roleRef.apiGroup', textOf(apiGroup), [GROUP]));
  if (!kinds.includes(textOf(kind))) errors.push(notSupported('roleRef.kind', textOf(kind), kinds));
  if (textOf(name) === '') errors.push(required('roleRef.name'));
  else errors.push(...eachInvalid('roleRef.name', name, pathSegment(textOf(name))));
  const subjects = listOf(object, 'subjects')?.filter(isObject) ?? [];
  errors.push(...subjects.flatMap((subject, index) => validateSubject(subject, `subjects[${index}]`, clusterWide)));
  if (old !== undefined && !semanticEqual(roleRef, (old as KubeObject & JsonObject)['roleRef'])) {
    errors.unshift(invalid('roleRef', roleRef, 'cannot change roleRef'));
  }
  return errors;
}

function validateSubject(subject: JsonObject, path: string, clusterWide: boolean): FieldError[] {
  const [kind, name, group, namespace] = ['kind', 'name', 'apiGroup', 'namespace'].map((key) => textOf(subject[key]));
  const errors = name === '' ? [required(`${path}.name`)] : [];
  if (kind === 'ServiceAccount') {
    if (name !== '') errors.push(...eachInvalid(`${path}.name`, name, dnsSubdomain(name ?? '')));
    if (group !== '') errors.push(notSupported(`${path}.apiGroup`, group, ['']));
    if (clusterWide && namespace === '') errors.push(required(`${path}.namespace`));
    return errors;
  }
  if (kind !== 'User' && kind !== 'Group') return [...errors, notSupported(`${path}.kind`, kind, ['ServiceAccount', 'User', 'Group'])];
  return group === GROUP ? errors : [...errors, notSupported(`${path}.apiGroup`, group, [GROUP])];
}

function subjectDefaults({ apiGroup, ...subject }: JsonObject): JsonObject {
  const isNamed = subject['kind'] === 'User' || subject['kind'] === 'Group';
  const group = textOf(apiGroup) || (isNamed ? GROUP : '');
  return group === '' ? subject : { ...subject, apiGroup: group };
}

function rulesOf(object: KubeObject): JsonObject[] {
  return listOf(object, 'rules')?.filter(isObject) ?? [];
}

function listOf(object: KubeObject, field: string): unknown[] | undefined {
  const list = (object as KubeObject & JsonObject)[field];
  return Array.isArray(list) ? list : undefined;
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

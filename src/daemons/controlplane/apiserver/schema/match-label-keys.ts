import type { LabelSelector } from '../../../../protocol/label-selector.ts';
import { eachInvalid, forbidden, invalid, type FieldError } from './field-error.ts';
import { qualifiedName } from './name-rules.ts';
import type { PodTerm } from './pod-types.ts';

const WITHOUT_SELECTOR = 'must not be specified when labelSelector is not set';
const TWICE = 'exists in both matchLabelKeys and labelSelector';

/** Checks the labels whose values are those of the pod itself, in a term of its affinity to others. */
export function validateTermKeys({ labelSelector, matchLabelKeys = [], mismatchLabelKeys = [] }: PodTerm, field: string): FieldError[] {
  const both = matchLabelKeys.flatMap((key, index) =>
    mismatchLabelKeys.includes(key)
      ? [invalid(`${field}.matchLabelKeys[${index}]`, key, 'exists in both matchLabelKeys and mismatchLabelKeys')]
      : [],
  );
  return [
    ...validateKeys(matchLabelKeys, labelSelector, `${field}.matchLabelKeys`),
    ...validateKeys(mismatchLabelKeys, labelSelector, `${field}.mismatchLabelKeys`),
    ...repeated(matchLabelKeys, labelSelector, field),
    ...both,
  ];
}

/** Checks the same of a constraint on how pods are spread. */
export function validateSpreadKeys(keys: readonly string[], selector: LabelSelector | undefined, field: string): FieldError[] {
  if (keys.length === 0) return [];
  const selected = keysOf(selector);
  return [
    ...(selector === undefined ? [forbidden(field, WITHOUT_SELECTOR)] : []),
    ...keys.flatMap((key, index) => [
      ...eachInvalid(`${field}[${index}]`, key, qualifiedName(key)),
      ...(selected.includes(key) ? [invalid(`${field}[${index}]`, key, TWICE)] : []),
    ]),
  ];
}

function validateKeys(keys: readonly string[], selector: LabelSelector | undefined, field: string): FieldError[] {
  if (keys.length === 0) return [];
  if (selector === undefined) return [forbidden(field, WITHOUT_SELECTOR)];
  return keys.flatMap((key, index) => eachInvalid(`${field}[${index}]`, key, qualifiedName(key)));
}

/** In a pod, each key is in the selector once, put there when it was created (see match-label-admission.ts); a second time is the user's. */
function repeated(keys: readonly string[], selector: LabelSelector | undefined, field: string): FieldError[] {
  const all = keysOf(selector);
  return all.flatMap((key, position) => {
    const index = keys.lastIndexOf(key);
    const isExpression = position >= Object.keys(selector?.matchLabels ?? {}).length;
    return index >= 0 && isExpression && all.indexOf(key) < position ? [invalid(`${field}[${index}]`, key, TWICE)] : [];
  });
}

/** Those of the labels first. */
function keysOf({ matchLabels = {}, matchExpressions = [] }: LabelSelector = {}): string[] {
  return [...Object.keys(matchLabels), ...matchExpressions.map(({ key = '' }) => key)];
}

import type { LabelSelector } from '../../../../protocol/label-selector.ts';
import { eachInvalid, forbidden, invalid, required, type FieldError } from './field-error.ts';
import { validateLabels } from './metadata-validation.ts';
import { qualifiedName } from './name-rules.ts';

export function isEmptySelector({ matchLabels = {}, matchExpressions = [] }: LabelSelector): boolean {
  return Object.keys(matchLabels).length === 0 && matchExpressions.length === 0;
}

export function validateLabelSelector(selector: LabelSelector | undefined, field: string): FieldError[] {
  return [
    ...validateLabels(selector?.matchLabels, `${field}.matchLabels`),
    ...(selector?.matchExpressions ?? []).flatMap((requirement, index) =>
      validateRequirement(requirement, `${field}.matchExpressions[${index}]`),
    ),
  ];
}

function validateRequirement(
  { key = '', operator = '', values = [] }: NonNullable<LabelSelector['matchExpressions']>[number],
  field: string,
): FieldError[] {
  const errors: FieldError[] = [];
  if (operator === 'In' || operator === 'NotIn') {
    if (values.length === 0) errors.push(required(`${field}.values`, "must be specified when `operator` is 'In' or 'NotIn'"));
  } else if (operator === 'Exists' || operator === 'DoesNotExist') {
    if (values.length > 0) {
      errors.push(forbidden(`${field}.values`, "may not be specified when `operator` is 'Exists' or 'DoesNotExist'"));
    }
  } else errors.push(invalid(`${field}.operator`, operator, 'not a valid selector operator'));
  return [...errors, ...eachInvalid(`${field}.key`, key, qualifiedName(key))];
}

/** What a validated selector still may not be: a value that is no label's. */
export function isReadable(selector: LabelSelector | undefined): boolean {
  return validateLabelSelector(selector, '').length === 0;
}

import { eachInvalid, forbidden, invalid, required, type FieldError } from '../schema/field-error.ts';
import { qualifiedName } from '../schema/name-rules.ts';

/** Which objects of a collection a review asks about, as a text or as requirements (authorization.k8s.io/v1 since Kubernetes 1.31). */
export interface SelectorAttributes {
  rawSelector?: string;
  requirements?: { key?: string; operator?: string; values?: string[] }[];
}

/** The selectors of a review. Rights here know nothing of them, as Kubernetes' RBAC; what is asked must make sense nevertheless. */
export interface ReviewSelectors {
  fieldSelector?: SelectorAttributes;
  labelSelector?: SelectorAttributes;
}

/** What is wrong with the selectors. An operator that nobody knows may come from a newer client, and is none of it. */
export function selectorErrors({ fieldSelector, labelSelector }: ReviewSelectors, field: string): FieldError[] {
  return [
    ...attributeErrors(fieldSelector, `${field}.fieldSelector`, () => []),
    ...attributeErrors(labelSelector, `${field}.labelSelector`, qualifiedName),
  ];
}

function attributeErrors(
  selector: SelectorAttributes | undefined,
  field: string,
  nameRule: (key: string) => readonly string[],
): FieldError[] {
  if (selector === undefined) return [];
  const { rawSelector: raw = '', requirements = [] } = selector;
  const errors: FieldError[] = [];
  if (raw !== '' && requirements.length > 0) {
    errors.push(invalid(`${field}.rawSelector`, raw, 'may not specified at the same time as requirements'));
  }
  if (raw === '' && requirements.length === 0) {
    errors.push(required(`${field}.requirements`, `when ${field} is specified, requirements or rawSelector is required`));
  }
  requirements.forEach(({ key = '', operator = '', values = [] }, index) => {
    const place = `${field}.requirements[${index}]`;
    if (key === '') errors.push(required(`${place}.key`, 'must be specified'));
    else errors.push(...eachInvalid(`${place}.key`, key, nameRule(key)));
    if (['In', 'NotIn'].includes(operator) && values.length === 0) {
      errors.push(required(`${place}.values`, "must be specified when `operator` is 'In' or 'NotIn'"));
    }
    if (['Exists', 'DoesNotExist'].includes(operator) && values.length > 0) {
      errors.push(forbidden(`${place}.values`, "may not be specified when `operator` is 'Exists' or 'DoesNotExist'"));
    }
  });
  return errors;
}

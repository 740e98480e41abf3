import { forbidden, notSupported, type FieldError } from './field-error.ts';
import { validateAnnotations, validateLabels } from './metadata-validation.ts';
import { validatePodSpec } from './pod-validation.ts';
import type { PodTemplate } from './workload-types.ts';

/** Checks the pods that an object of the kind `of` is to make, which run for ever. */
export function validateTemplate({ metadata = {}, spec = {} }: PodTemplate, field: string, of: string): FieldError[] {
  const place = `${field}.spec`;
  const { restartPolicy = '', activeDeadlineSeconds } = spec;
  return [
    ...validateLabels(metadata.labels, `${field}.labels`),
    ...validateAnnotations(metadata.annotations, `${field}.annotations`),
    ...validatePodSpec(spec).map((error) => ({ ...error, field: `${place}${error.field.slice('spec'.length)}` })),
    ...(restartPolicy === 'Always' ? [] : [notSupported(`${place}.restartPolicy`, restartPolicy, ['Always'])]),
    ...(activeDeadlineSeconds === undefined
      ? []
      : [forbidden(`${place}.activeDeadlineSeconds`, `activeDeadlineSeconds in ${of} is not Supported`)]),
  ];
}

import { duplicate, eachInvalid, invalid, notFound, required, type FieldError } from './field-error.ts';
import { dnsLabel, dnsSubdomain } from './name-rules.ts';
import type { Container, PodSpec } from './pod-types.ts';

const CLAIMS = 'spec.resourceClaims';

/** Checks the claims of devices that a pod makes (dynamic resource allocation). */
export function validateResourceClaims({ resourceClaims = [] }: PodSpec): FieldError[] {
  const seen = new Set<string>();
  return resourceClaims.flatMap((claim, index) => {
    const field = `${CLAIMS}[${index}]`;
    const { name = '', resourceClaimName: one, resourceClaimTemplateName: template } = claim;
    const errors: FieldError[] = [];
    if (name === '') errors.push(required(`${field}.name`));
    else if (seen.has(name)) errors.push(duplicate(`${field}.name`, name));
    else errors.push(...eachInvalid(`${field}.name`, name, dnsLabel(name)));
    seen.add(name);
    if (one !== undefined && template !== undefined) {
      errors.push(invalid(field, claim, 'at most one of `resourceClaimName` or `resourceClaimTemplateName` may be specified'));
    }
    if (one === undefined && template === undefined) {
      errors.push(invalid(field, claim, 'must specify one of: `resourceClaimName`, `resourceClaimTemplateName`'));
    }
    if (one !== undefined) errors.push(...eachInvalid(`${field}.resourceClaimName`, one, dnsSubdomain(one)));
    if (template !== undefined) errors.push(...eachInvalid(`${field}.resourceClaimTemplateName`, template, dnsSubdomain(template)));
    return errors;
  });
}

/** Checks that what a container uses is claimed by its pod. */
export function validateUsedClaims({ resources }: Container, container: string, { resourceClaims = [] }: PodSpec): FieldError[] {
  const claimed = resourceClaims.map(({ name = '' }) => name);
  const seen = new Set<string>();
  return (resources?.claims ?? []).flatMap(({ name = '', request = '' }, index) => {
    const field = `${container}.resources.claims[${index}]`;
    if (name === '') return [required(field)];
    const key = `${name}/${request}`;
    const errors = seen.has(key) ? [duplicate(field, name)] : [];
    seen.add(key);
    return claimed.includes(name) ? errors : [...errors, notFound(field, name)];
  });
}

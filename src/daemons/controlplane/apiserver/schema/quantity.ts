import { forbidden, invalid, required, type FieldError } from './field-error.ts';
import type { Container } from './pod-types.ts';

const FACTORS: Readonly<Record<string, number>> = {
  n: 1e-9,
  u: 1e-6,
  m: 1e-3,
  '': 1,
  k: 1e3,
  M: 1e6,
  G: 1e9,
  T: 1e12,
  P: 1e15,
  E: 1e18,
  Ki: 2 ** 10,
  Mi: 2 ** 20,
  Gi: 2 ** 30,
  Ti: 2 ** 40,
  Pi: 2 ** 50,
  Ei: 2 ** 60,
};
const STANDARD = /^(cpu|memory|ephemeral-storage|hugepages-.+)$/;

/** A quantity (`500m`, `1Gi`, `2e3`) as a number, good for comparing; undefined if it is none. */
export function quantityValue(text: string): number | undefined {
  const match = /^([+-]?(?:\d+\.?\d*|\.\d+))(?:[eE]([+-]?\d+)|([numkMGTPE]|[KMGTPE]i)?)$/.exec(text);
  const factor = FACTORS[match?.[3] ?? ''];
  if (match === null || factor === undefined) return undefined;
  return Number(match[1]) * (match[2] === undefined ? factor : 10 ** Number(match[2]));
}

/** Checks a container's limits and requests (whose defaults are the limits). */
export function validateResources({ limits = {}, requests = {} }: NonNullable<Container['resources']>, field: string): FieldError[] {
  const errors = [...validateList(limits, `${field}.limits`), ...validateList(requests, `${field}.requests`)];
  const names = Object.keys({ ...limits, ...requests });
  if (names.some((name) => name.startsWith('hugepages-')) && !names.some((name) => name === 'cpu' || name === 'memory')) {
    errors.push(forbidden(field, 'HugePages require cpu or memory'));
  }
  for (const [name, request] of Object.entries(requests)) {
    const limit = Object.hasOwn(limits, name) ? limits[name] : undefined;
    if (!isOvercommitable(name)) {
      // Shared with nobody, so that what is asked for is all there is.
      if (limit === undefined) errors.push(required(`${field}.limits`, 'Limit must be set for non overcommitable resources'));
      else if (quantityValue(request) !== quantityValue(limit)) {
        errors.push(invalid(`${field}.requests`, request, `must be equal to ${name} limit`));
      }
      continue;
    }
    if (limit !== undefined && (quantityValue(request) ?? 0) > (quantityValue(limit) ?? 0)) {
      errors.push(invalid(`${field}.requests`, request, `must be less than or equal to ${name} limit`));
    }
  }
  return errors;
}

/** False for what cannot be promised to several: huge pages, and the resources of vendors. */
function isOvercommitable(name: string): boolean {
  return !name.startsWith('hugepages-') && (!name.includes('/') || /(^|\.)kubernetes\.io\//.test(name));
}

function validateList(list: Readonly<Record<string, string>>, field: string): FieldError[] {
  return Object.entries(list).flatMap(([name, quantity]) => {
    const place = `${field}[${name}]`;
    const errors: FieldError[] = [];
    if (!STANDARD.test(name) && !name.includes('/')) {
      errors.push(invalid(place, name, 'must be a standard resource type or fully qualified'));
      errors.push(invalid(place, name, 'must be a standard resource for containers'));
    }
    if (name.includes('/') && !isOvercommitable(name) && !Number.isInteger(quantityValue(quantity) ?? 0)) {
      errors.push(invalid(place, quantity, 'must be an integer'));
    }
    if ((quantityValue(quantity) ?? 0) < 0) errors.push(invalid(place, quantity, 'must be greater than or equal to 0'));
    return errors;
  });
}

import type { Attributes, Decision } from './attributes.ts';
import type { RbacPolicy } from './rbac-policy.ts';
import { ruleAllows } from './rule-match.ts';

/** Kubernetes' RBAC: what no rule allows is refused, naming the roles that are missing. */
export function authorizeByRoles(policy: RbacPolicy, attributes: Attributes): Decision {
  const errors: string[] = [];
  for (const { rules, description, error } of policy.grantsOf(attributes.user, attributes.resource?.namespace ?? '')) {
    if (rules.some((rule) => ruleAllows(rule, attributes))) return { allowed: true, reason: `RBAC: allowed by ${description}` };
    if (error !== undefined) errors.push(error);
  }
  return { allowed: false, reason: errors.length === 0 ? '' : `RBAC: ${aggregate(errors)}` };
}

/** Errors as Go joins them. */
export function aggregate(errors: readonly string[]): string {
  const [first, ...more] = new Set(errors);
  return more.length === 0 ? (first ?? '') : `[${[first, ...more].join(', ')}]`;
}

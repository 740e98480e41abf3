import type { Attributes, ResourceAttributes } from './attributes.ts';
import type { PolicyRule } from '../../../../protocol/rbac.ts';

const ALL = '*';

/** Whether a rule allows the request. */
export function ruleAllows(rule: PolicyRule, { verb, resource, path = '' }: Attributes): boolean {
  if (!has(rule.verbs, verb)) return false;
  if (resource === undefined) return (rule.nonResourceURLs ?? []).some((pattern) => matchesPath(pattern, path));
  return has(rule.apiGroups, resource.group) && allowsResource(rule, resource) && allowsName(rule, resource.name);
}

/** A pattern is a path, or what one begins with and `*`. */
export function matchesPath(pattern: string, path: string): boolean {
  return pattern === ALL || pattern === path || (pattern.endsWith(ALL) && path.startsWith(pattern.replace(/\*+$/, '')));
}

function has(list: readonly string[] = [], wanted: string): boolean {
  return list.includes(wanted) || list.includes(ALL);
}

function allowsResource({ resources = [] }: PolicyRule, { plural, subresource }: ResourceAttributes): boolean {
  if (resources.includes(ALL)) return true;
  if (subresource === '') return resources.includes(plural);
  return resources.includes(`${plural}/${subresource}`) || resources.includes(`${ALL}/${subresource}`);
}

function allowsName({ resourceNames = [] }: PolicyRule, name: string): boolean {
  return resourceNames.length === 0 || resourceNames.includes(name);
}

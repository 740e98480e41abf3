import type { PolicyRule } from '../../../../protocol/rbac.ts';
import { matchesPath } from './rule-match.ts';

const ALL = '*';

/**
 * The parts of `wanted` that no rule of `owned` holds, each as small as a rule can be (one verb, one resource or path), and joined again
 * where only the verbs differ. Empty when all is held.
 */
export function missingRules(owned: readonly PolicyRule[], wanted: readonly PolicyRule[]): PolicyRule[] {
  const missing = wanted.flatMap((rule) => [...breakDown(rule)]).filter((part) => !owned.some((rule) => covers(rule, part)));
  return compact(missing);
}

/** A rule as messages show it: `{APIGroups:[""], Resources:["pods"], Verbs:["get"]}`. */
export function describeRule({ apiGroups, resources, nonResourceURLs, resourceNames, verbs }: PolicyRule): string {
  const parts = Object.entries({
    APIGroups: apiGroups,
    Resources: resources,
    NonResourceURLs: nonResourceURLs,
    ResourceNames: resourceNames,
    Verbs: verbs,
  }).filter((part): part is [string, string[]] => (part[1] ?? []).length > 0);
  return `{${parts.map(([name, values]) => `${name}:${quoted(values)}`).join(', ')}}`;
}

/** A list as Go's %q shows it. */
export function quoted(values: readonly string[]): string {
  return `[${values.map((value) => JSON.stringify(value)).join(' ')}]`;
}

/** Joins rules about one resource (and one name at most) that differ in their verbs alone. */
export function compact(rules: readonly PolicyRule[]): PolicyRule[] {
  const simple = new Map<string, PolicyRule>();
  const others: PolicyRule[] = [];
  for (const rule of rules) {
    const { apiGroups = [], resources = [], resourceNames = [], nonResourceURLs = [], verbs = [] } = rule;
    const isSimple = apiGroups.length === 1 && resources.length === 1 && resourceNames.length <= 1 && nonResourceURLs.length === 0;
    if (!isSimple) {
      others.push(rule);
      continue;
    }
    const key = JSON.stringify([apiGroups, resources, resourceNames]);
    const known = simple.get(key);
    simple.set(key, known === undefined ? rule : { ...known, verbs: [...(known.verbs ?? []), ...verbs] });
  }
  return [...others, ...simple.values()];
}

function* breakDown({
  verbs = [],
  apiGroups = [],
  resources = [],
  resourceNames = [],
  nonResourceURLs = [],
}: PolicyRule): Generator<PolicyRule> {
  for (const group of apiGroups) {
    for (const resource of resources) {
      for (const verb of verbs) {
        const part: PolicyRule = { apiGroups: [group], resources: [resource], verbs: [verb] };
        if (resourceNames.length === 0) yield part;
        else for (const name of resourceNames) yield { ...part, resourceNames: [name] };
      }
    }
  }
  for (const url of nonResourceURLs) for (const verb of verbs) yield { nonResourceURLs: [url], verbs: [verb] };
}

/** Whether a rule holds everything that the part allows. */
function covers(rule: PolicyRule, part: PolicyRule): boolean {
  const all = (own: readonly string[] = [], wanted: readonly string[] = []): boolean =>
    own.includes(ALL) || wanted.every((value) => own.includes(value));
  if (!all(rule.verbs, part.verbs)) return false;
  const { nonResourceURLs } = part;
  if (nonResourceURLs !== undefined) {
    return nonResourceURLs.every((url) => (rule.nonResourceURLs ?? []).some((pattern) => matchesPath(pattern, url)));
  }
  const names = part.resourceNames ?? [];
  const namesHeld =
    (rule.resourceNames ?? []).length === 0 || (names.length > 0 && names.every((name) => rule.resourceNames?.includes(name) === true));
  return (rule.apiGroups ?? []).length > 0 && all(rule.apiGroups, part.apiGroups) && holdsResources(rule, part) && namesHeld;
}

function holdsResources({ resources: own = [] }: PolicyRule, { resources: wanted = [] }: PolicyRule): boolean {
  if (own.includes(ALL)) return true;
  return wanted.every((resource) => {
    const at = resource.indexOf('/');
    // What follows may have slashes of its own: userextras/example.org/scope.
    return own.includes(resource) || (at >= 0 && own.includes(`${ALL}${resource.slice(at)}`));
  });
}

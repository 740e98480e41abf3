import data from '../data/default-policy.json' with { type: 'json' };
import { RESOURCES, type KubeObject } from '../../../../protocol/kubernetes.ts';
import { keyOf, PLAIN_WRITE, type ApiContext, type Target } from '../api-context.ts';
import { createObject } from '../object-create.ts';
import { deleteObject } from '../object-delete.ts';
import { updateObject } from '../object-update.ts';
import type { Role, RoleBinding, Subject } from '../../../../protocol/rbac.ts';
import { missingRules } from './rule-cover.ts';

/** Set to `false` in an object, it keeps what an administrator took away from it. */
const AUTOUPDATE = 'rbac.authorization.kubernetes.io/autoupdate';
const KINDS = [RESOURCES.clusterRole, RESOURCES.clusterRoleBinding, RESOURCES.role, RESOURCES.roleBinding];

/**
 * Creates Kubernetes' default roles and bindings where they are missing, and puts back rules, subjects and labels that they have lost, as
 * its API server does at each start. What was added to them stays.
 */
export async function bootstrapPolicy(context: ApiContext): Promise<void> {
  await Promise.all((data as unknown as KubeObject[]).map((wanted) => reconcile(context, wanted)));
}

async function reconcile(context: ApiContext, wanted: KubeObject): Promise<void> {
  const { namespace = '', name } = wanted.metadata;
  const resource = KINDS.find(({ kind }) => kind === wanted.kind);
  const entry = resource && context.registry.find(resource.group, resource.version, resource.plural);
  if (entry === undefined) throw new Error(`no resource of ${wanted.kind ?? ''}`);
  const target: Target = { entry, namespace, name, subresource: '' };
  const present = context.store.get(keyOf(target));
  const create = (): Promise<unknown> => createObject(context, { ...target, name: '' }, wanted, PLAIN_WRITE);
  if (present === undefined) await create();
  else if (present.metadata.annotations?.[AUTOUPDATE] === 'false') return;
  else if (isRebound(present, wanted)) {
    await deleteObject(context, target, {}, PLAIN_WRITE);
    await create();
  } else {
    const next = completed(present, wanted);
    if (next !== undefined) await updateObject(context, target, next, PLAIN_WRITE);
  }
}

/** A binding to another role: that cannot be changed, only made anew. */
function isRebound(present: KubeObject, wanted: KubeObject): boolean {
  const [before, after] = [present, wanted].map((binding) => (binding as Partial<RoleBinding>).roleRef);
  return before?.kind !== after?.kind || before?.name !== after?.name;
}

/** The object with what it lacks; undefined when it lacks nothing. */
function completed(present: KubeObject, wanted: KubeObject): KubeObject | undefined {
  const { labels, annotations } = wanted.metadata;
  const { labels: ownLabels, annotations: ownAnnotations } = present.metadata;
  const lacksMetadata = !within(labels, ownLabels) || !within(annotations, ownAnnotations);
  const { rules, aggregationRule } = wanted as Role;
  const { rules: ownRules, aggregationRule: ownAggregation } = present as Role;
  const missing = missingRules(ownRules ?? [], rules ?? []);
  const lacksSelectors = aggregationRule !== undefined && ownAggregation === undefined;
  const { subjects } = wanted as RoleBinding;
  const { subjects: ownSubjects = [] } = present as RoleBinding;
  const absent = (subjects ?? []).filter((subject) => !ownSubjects.some((own) => isSame(own, subject)));
  if (!lacksMetadata && missing.length === 0 && !lacksSelectors && absent.length === 0) return undefined;
  return {
    ...present,
    metadata: { ...present.metadata, labels: { ...labels, ...ownLabels }, annotations: { ...annotations, ...ownAnnotations } },
    ...(missing.length > 0 && { rules: [...(ownRules ?? []), ...missing] }),
    ...(lacksSelectors && { aggregationRule }),
    ...(absent.length > 0 && { subjects: [...ownSubjects, ...absent] }),
  };
}

function within(wanted: Readonly<Record<string, string>> = {}, own: Readonly<Record<string, string>> = {}): boolean {
  return Object.keys(wanted).every((key) => Object.hasOwn(own, key));
}

function isSame(a: Subject, b: Subject): boolean {
  return a.kind === b.kind && a.name === b.name && (a.namespace ?? '') === (b.namespace ?? '');
}

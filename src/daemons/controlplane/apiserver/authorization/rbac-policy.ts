import { RESOURCES, type ApiResource, type KubeObject, type User } from '../../../../protocol/kubernetes.ts';
import type { KubeObjectStore } from '../../../../store/kube-objects.ts';
import { groupResource, notFound } from '../status-error.ts';
import { RBAC_GROUP, type PolicyRule, type Role, type RoleBinding, type RoleRef, type Subject } from '../../../../protocol/rbac.ts';

/** A binding as it bears on one of its subjects. */
interface Grant {
  readonly roleRef: RoleRef;
  readonly namespace: string;
  /** The whole of it in words, as reasons tell it. */
  readonly description: string;
}

/** One set of rules that a user has; `rules` undefined when the role is missing, which `error` then says. */
export interface Granted {
  readonly rules: readonly PolicyRule[];
  readonly description: string;
  readonly error?: string;
}

/**
 * The stored roles and bindings, indexed by subject, so that a question costs a few look-ups however many bindings there are. It
 * follows the commits of the store.
 */
export class RbacPolicy {
  /** By `namespace/name`; ClusterRoles have no namespace. */
  readonly #roles = new Map<string, readonly PolicyRule[]>();
  /** By namespace ('' for ClusterRoleBindings), subject and binding. */
  readonly #grants = new Map<string, Map<string, Map<string, Grant>>>();

  constructor(store: KubeObjectStore) {
    follow(
      store,
      [RESOURCES.clusterRole, RESOURCES.role],
      (role) => this.#setRole(role),
      (role) => this.#roles.delete(keyOf(role)),
    );
    const bindings = [RESOURCES.clusterRoleBinding, RESOURCES.roleBinding];
    follow(
      store,
      bindings,
      (binding, old) => this.#setBinding(binding, old),
      (binding) => this.#removeBinding(binding as RoleBinding),
    );
  }

  /** What the bindings of a namespace and of the cluster give to the user; `namespace` is '' for the cluster alone. */
  *grantsOf({ name, groups }: User, namespace: string): Generator<Granted> {
    const subjects = [`User ${name}`, ...groups.map((group) => `Group ${group}`)];
    const told = new Set<Grant>();
    for (const scope of namespace === '' ? [''] : ['', namespace]) {
      const bySubject = this.#grants.get(scope);
      if (bySubject === undefined) continue;
      for (const subject of subjects) {
        for (const grant of bySubject.get(subject)?.values() ?? []) {
          if (told.has(grant)) continue;
          told.add(grant);
          yield this.#resolve(grant);
        }
      }
    }
  }

  /** The rules of the role that a binding of this namespace names. @throws StatusError 404 */
  rulesOf({ kind, name }: RoleRef, namespace: string): readonly PolicyRule[] {
    const rules = this.#roles.get(kind === 'ClusterRole' ? `/${name}` : `${namespace}/${name}`);
    if (rules === undefined) throw notFound({ group: RBAC_GROUP, plural: kind === 'ClusterRole' ? 'clusterroles' : 'roles' }, name);
    return rules;
  }

  #resolve({ roleRef, namespace, description }: Grant): Granted {
    const rules = this.#roles.get(roleRef.kind === 'ClusterRole' ? `/${roleRef.name}` : `${namespace}/${roleRef.name}`);
    if (rules !== undefined) return { rules, description };
    return { rules: [], description, error: `${roleRef.kind.toLowerCase()}.${RBAC_GROUP} ${JSON.stringify(roleRef.name)} not found` };
  }

  #setRole(object: KubeObject): void {
    this.#roles.set(keyOf(object), (object as Role).rules ?? []);
  }

  #setBinding(object: KubeObject, old?: KubeObject): void {
    if (old !== undefined) this.#removeBinding(old as RoleBinding);
    const binding = object as RoleBinding;
    const { namespace = '', name } = binding.metadata;
    const bySubject = this.#grants.get(namespace) ?? new Map<string, Map<string, Grant>>();
    this.#grants.set(namespace, bySubject);
    for (const subject of binding.subjects ?? []) {
      const key = subjectKey(subject, namespace);
      const grants = bySubject.get(key) ?? new Map<string, Grant>();
      const description = `${describeBinding(binding)} to ${describeSubject(subject, namespace)}`;
      bySubject.set(key, grants.set(name, { roleRef: binding.roleRef, namespace, description }));
    }
  }

  #removeBinding({ metadata: { namespace = '', name }, subjects = [] }: RoleBinding): void {
    const bySubject = this.#grants.get(namespace);
    for (const subject of subjects) {
      const key = subjectKey(subject, namespace);
      const grants = bySubject?.get(key);
      grants?.delete(name);
      if (grants?.size === 0) bySubject?.delete(key);
    }
    if (bySubject?.size === 0) this.#grants.delete(namespace);
  }
}

function follow(
  store: KubeObjectStore,
  resources: readonly ApiResource[],
  set: (object: KubeObject, old?: KubeObject) => void,
  remove: (object: KubeObject) => void,
): void {
  for (const resource of resources.map(groupResource)) {
    for (const object of store.list(resource)) set(object);
    store.subscribe(resource, ({ type, object, previous }) => {
      if (type === 'DELETED') remove(previous ?? object);
      else set(object, previous);
    });
  }
}

function keyOf({ metadata: { namespace = '', name } }: KubeObject): string {
  return `${namespace}/${name}`;
}

/** A ServiceAccount is a user, too. */
function subjectKey({ kind, name, namespace }: Subject, bindingNamespace: string): string {
  return kind === 'ServiceAccount' ? `User system:serviceaccount:${namespace ?? bindingNamespace}:${name}` : `${kind} ${name}`;
}

function describeBinding({ metadata: { namespace = '', name }, roleRef }: RoleBinding): string {
  const what = namespace === '' ? `ClusterRoleBinding "${name}"` : `RoleBinding "${name}/${namespace}"`;
  return `${what} of ${roleRef.kind} "${roleRef.name}"`;
}

function describeSubject({ kind, name, namespace }: Subject, bindingNamespace: string): string {
  return kind === 'ServiceAccount' ? `${kind} "${name}/${namespace ?? bindingNamespace}"` : `${kind} "${name}"`;
}

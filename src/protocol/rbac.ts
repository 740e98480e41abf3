import type { KubeObject } from './kubernetes.ts';
import type { LabelSelector } from './label-selector.ts';

/** rbac.authorization.k8s.io/v1 */
export const RBAC_GROUP = 'rbac.authorization.k8s.io';

/** Verbs on resources, or on paths (`nonResourceURLs`). `*` stands for all. */
export interface PolicyRule {
  readonly verbs?: readonly string[];
  readonly apiGroups?: readonly string[];
  /** `pods`, `pods/status`; a `*` before the slash stands for all resources. */
  readonly resources?: readonly string[];
  /** Empty means all. */
  readonly resourceNames?: readonly string[];
  /** A `*` at the end stands for whatever follows. */
  readonly nonResourceURLs?: readonly string[];
}

/** A Role, or a ClusterRole. */
export interface Role extends KubeObject {
  rules?: readonly PolicyRule[] | null;
  /** Of ClusterRoles: whose rules a controller gathers. */
  aggregationRule?: { clusterRoleSelectors?: readonly LabelSelector[] };
}

export interface RoleRef {
  readonly apiGroup?: string;
  readonly kind: string;
  readonly name: string;
}

export interface Subject {
  readonly kind: string;
  readonly apiGroup?: string;
  readonly name: string;
  readonly namespace?: string;
}

/** A RoleBinding, or a ClusterRoleBinding. */
export interface RoleBinding extends KubeObject {
  roleRef: RoleRef;
  subjects?: readonly Subject[];
}

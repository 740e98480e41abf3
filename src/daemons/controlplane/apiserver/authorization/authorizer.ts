import type { User } from '../../../../protocol/kubernetes.ts';
import { nodeOfUser } from '../../../../protocol/node-name.ts';
import type { KubeObjectStore } from '../../../../store/kube-objects.ts';
import { isMaster, type Attributes, type Decision } from './attributes.ts';
import { authorizeNode } from './node-authorizer.ts';
import { NodeGraph } from './node-graph.ts';
import { authorizeByRoles } from './rbac-authorizer.ts';
import { RbacPolicy } from './rbac-policy.ts';
import type { PolicyRule } from '../../../../protocol/rbac.ts';

/** The rules of a user, and what kept from finding them all. */
export interface Rules {
  readonly rules: readonly PolicyRule[];
  readonly errors: readonly string[];
  /** There may be more rules than these. */
  readonly incomplete: boolean;
}

/** Who may do what: the group system:masters everything, nodes what their pods need, and everybody what roles give. */
export class Authorizer {
  readonly policy: RbacPolicy;
  readonly graph: NodeGraph;
  /** How often each of Kubernetes' authorization modes has said yes. */
  readonly allowed = { Node: 0, RBAC: 0 };

  constructor(store: KubeObjectStore) {
    this.policy = new RbacPolicy(store);
    this.graph = new NodeGraph(store);
  }

  authorize(attributes: Attributes): Decision {
    if (isMaster(attributes.user)) return { allowed: true, reason: '' };
    const asNode = authorizeNode(this.graph, attributes);
    if (asNode?.allowed === true) {
      this.allowed.Node += 1;
      return asNode;
    }
    const { allowed, reason } = authorizeByRoles(this.policy, attributes);
    if (allowed) {
      this.allowed.RBAC += 1;
      return { allowed, reason };
    }
    return { allowed, reason: [asNode?.reason ?? '', reason].filter((text) => text !== '').join('\n') };
  }

  /** What the roles of a namespace and of the cluster give to a user. */
  rulesFor(user: User, namespace: string): Rules {
    const granted = [...this.policy.grantsOf(user, namespace)];
    const errors = [
      ...(nodeOfUser(user) === undefined ? [] : ['node authorizer does not support user rule resolution']),
      ...granted.flatMap(({ error }) => error ?? []),
    ];
    return { rules: granted.flatMap(({ rules }) => rules), errors, incomplete: errors.length > 0 };
  }
}

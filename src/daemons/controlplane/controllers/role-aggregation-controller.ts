import { isDeepStrictEqual } from 'node:util';
import type { Clock } from '../../../kernel/clock.ts';
import type { Module, Scope } from '../../../kernel/module.ts';
import { WorkQueue } from '../../../kernel/work-queue.ts';
import type { KubeClient } from '../../../kube/client.ts';
import { Informer } from '../../../kube/informer.ts';
import { unlessMissing } from '../../../kube/unless-missing.ts';
import { RESOURCES } from '../../../protocol/kubernetes.ts';
import type { PolicyRule, Role } from '../../../protocol/rbac.ts';
import { selects } from '../../../protocol/label-selector.ts';

export interface RoleAggregationControllerDeps {
  readonly client: Pick<KubeClient, 'get' | 'list' | 'watch' | 'patch'>;
  readonly clock: Clock;
}

/** Gathers the rules of the ClusterRoles that an aggregationRule selects (Kubernetes' clusterrole-aggregation-controller). */
export class RoleAggregationController implements Module {
  readonly name = 'role-aggregation-controller';
  readonly #deps: RoleAggregationControllerDeps;
  readonly #roles: Informer<Role>;

  constructor(deps: RoleAggregationControllerDeps) {
    this.#deps = deps;
    this.#roles = new Informer({ ...deps, resource: RESOURCES.clusterRole });
  }

  async start(scope: Scope): Promise<void> {
    const queue = new WorkQueue(scope, (name) => this.#aggregate(name), { clock: this.#deps.clock });
    await this.#roles.start(scope);
    const again = (): void => {
      for (const { metadata, aggregationRule } of this.#roles.list()) if (aggregationRule !== undefined) queue.add(metadata.name);
    };
    this.#roles.onChange(scope, { added: again, updated: again, deleted: again });
  }

  async #aggregate(name: string): Promise<void> {
    const { client } = this.#deps;
    const role = await unlessMissing(client.get<Role>(RESOURCES.clusterRole, name));
    const selectors = role?.aggregationRule?.clusterRoleSelectors;
    if (role === undefined || selectors === undefined) return;
    const rules: PolicyRule[] = [];
    for (const selector of selectors) {
      for (const other of this.#roles.list().sort(byName)) {
        if (other.metadata.name === name || !selects(selector, other.metadata.labels ?? {})) continue;
        const added = (other.rules ?? []).filter((rule) => !rules.some((known) => isDeepStrictEqual(known, rule)));
        rules.push(...added);
      }
    }
    if (isDeepStrictEqual(rules, role.rules ?? [])) return;
    await client.patch(RESOURCES.clusterRole, { name }, { rules }, 'merge');
  }
}

function byName({ metadata: a }: Role, { metadata: b }: Role): number {
  return a.name < b.name ? -1 : 1;
}

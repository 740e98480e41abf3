import type { Scope } from '../../../kernel/module.ts';
import type { Informer } from '../../../kube/informer.ts';
import { edgeDialect, kubeEdgeMinor, NEWEST_KNOWN_MINOR } from '../../../protocol/edge-dialect.ts';
import type { EdgeDialect } from '../../../protocol/edge-dialect.ts';
import type { Node } from '../../../protocol/kubernetes.ts';

/** Which dialect each node's edge speaks, as its Node reports the version. */
export class NodeDialects {
  readonly #nodes: Informer<Node>;

  constructor(nodes: Informer<Node>) {
    this.#nodes = nodes;
  }

  /** The newest one until the edge has reported. */
  of(nodeName: string): EdgeDialect {
    return edgeDialect(versionOf(this.#nodes.get(nodeName)));
  }

  /** Tells of each edge that turns out to speak another dialect than before, and warns of those newer than any that is known. */
  start(scope: Scope, onChange: (nodeName: string, before: EdgeDialect) => void): void {
    const look = (node: Node, before: string): void => {
      const version = versionOf(node);
      if (version === before) return;
      const nodeName = node.metadata.name;
      if ((kubeEdgeMinor(version) ?? 0) > NEWEST_KNOWN_MINOR) {
        scope.log.warn(
          { node: nodeName, version },
          `an edge is newer than KubeEdge 1.${NEWEST_KNOWN_MINOR}; it is spoken to as to that one`,
        );
      }
      const [old, now] = [edgeDialect(before), edgeDialect(version)];
      if (old.deviceIds !== now.deviceIds || old.twins !== now.twins) onChange(nodeName, old);
    };
    this.#nodes.onChange(scope, {
      added: (node) => look(node, ''),
      updated: (old, node) => look(node, versionOf(old)),
      deleted: () => undefined,
    });
  }
}

function versionOf(node: Node | undefined): string {
  const version: unknown = node?.status?.nodeInfo?.['kubeletVersion'];
  return typeof version === 'string' ? version : '';
}

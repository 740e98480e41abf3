import type { Scope } from '../../../kernel/module.ts';
import type { Informer } from '../../../kube/informer.ts';
import { edgeDialect, kubeEdgeMinor, LEGACY_DIALECT, NEWEST_KNOWN_MINOR } from '../../../protocol/edge-dialect.ts';
import type { EdgeDialect } from '../../../protocol/edge-dialect.ts';
import type { Node } from '../../../protocol/kubernetes.ts';

/** Which dialect each node's edge speaks, as its Node reports the version; it is remembered when the Node goes, for the edge may stay. */
export class NodeDialects {
  readonly #nodes: Informer<Node>;
  readonly #known = new Map<string, EdgeDialect>();

  constructor(nodes: Informer<Node>) {
    this.#nodes = nodes;
  }

  /** The newest one until the edge has reported, or shown by its certificate that it is an old one. */
  of(nodeName: string): EdgeDialect {
    return this.#known.get(nodeName) ?? edgeDialect('');
  }

  /** An edge has connected whose certificate names no node, as up to KubeEdge 1.15. Its Node, if there is one, tells more. */
  sawLegacyCertificate(nodeName: string): void {
    if (!this.#known.has(nodeName)) this.#known.set(nodeName, LEGACY_DIALECT);
  }

  /** Tells of each edge that turns out to speak another dialect than before, and warns of those newer than any that is known. */
  start(scope: Scope, onChange: (nodeName: string, before: EdgeDialect) => void): void {
    const look = (node: Node, versionBefore: string): void => {
      const version = versionOf(node);
      if (version === '' || version === versionBefore) return;
      const nodeName = node.metadata.name;
      if ((kubeEdgeMinor(version) ?? 0) > NEWEST_KNOWN_MINOR) {
        scope.log.warn(
          { node: nodeName, version },
          `an edge is newer than KubeEdge 1.${NEWEST_KNOWN_MINOR}; it is spoken to as to that one`,
        );
      }
      const [before, now] = [this.of(nodeName), edgeDialect(version)];
      this.#known.set(nodeName, now);
      if (before.deviceIds !== now.deviceIds || before.twins !== now.twins) onChange(nodeName, before);
    };
    this.#nodes.onChange(scope, {
      added: (node) => look(node, ''),
      updated: (old, node) => look(node, versionOf(old)),
      deleted: () => undefined,
    });
  }
}

function versionOf(node: Node): string {
  const version: unknown = node.status?.nodeInfo?.['kubeletVersion'];
  return typeof version === 'string' ? version : '';
}

import type { Clock } from '../../../kernel/clock.ts';
import { LEASE_NAMESPACE } from '../../../protocol/kubernetes.ts';
import type { Lease } from '../../../protocol/kubernetes.ts';
import { ASK_TIMEOUT_MS, objectOf } from './ask.ts';
import type { Ask } from './ask.ts';

export interface NodeLeaseDeps {
  readonly nodeName: string;
  readonly leaseDurationSeconds: number;
  readonly ask: Ask;
  readonly clock: Clock;
}

/** The Lease by which the control plane knows that this node lives. */
export class NodeLease {
  readonly #deps: NodeLeaseDeps;
  #lease: Lease | undefined;

  constructor(deps: NodeLeaseDeps) {
    this.#deps = deps;
  }

  /** Renews the lease; makes it if there is none. @throws KedgeError when the cloud refuses or is away; call it again then */
  async renew(nodeUid: string): Promise<void> {
    const known = this.#lease ?? (await this.#query());
    // Whatever goes wrong now, our copy may be stale.
    this.#lease = undefined;
    const answer = await this.#ask(known === undefined ? 'insert' : 'update', this.#renewed(known, nodeUid));
    this.#lease = objectOf(answer, 'the renewal of the lease');
  }

  async #query(): Promise<Lease | undefined> {
    const answer = await this.#ask('query', null);
    if (!answer.ok && answer.status.reason === 'NotFound') return undefined;
    return objectOf(answer, 'the query of the lease');
  }

  #ask(operation: 'query' | 'insert' | 'update', content: unknown): ReturnType<Ask> {
    const resource = `kube-node-lease/lease/${this.#deps.nodeName}`;
    return this.#deps.ask({ operation, resource, content, timeoutMs: ASK_TIMEOUT_MS });
  }

  #renewed(known: Lease | undefined, nodeUid: string): Lease {
    const { nodeName, leaseDurationSeconds, clock } = this.#deps;
    const metadata = { ...(known?.metadata ?? { name: nodeName, namespace: LEASE_NAMESPACE }) };
    // The API server keeps its own record of these.
    delete metadata.managedFields;
    return {
      apiVersion: 'coordination.k8s.io/v1',
      kind: 'Lease',
      metadata: { ...metadata, ownerReferences: [{ apiVersion: 'v1', kind: 'Node', name: nodeName, uid: nodeUid }] },
      spec: { ...known?.spec, holderIdentity: nodeName, leaseDurationSeconds, renewTime: microTime(clock.now()) },
    };
  }
}

/** metav1.MicroTime: RFC 3339 with six digits. */
function microTime(ms: number): string {
  return new Date(ms).toISOString().replace('Z', '000Z');
}

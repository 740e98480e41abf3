import type { Clock } from '../../../../kernel/clock.ts';
import { KedgeError } from '../../../../kernel/errors.ts';
import type { KubeClient } from '../../../../kube/client.ts';
import { normalSerial } from '../../../../pki/certificate-info.ts';
import { nodeCertificatesSchema } from '../../../../protocol/enrolment.ts';
import type { NodeCertificate, NodeCertificates } from '../../../../protocol/enrolment.ts';
import { SecretRecords } from './secret-records.ts';

/** Certificates of one node that are good at the same time: rotations whose answer was lost leave some behind. */
const KEEP = 4;

/** How a new certificate comes to a name. */
export type Entitlement =
  /** The name must be free, or its holder the same public key. */
  | { readonly kind: 'enrol' }
  /** Whoever held the name loses it. */
  | { readonly kind: 'takeOver' }
  /** The holder of `presented` renews it. */
  | { readonly kind: 'rotate'; readonly presented: NodeCertificate };

/** Which certificates each node holds. A node without a record was enrolled by KubeEdge's own cloud. */
export class NodeCertificateStore {
  readonly #records: SecretRecords<NodeCertificates>;
  readonly #clock: Clock;

  constructor({ kube, clock }: { kube: KubeClient; clock: Clock }) {
    this.#clock = clock;
    this.#records = new SecretRecords({ kube, kind: 'node', type: 'kedge.io/node-certificate', schema: nodeCertificatesSchema });
  }

  /**
   * True unless the node has a record that does not hold this serial. The certificate itself, and that its key is there, must have been
   * verified: from its first use on no older one is accepted.
   */
  async accepts(nodeName: string, serialHex: string): Promise<boolean> {
    const serial = normalSerial(serialHex);
    const record = await this.#records.get(nodeName);
    if (record === undefined) return true;
    const index = indexOf(record, serial);
    // Should this fail, the next use does it.
    if (index > 0) await this.#forgetBefore(nodeName, serial).catch(() => undefined);
    return index >= 0;
  }

  /**
   * The same of a certificate that names no node: one that was issued here is good for the node that it was issued to, and no other. Of one
   * that KubeEdge's own cloud has issued, nobody knows whose it is.
   */
  async acceptsNameless(nodeName: string, serialHex: string): Promise<boolean> {
    if ((await this.#records.get(nodeName)) !== undefined) return this.accepts(nodeName, serialHex);
    const serial = normalSerial(serialHex);
    return (await this.#records.list()).every(({ record }) => indexOf(record, serial) < 0);
  }

  /** True when the node has a record, and it holds this serial. */
  async holds(nodeName: string, serialHex: string): Promise<boolean> {
    const record = await this.#records.get(nodeName);
    return record !== undefined && indexOf(record, normalSerial(serialHex)) >= 0;
  }

  /** The certificates of a node that have not expired; undefined when none was ever issued here. */
  async live(nodeName: string): Promise<NodeCertificate[] | undefined> {
    const record = await this.#records.get(nodeName);
    return record === undefined ? undefined : this.#living(record);
  }

  /**
   * Records a certificate before it is handed out.
   * @throws KedgeError CONFLICT when the name is held by another key and the entitlement does not reach that far
   */
  async add(nodeName: string, certificate: NodeCertificate, entitlement: Entitlement): Promise<void> {
    await this.#records.update(nodeName, (record) => {
      const live = this.#living(record);
      if (entitlement.kind === 'takeOver') return { certificates: [certificate] };
      if (entitlement.kind === 'enrol') {
        refuseOthers(nodeName, live, certificate.spkiSha256);
        return { certificates: [...live, certificate].slice(-KEEP) };
      }
      const { presented } = entitlement;
      if (record?.certificates.every(({ serial }) => serial !== presented.serial) === true) throw replaced(nodeName);
      return { certificates: [...room(record?.certificates ?? [], live, presented), certificate] };
    });
  }

  async #forgetBefore(nodeName: string, serial: string): Promise<void> {
    await this.#records.update(nodeName, (record) => {
      if (record === undefined) throw replaced(nodeName);
      return { certificates: record.certificates.slice(Math.max(0, indexOf(record, serial))) };
    });
  }

  #living(record: NodeCertificates | undefined): NodeCertificate[] {
    return (record?.certificates ?? []).filter(({ notAfter }) => Date.parse(notAfter) > this.#clock.now());
  }
}

/** In the order of their issue: `presented`, which the edge surely has, and the newest of the others that are alive. */
function room(all: readonly NodeCertificate[], live: readonly NodeCertificate[], presented: NodeCertificate): NodeCertificate[] {
  const isPresented = ({ serial }: NodeCertificate): boolean => serial === presented.serial;
  const others = live.filter((certificate) => !isPresented(certificate)).slice(-(KEEP - 2));
  const known = all.some(isPresented) ? all : [presented, ...all];
  return known.filter((certificate) => isPresented(certificate) || others.includes(certificate));
}

function indexOf({ certificates }: NodeCertificates, serial: string): number {
  return certificates.findIndex((certificate) => certificate.serial === serial);
}

/** What the holder of a certificate is told that is no longer the node's. */
export function replaced(nodeName: string): KedgeError {
  return new KedgeError('AUTH', `this certificate is no longer accepted for the node ${nodeName}: the name was taken over`);
}

/** @throws KedgeError CONFLICT when someone else's certificate for the name is alive */
export function refuseOthers(nodeName: string, live: readonly NodeCertificate[], spkiSha256: string): void {
  if (live.length === 0 || live.some((certificate) => certificate.spkiSha256 === spkiSha256)) return;
  throw taken(nodeName);
}

/** What a stranger is told who asks for a name in use. */
export function taken(nodeName: string): KedgeError {
  return new KedgeError('CONFLICT', `the name ${nodeName} holds a live certificate already`, {
    hint: `choose another --node-name, or take it over with a token of: kedge token create --node ${nodeName}`,
  });
}

import type { Clock } from '../../../../kernel/clock.ts';
import { KedgeError } from '../../../../kernel/errors.ts';
import type { Logger } from '../../../../kernel/log.ts';
import type { KubeClient } from '../../../../kube/client.ts';
import { unlessMissing } from '../../../../kube/unless-missing.ts';
import type { CertificateInfo } from '../../../../pki/certificate-info.ts';
import { certificateInfo, hasUsage, isIssuedBy, spkiSha256 } from '../../../../pki/certificate-info.ts';
import { issueCertificate } from '../../../../pki/certificate.ts';
import type { ParsedCsr } from '../../../../pki/csr.ts';
import { parseCsr } from '../../../../pki/csr.ts';
import type { KeyPair } from '../../../../pki/key-pair.ts';
import { pemToDer } from '../../../../pki/pem.ts';
import { PROFILES } from '../../../../pki/profiles.ts';
import type { NodeCertificate } from '../../../../protocol/enrolment.ts';
import { RESOURCES } from '../../../../protocol/kubernetes.ts';
import type { Node } from '../../../../protocol/kubernetes.ts';
import { isLegacyGroup, isNodeName, LEGACY_USER, NODES_GROUP, nodeUser } from '../../../../protocol/node-name.ts';
import type { Entitlement, NodeCertificateStore } from './node-certificate-store.ts';
import { refuseOthers, replaced, taken } from './node-certificate-store.ts';
import type { Grant, TokenStore } from './token-store.ts';

const DAY_MS = 86_400_000;
/** A node's ObjectSyncs are named `{node}.{uid}`, and a name has at most 253 characters; that of its record is shorter. */
const MAX_NODE_NAME = 253 - '.00000000-0000-0000-0000-000000000000'.length;

export interface EnrolmentDeps {
  readonly kube: KubeClient;
  readonly ca: KeyPair;
  readonly certificateDays: number;
  /** How long, in days, after its end a certificate still serves to renew it; 0 for not at all. */
  readonly lateRenewalDays: number;
  /** Whether certificates are made that name no node, as edges of KubeEdge 1.15 and older ask for. */
  readonly legacyEdges: boolean;
  readonly tokens: TokenStore;
  readonly certificates: NodeCertificateStore;
  readonly clock: Clock;
  /** Ends the session of whoever had the name, and makes sure that the new holder, who has nothing yet, will be sent everything. */
  readonly startAnew: (nodeName: string) => Promise<void>;
}

/** By what right somebody asks for a certificate. */
export type Right = { readonly grant: Grant } | { readonly presented: NodeCertificate; readonly isNameless: boolean };

/** Decides who gets an edge certificate, and makes it. */
export class Enrolment {
  readonly #deps: EnrolmentDeps;

  constructor(deps: EnrolmentDeps) {
    this.#deps = deps;
  }

  /**
   * The right that a token gives.
   * @param authorization the header: two words, the second of which is the JWT; the first is not looked at (KubeEdge)
   * @throws KedgeError AUTH
   */
  async byToken(authorization: string | undefined, nodeName: string): Promise<Right> {
    const words = authorization?.trim().split(/\s+/) ?? [];
    if (words.length !== 2 || words[1] === undefined) throw new KedgeError('AUTH', 'Invalid authorization token: there is none');
    checkNodeName(nodeName);
    const grant = await this.#deps.tokens.check(words[1]);
    if (grant.nodeName !== undefined && grant.nodeName !== nodeName) {
      throw new KedgeError('AUTH', `Invalid authorization token: it is for the node ${grant.nodeName} only`);
    }
    return { grant };
  }

  /**
   * The right to renew that a certificate of the same name gives; the TLS handshake has proven that its key is there. One that has ended
   * gives it for a while longer, if it is on record as the node's: an edge that was off is not lost. It opens nothing else.
   * @throws KedgeError AUTH
   */
  async byCertificate(der: Uint8Array, nodeName: string): Promise<Right> {
    checkNodeName(nodeName);
    const certificate = certificateInfo(der);
    const now = this.#deps.clock.now();
    const ours = isIssuedBy(der, this.#deps.ca.certPem) && hasUsage(der, 'clientAuth');
    if (!ours) throw new KedgeError('AUTH', 'the client certificate is not one of this cloud');
    if (now < certificate.notBefore.getTime()) throw new KedgeError('AUTH', 'the client certificate is not valid yet');
    if (!(await this.#standsFor(certificate, nodeName))) {
      throw new KedgeError('AUTH', `the client certificate of ${certificate.commonName} does not stand for the node ${nodeName}`);
    }
    if (now > certificate.notAfter.getTime()) await this.#refuseTooLate(nodeName, certificate, now);
    if (!(await this.#deps.certificates.accepts(nodeName, certificate.serial))) throw replaced(nodeName);
    return { presented: recordOf(certificate), isNameless: certificate.commonName === LEGACY_USER };
  }

  /**
   * Signs a request for `nodeName`; the certificate is on record before this returns.
   * @returns the certificate's DER
   * @throws KedgeError CERTIFICATE, PERMISSION, AUTH or CONFLICT, having changed nothing
   */
  async sign(right: Right, nodeName: string, csrDer: Uint8Array, log: Logger): Promise<Buffer> {
    const csr = parseCsr(csrDer);
    this.#checkSubject(csr, nodeName, right);
    const spki = spkiSha256(csr.publicKeySpki);
    const entitlement = entitlementOf(right);
    if (entitlement.kind === 'enrol') await this.#refuseTaken(nodeName, spki);
    const refund = 'grant' in right ? await this.#deps.tokens.spend(right.grant, nodeName, spki) : undefined;
    const pem = this.#issue(csr);
    const issued = certificateInfo(pem);
    try {
      await this.#deps.certificates.add(nodeName, recordOf(issued), entitlement);
    } catch (error) {
      await refund?.().catch((failure: unknown) => log.warn({ err: failure, nodeName }, 'a use of a token could not be given back'));
      throw error;
    }
    log.info({ nodeName, serial: issued.serial, by: entitlement.kind }, 'issued an edge certificate');
    // Before the answer: should this process end here, the edge asks again.
    if (entitlement.kind !== 'rotate') await this.#deps.startAnew(nodeName);
    return pemToDer(pem);
  }

  /** True when the name was enrolled here and its certificate is alive, or an edge has reported under it. */
  async isTaken(nodeName: string): Promise<boolean> {
    const live = await this.#deps.certificates.live(nodeName);
    return (live !== undefined && live.length > 0) || (await this.#hasReported(nodeName));
  }

  /** A certificate that names no node stands for the node that it was issued to, as the record tells. */
  async #standsFor({ organizations, commonName, serial }: CertificateInfo, nodeName: string): Promise<boolean> {
    if (commonName === LEGACY_USER) return this.#deps.legacyEdges && this.#deps.certificates.holds(nodeName, serial);
    return organizations[0] === NODES_GROUP && commonName === nodeUser(nodeName);
  }

  #checkSubject({ commonName, organizations }: ParsedCsr, nodeName: string, right: Right): void {
    if (commonName === LEGACY_USER && organizations.length === 1 && organizations.every(isLegacyGroup)) {
      // Who has a certificate with a name keeps the name.
      if (this.#deps.legacyEdges && ('grant' in right || right.isNameless)) return;
      const hint = 'update the edge, or let such edges in: kedge init cloud --legacy-edges';
      throw new KedgeError('PERMISSION', `${nodeName} is of KubeEdge 1.15 or older, whose edges share one name (${LEGACY_USER})`, { hint });
    }
    if (commonName === nodeUser(nodeName) && organizations.length === 1 && organizations[0] === NODES_GROUP) return;
    const subject = `O=${NODES_GROUP}, CN=${nodeUser(nodeName)}`;
    throw new KedgeError('PERMISSION', `the request must be for ${subject}, the node of the header NodeName`);
  }

  async #refuseTooLate(nodeName: string, { serial, notAfter }: CertificateInfo, now: number): Promise<void> {
    const { lateRenewalDays, certificates } = this.#deps;
    const end = notAfter.toISOString();
    if (now > notAfter.getTime() + lateRenewalDays * DAY_MS) {
      const window = lateRenewalDays === 0 ? '' : `, more than ${lateRenewalDays} days ago`;
      throw new KedgeError('AUTH', `the client certificate expired at ${end}${window}`);
    }
    if (!(await certificates.holds(nodeName, serial))) throw new KedgeError('AUTH', `the client certificate expired at ${end}`);
  }

  /** Of an edge that was enrolled elsewhere no key is known: its name is taken over or it is not had at all. */
  async #refuseTaken(nodeName: string, spki: string): Promise<void> {
    const live = await this.#deps.certificates.live(nodeName);
    if (live === undefined && (await this.#hasReported(nodeName))) throw taken(nodeName);
    refuseOthers(nodeName, live ?? [], spki);
  }

  async #hasReported(nodeName: string): Promise<boolean> {
    const node = await unlessMissing(this.#deps.kube.get<Node>(RESOURCES.node, nodeName));
    return (node?.status?.nodeInfo?.['kubeletVersion'] ?? '') !== '';
  }

  /** Keeps CN, O and the SANs of the request (KubeEdge); everything else is the profile's. */
  #issue(csr: ParsedCsr): string {
    return issueCertificate({
      ca: this.#deps.ca,
      profile: PROFILES.edgeClient,
      subject: { commonName: csr.commonName, organizations: csr.organizations },
      sans: { dnsNames: csr.dnsNames, ipAddresses: csr.ipAddresses },
      publicKey: csr.publicKey,
      days: this.#deps.certificateDays,
      now: this.#deps.clock.now(),
    });
  }
}

function entitlementOf(right: Right): Entitlement {
  if ('presented' in right) return { kind: 'rotate', presented: right.presented };
  return { kind: right.grant.nodeName === undefined ? 'enrol' : 'takeOver' };
}

function recordOf({ serial, notAfter, spkiSha256: key }: CertificateInfo): NodeCertificate {
  return { serial, notAfter: notAfter.toISOString(), spkiSha256: key };
}

function checkNodeName(nodeName: string): void {
  if (nodeName === '') throw new KedgeError('INVALID_INPUT', 'the header NodeName is missing');
  if (!isNodeName(nodeName) || nodeName.length > MAX_NODE_NAME) {
    throw new KedgeError('INVALID_INPUT', `${JSON.stringify(nodeName.slice(0, 300))} is not a Kubernetes node name`);
  }
}

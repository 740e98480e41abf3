import { BlockList, isIPv4 } from 'node:net';
import { parseCsr } from '../../../pki/csr.ts';
import type { ParsedCsr } from '../../../pki/csr.ts';
import { pemToDer } from '../../../pki/pem.ts';
import type { SubjectAltNames } from '../../../pki/names.ts';
import { PROFILES } from '../../../pki/profiles.ts';
import type { CertificateProfile } from '../../../pki/profiles.ts';
import type { CertificateSigningRequest, Node } from '../../../protocol/kubernetes.ts';

/** What one of Kubernetes' signers signs. */
interface Signer {
  readonly profile: CertificateProfile;
  readonly usage: 'client auth' | 'server auth';
}

/** Signs for whomever a person lets in. */
const CLIENTS = 'kubernetes.io/kube-apiserver-client';
const NODE_SIGNERS: Readonly<Record<string, Signer>> = {
  'kubernetes.io/kube-apiserver-client-kubelet': { profile: PROFILES.edgeClient, usage: 'client auth' },
  'kubernetes.io/kubelet-serving': { profile: PROFILES.kubeletServing, usage: 'server auth' },
};
const NODE_PREFIX = 'system:node:';
const NODES = 'system:nodes';
const COMMON_USAGES = ['digital signature', 'key encipherment'];

/** Addresses that are the machine's own wherever it is: KubeEdge's MetaServer listens there. */
const LOCAL = new BlockList();
LOCAL.addSubnet('127.0.0.0', 8, 'ipv4');
LOCAL.addSubnet('169.254.0.0', 16, 'ipv4');
LOCAL.addAddress('::1', 'ipv6');

/** A request that fits its signer. */
export interface CertificateRequest {
  readonly csr: ParsedCsr;
  readonly profile: CertificateProfile;
}

/** The same of a signer for nodes. */
export interface NodeCertificateRequest extends CertificateRequest {
  readonly nodeName: string;
}

/** True for a signer that is served here. */
export function isServed(request: CertificateSigningRequest): boolean {
  return request.spec.signerName === CLIENTS || isForNode(request);
}

/** True for a signer of nodes, whose requests may be approved without a person. */
export function isForNode({ spec }: CertificateSigningRequest): boolean {
  return Object.hasOwn(NODE_SIGNERS, spec.signerName);
}

/** Reads a request of one of the served signers. @throws Error as `readNodeRequest` does */
export function readRequest(request: CertificateSigningRequest): CertificateRequest {
  if (isForNode(request)) return readNodeRequest(request);
  const { usages = [] } = request.spec;
  checkUsages(usages, 'client auth');
  return { csr: csrOf(request), profile: PROFILES.edgeClient };
}

function csrOf({ spec }: CertificateSigningRequest): ParsedCsr {
  return parseCsr(pemToDer(Buffer.from(spec.request, 'base64').toString('latin1')));
}

/**
 * Reads a request of one of the signers for nodes. @throws Error in words for people when the signer would not sign it (Kubernetes'
 * certificates.k8s.io rules of its built-in signers)
 */
export function readNodeRequest(request: CertificateSigningRequest): NodeCertificateRequest {
  const { spec } = request;
  const signer = NODE_SIGNERS[spec.signerName];
  if (signer === undefined) throw new Error(`signer ${spec.signerName} is not served`);
  const csr = csrOf(request);
  const nodeName = csr.commonName.startsWith(NODE_PREFIX) ? csr.commonName.slice(NODE_PREFIX.length) : '';
  if (nodeName === '') throw new Error(`subject common name does not begin with ${NODE_PREFIX}`);
  if (csr.organizations.length !== 1 || csr.organizations[0] !== NODES) throw new Error(`subject organization is not ${NODES}`);
  checkUsages(spec.usages ?? [], signer.usage, 'digital signature');
  const names = csr.dnsNames.length + csr.ipAddresses.length;
  if (signer.usage === 'client auth' && names > 0) throw new Error('DNS and IP subjectAltNames are not allowed');
  if (signer.usage === 'server auth' && names === 0) throw new Error('at least one DNS or IP subjectAltName is required');
  return { nodeName, csr, profile: signer.profile };
}

function checkUsages(usages: readonly string[], ...wanted: readonly string[]): void {
  const isKnown = usages.every((usage) => wanted.includes(usage) || COMMON_USAGES.includes(usage));
  if (!isKnown || !wanted.every((usage) => usages.includes(usage)))
    throw new Error(`usages did not match: ${[...wanted].reverse().join(', ')}`);
}

/**
 * Whether a request may be approved without a person: the node itself asks, and every name in it is the node's. What a Node says of its
 * addresses is its own word, so the API server's names are nobody else's.
 */
export function isOwnRequest(
  { spec }: CertificateSigningRequest,
  { nodeName, csr }: NodeCertificateRequest,
  node: Node | undefined,
  apiServer: SubjectAltNames,
): boolean {
  if (spec.username !== csr.commonName || spec.groups?.includes(NODES) !== true) return false;
  const addresses = new Set(node?.status?.addresses?.map(({ address }) => address));
  const isOwnIp = (ip: string): boolean =>
    LOCAL.check(ip, isIPv4(ip) ? 'ipv4' : 'ipv6') || (addresses.has(ip) && !apiServer.ipAddresses.includes(ip));
  return csr.dnsNames.every((name) => name === nodeName && !apiServer.dnsNames.includes(name)) && csr.ipAddresses.every(isOwnIp);
}

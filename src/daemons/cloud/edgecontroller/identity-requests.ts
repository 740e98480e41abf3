import { KedgeError } from '../../../kernel/errors.ts';
import type { KubeClient } from '../../../kube/client.ts';
import { unlessMissing } from '../../../kube/unless-missing.ts';
import { parseCsr } from '../../../pki/csr.ts';
import { pemToDer } from '../../../pki/pem.ts';
import { RESOURCES } from '../../../protocol/kubernetes.ts';
import type { CertificateSigningRequest, KubeObject, TokenRequest } from '../../../protocol/kubernetes.ts';
import { isRecord } from '../../../protocol/message.ts';
import { notRelated, objectIn, refusal } from './answers.ts';
import type { PodIndex } from '../../../kube/pod-index.ts';
import type { UpstreamRequest } from './upstream-request.ts';

const NODES = 'system:nodes';
/** The signers of what an edge needs for itself. */
const NODE_SIGNERS = ['kubernetes.io/kube-apiserver-client-kubelet', 'kubernetes.io/kubelet-serving'];

const userOf = (nodeName: string): string => `system:node:${nodeName}`;

/** What an edge may ask for in the name of its pods, and of itself: tokens and certificates. */
export class IdentityRequests {
  readonly #kube: KubeClient;
  readonly #index: PodIndex;

  constructor(kube: KubeClient, index: PodIndex) {
    this.#kube = kube;
    this.#index = index;
  }

  /** A token of a ServiceAccount, bound to a pod of the node that runs as it (Kubernetes' NodeRestriction). */
  async token({ nodeName, namespace, name, message }: UpstreamRequest): Promise<object> {
    const { spec } = objectIn(message);
    const { audiences, expirationSeconds, boundObjectRef: reference } = isRecord(spec) ? spec : {};
    const deny = (why: string): Error => refusal(403, 'Forbidden', `serviceaccounts "${name}" is forbidden: ${why}`);
    if (!this.#index.uses(nodeName, 'serviceAccounts', `${namespace}/${name}`)) {
      throw notRelated(nodeName, 'create', { ...RESOURCES.serviceAccount, plural: 'serviceaccounts/token' }, name, namespace);
    }
    if (!isRecord(reference) || reference['kind'] !== 'Pod') throw deny('node requested token not bound to a pod');
    const { name: podName, uid } = reference;
    if (typeof uid !== 'string' || uid === '') throw deny('node requested token with a pod binding without a uid');
    const pod = this.#index.podOf(nodeName, `${namespace}/${String(podName)}`);
    if (pod === undefined || pod.metadata.uid !== uid || pod.spec?.['serviceAccountName'] !== name) {
      throw deny('node requested token bound to a pod that is not on this node, or not of this account');
    }
    const wanted: TokenRequest = {
      spec: {
        audiences: Array.isArray(audiences) ? audiences.map(String) : [],
        ...(typeof expirationSeconds === 'number' && { expirationSeconds }),
        boundObjectRef: { kind: 'Pod', apiVersion: 'v1', name: pod.metadata.name, uid },
      },
    };
    // What it was made from is the edge's own; of its metadata nothing travels.
    return { ...(await this.#kube.createToken(name, namespace, wanted)), metadata: {} };
  }

  /** Made in the node's name, so that the API server writes down who asks. The name is generated when the edge gives none. */
  async insertCertificate({ nodeName, name, message }: UpstreamRequest): Promise<KubeObject> {
    const { metadata, spec } = objectIn(message);
    const { request, signerName, usages, expirationSeconds } = isRecord(spec) ? spec : {};
    const { generateName } = isRecord(metadata) ? metadata : {};
    const isOwn = NODE_SIGNERS.includes(String(signerName)) && typeof request === 'string' && namesNode(request, nodeName);
    if (!isOwn) throw refusal(403, 'Forbidden', `node ${nodeName} may ask for certificates of its own only`);
    const wanted: CertificateSigningRequest = {
      metadata: { name, ...(name === '' && { generateName: typeof generateName === 'string' ? generateName : 'csr-' }) },
      spec: {
        request,
        signerName: String(signerName),
        usages: Array.isArray(usages) ? usages.map(String) : [],
        ...(typeof expirationSeconds === 'number' && { expirationSeconds }),
      },
    };
    const as = { name: userOf(nodeName), groups: [NODES] };
    return this.#kube.create(RESOURCES.certificateSigningRequest, wanted, undefined, { as });
  }

  async queryCertificate({ nodeName, name }: UpstreamRequest): Promise<KubeObject> {
    const resource = RESOURCES.certificateSigningRequest;
    const found = await unlessMissing(this.#kube.get<CertificateSigningRequest>(resource, name));
    if (found?.spec.username !== userOf(nodeName)) throw notRelated(nodeName, 'get', resource, name);
    return found;
  }
}

/** Whether a PKCS#10 request (PEM in base64) has the node as its subject. */
function namesNode(request: string, nodeName: string): boolean {
  try {
    const { commonName, organizations } = parseCsr(pemToDer(Buffer.from(request, 'base64').toString('latin1')));
    return commonName === userOf(nodeName) && organizations.length === 1 && organizations[0] === NODES;
  } catch (error) {
    if (error instanceof KedgeError) throw refusal(422, 'Invalid', error.message);
    throw error;
  }
}

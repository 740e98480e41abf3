import { join } from 'node:path';
import type { CloudPaths } from '../config/home.ts';
import { KedgeError } from '../kernel/errors.ts';
import { packageRoot } from '../kernel/package-root.ts';
import type { KubeClient } from '../kube/client.ts';
import { unlessMissing } from '../kube/unless-missing.ts';
import { readKeyPair, writeKeyPair } from '../pki/key-pair-file.ts';
import type { KeyPair } from '../pki/key-pair.ts';
import { isPair, keyPairFromDer, keyPairToDer } from '../pki/key-pair.ts';
import { KUBEEDGE_NAMESPACE } from '../protocol/enrolment.ts';
import { LEASE_NAMESPACE, RESOURCES } from '../protocol/kubernetes.ts';
import type { ApiResource, KubeObject, Secret } from '../protocol/kubernetes.ts';
import { isGood } from '../daemons/cloud/certificates/own-certificates.ts';

const ACCESS_REVIEW: ApiResource = {
  group: 'authorization.k8s.io',
  version: 'v1',
  plural: 'selfsubjectaccessreviews',
  kind: 'SelfSubjectAccessReview',
  namespaced: false,
};

interface ResourceAttributes {
  readonly verb: string;
  readonly group: string;
  readonly resource: string;
  readonly subresource?: string;
  readonly namespace?: string;
  readonly name?: string;
}

interface AccessReview extends KubeObject {
  spec: { resourceAttributes: ResourceAttributes };
  status?: { allowed: boolean };
}

/** What the cloud does in a cluster, as far as one question each can tell; templates/kubernetes/cloud-rbac.yaml gives all of it. */
const NEEDED: readonly ResourceAttributes[] = [
  { verb: 'get', group: '', resource: 'namespaces', name: KUBEEDGE_NAMESPACE },
  { verb: 'create', group: 'apiextensions.k8s.io', resource: 'customresourcedefinitions' },
  { verb: 'create', group: '', resource: 'secrets', namespace: KUBEEDGE_NAMESPACE },
  { verb: 'watch', group: '', resource: 'secrets' },
  { verb: 'create', group: '', resource: 'nodes' },
  { verb: 'watch', group: '', resource: 'pods' },
  { verb: 'patch', group: '', resource: 'pods', subresource: 'status' },
  { verb: 'update', group: 'coordination.k8s.io', resource: 'leases', namespace: LEASE_NAMESPACE },
  { verb: 'patch', group: 'devices.kubeedge.io', resource: 'devices' },
  { verb: 'create', group: 'reliablesyncs.kubeedge.io', resource: 'objectsyncs' },
];

/**
 * Makes sure that the cluster answers and that we may do there what a cloud does.
 * @returns the cluster's version
 * @throws KedgeError UNREACHABLE, AUTH, or PERMISSION naming what is not allowed
 */
export async function checkCluster(kube: KubeClient): Promise<string> {
  const { gitVersion } = JSON.parse(await kube.raw('/version')) as { gitVersion?: string };
  for (const attributes of NEEDED) await assertAllowed(kube, attributes);
  const namespace = await unlessMissing(kube.get(RESOURCES.namespace, KUBEEDGE_NAMESPACE));
  if (namespace === undefined) await assertAllowed(kube, { verb: 'create', group: '', resource: 'namespaces' });
  return gitVersion ?? 'unknown';
}

/** @throws KedgeError PERMISSION */
async function assertAllowed(kube: KubeClient, resourceAttributes: ResourceAttributes): Promise<void> {
  // A review has no name: the API answers it without storing anything.
  const review = { apiVersion: 'authorization.k8s.io/v1', kind: 'SelfSubjectAccessReview', metadata: {}, spec: { resourceAttributes } };
  const answer = await kube.create<AccessReview>(ACCESS_REVIEW, review as unknown as AccessReview);
  if (answer.status?.allowed === true) return;
  const { verb, resource, subresource, namespace } = resourceAttributes;
  const what = subresource === undefined ? resource : `${resource}/${subresource}`;
  const where = namespace === undefined ? 'this cluster' : `the namespace ${namespace}`;
  throw new KedgeError('PERMISSION', `the kubeconfig's user may not ${verb} ${what} in ${where}`, {
    hint: `a cluster administrator makes an account that may: kubectl apply -f ${join(packageRoot(), 'templates', 'kubernetes', 'cloud-rbac.yaml')}`,
  });
}

/**
 * Takes CA and server certificate over from a cluster where a cloud has run before, KubeEdge's or ours.
 * @returns true when the CA came from the cluster
 * @throws KedgeError CONFLICT when this home has another CA than the cluster
 */
export async function adoptCertificates(kube: KubeClient, paths: CloudPaths, hosts: readonly string[]): Promise<boolean> {
  const ca = await readPairSecret(kube, 'casecret', 'cadata', 'cakeydata');
  if (ca === undefined) return false;
  const own = await readKeyPair(paths.ca);
  if (own !== undefined && !keyPairToDer(own).certDer.equals(keyPairToDer(ca).certDer)) {
    throw new KedgeError('CONFLICT', `the cluster's Secret ${KUBEEDGE_NAMESPACE}/casecret holds another CA than ${paths.ca.cert}`, {
      hint: `edges trust only one of them: remove the one that no edge uses (the Secret, or ${paths.ca.cert} and its key)`,
    });
  }
  if (own === undefined) await writeKeyPair(paths.ca, ca);
  const server = await readPairSecret(kube, 'cloudcoresecret', 'cloudcoredata', 'cloudcorekeydata');
  const wanted = (await readKeyPair(paths.server)) === undefined;
  if (wanted && server !== undefined && isGood(server, ca, hosts)) await writeKeyPair(paths.server, server);
  return own === undefined;
}

async function readPairSecret(kube: KubeClient, name: string, certKey: string, keyKey: string): Promise<KeyPair | undefined> {
  const secret = await unlessMissing(kube.get<Secret>(RESOURCES.secret, name, KUBEEDGE_NAMESPACE));
  const [cert, key] = [secret?.data?.[certKey], secret?.data?.[keyKey]];
  if (cert === undefined || key === undefined) return undefined;
  const pair = keyPairFromDer(Buffer.from(cert, 'base64'), Buffer.from(key, 'base64'));
  if (isPair(pair)) return pair;
  throw new KedgeError('CERTIFICATE', `Secret ${KUBEEDGE_NAMESPACE}/${name} holds a key that is not its certificate's`);
}

import { KedgeError } from '../../../kernel/errors.ts';
import { isAlreadyExists, isConflict } from '../../../kube/api-error.ts';
import type { KubeClient } from '../../../kube/client.ts';
import { unlessMissing } from '../../../kube/unless-missing.ts';
import { splitToken } from '../../../pki/join-token.ts';
import type { KeyPair } from '../../../pki/key-pair.ts';
import { keyPairToDer } from '../../../pki/key-pair.ts';
import { createToken, verifyToken } from '../../../pki/token.ts';
import { KUBEEDGE_NAMESPACE } from '../../../protocol/enrolment.ts';
import { RESOURCES } from '../../../protocol/kubernetes.ts';
import type { Secret } from '../../../protocol/kubernetes.ts';

/** KubeEdge's tokenRefreshDuration. A token is good for twice as long. */
export const TOKEN_REFRESH_MS = 12 * 3_600_000;

/** Makes sure that namespace `kubeedge` exists. */
export async function ensureNamespace(kube: KubeClient): Promise<void> {
  if ((await unlessMissing(kube.get(RESOURCES.namespace, KUBEEDGE_NAMESPACE))) !== undefined) return;
  const namespace = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: KUBEEDGE_NAMESPACE } };
  await kube.create(RESOURCES.namespace, namespace).catch(ignore(isAlreadyExists));
}

/**
 * Writes CA and server certificate where KubeEdge keeps them, for its tools and for a cloud that takes over.
 * @throws KedgeError CONFLICT when the cluster has another CA: its edges would no longer be let in
 */
export async function writeCertificateSecrets(kube: KubeClient, ca: KeyPair, server: KeyPair): Promise<void> {
  const [caDer, serverDer] = [keyPairToDer(ca), keyPairToDer(server)];
  await refuseOtherCa(kube, caDer.certDer);
  await writeSecret(kube, 'casecret', { cadata: caDer.certDer, cakeydata: caDer.keyDer });
  // Another cloud may have been faster.
  await refuseOtherCa(kube, caDer.certDer);
  await writeSecret(kube, 'cloudcoresecret', { cloudcoredata: serverDer.certDer, cloudcorekeydata: serverDer.keyDer });
}

async function refuseOtherCa(kube: KubeClient, certDer: Buffer): Promise<void> {
  const present = (await readSecret(kube, 'casecret'))?.data?.['cadata'];
  if (!present || Buffer.from(present, 'base64').equals(certDer)) return;
  throw new KedgeError('CONFLICT', `Secret ${KUBEEDGE_NAMESPACE}/casecret holds another CA than this cloud`, {
    hint:
      "the edges of that CA would be cut off: restore its rootCA.crt and rootCA.key in this home's cloud/pki " +
      '(in a cluster, kedge init cloud does so once this home has none); to give those edges up, delete the Secret, or data.db of the built-in API',
  });
}

/**
 * Puts a fresh token into `tokensecret`, which `keadm gettoken` prints, unless the one there is good for another refresh period.
 * @returns how long it may stay, ms
 */
export async function refreshTokenSecret(kube: KubeClient, ca: KeyPair, now: number): Promise<number> {
  const { certDer, keyDer } = keyPairToDer(ca);
  const left = await currentTokenLife(kube, keyDer, now);
  // A cloud of KubeEdge may have made one that lasts for longer than timers can count.
  if (left > TOKEN_REFRESH_MS) return Math.min(left - TOKEN_REFRESH_MS, TOKEN_REFRESH_MS);
  const token = await createToken({ caCertDer: certDer, caKeyDer: keyDer, expiresAt: new Date(now + 2 * TOKEN_REFRESH_MS) });
  await writeSecret(kube, 'tokensecret', { tokendata: Buffer.from(token) });
  return TOKEN_REFRESH_MS;
}

async function currentTokenLife(kube: KubeClient, caKeyDer: Buffer, now: number): Promise<number> {
  const secret = await readSecret(kube, 'tokensecret');
  const text = Buffer.from(secret?.data?.['tokendata'] ?? '', 'base64').toString('utf8');
  try {
    return (await verifyToken(splitToken(text).jwt, caKeyDer, now)).expiresAt.getTime() - now;
  } catch {
    return 0;
  }
}

async function writeSecret(kube: KubeClient, name: string, content: Record<string, Buffer>): Promise<void> {
  const data = Object.fromEntries(Object.entries(content).map(([key, value]) => [key, value.toString('base64')]));
  const present = await readSecret(kube, name);
  if (present === undefined) {
    const metadata = { name, namespace: KUBEEDGE_NAMESPACE };
    const secret: Secret = { apiVersion: 'v1', kind: 'Secret', metadata, type: 'Opaque', data };
    await kube.create(RESOURCES.secret, secret, KUBEEDGE_NAMESPACE).catch(ignore(isAlreadyExists));
  } else if (Object.entries(data).some(([key, value]) => present.data?.[key] !== value)) {
    await kube.update<Secret>(RESOURCES.secret, { ...present, data: { ...present.data, ...data } }).catch(ignore(isConflict));
  }
}

function readSecret(kube: KubeClient, name: string): Promise<Secret | undefined> {
  return unlessMissing(kube.get<Secret>(RESOURCES.secret, name, KUBEEDGE_NAMESPACE));
}

/** Another cloud of the same cluster was faster with the same content. */
function ignore(expected: (error: unknown) => boolean): (error: unknown) => void {
  return (error) => {
    if (!expected(error)) throw error;
  };
}

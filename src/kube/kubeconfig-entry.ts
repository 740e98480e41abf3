import { createPrivateKey, X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { KedgeError, messageOf } from '../kernel/errors.ts';
import type { KubeconfigCluster, KubeconfigUser } from '../protocol/kubeconfig.ts';
import type { Credentials } from './credentials.ts';

/** The server's side of the credentials. @throws KedgeError INVALID_CONFIG, naming file and key. */
export async function clusterCredentials(cluster: KubeconfigCluster, file: string, key: string): Promise<Credentials> {
  if (cluster['proxy-url']) throw new KedgeError('INVALID_CONFIG', `${file}: ${key}.proxy-url: proxies are not supported`);
  const ca = await pem(cluster, 'certificate-authority', file, key, (text) => new X509Certificate(text));
  return {
    server: cluster.server,
    ...(ca !== undefined && { ca }),
    ...(cluster['insecure-skip-tls-verify'] === true && { insecure: true }),
    ...(cluster['tls-server-name'] && { tlsServerName: cluster['tls-server-name'] }),
  };
}

/** The user's side. Login plugins are run by @kubernetes/client-node, which is loaded for them alone. */
export async function userCredentials(user: KubeconfigUser, file: string, key: string): Promise<Omit<Credentials, 'server'>> {
  if (user.username) throw new KedgeError('INVALID_CONFIG', `${file}: ${key}.username: API servers no longer take passwords`);
  if (user.exec || user['auth-provider']) {
    const { pluginCredentials } = await import('./login-plugin.ts');
    return pluginCredentials(user, `${file}: ${key}`);
  }
  const cert = await pem(user, 'client-certificate', file, key, (text) => new X509Certificate(text));
  const privateKey = await pem(user, 'client-key', file, key, (text) => createPrivateKey(text));
  if ((cert === undefined) !== (privateKey === undefined)) {
    throw new KedgeError('INVALID_CONFIG', `${file}: ${key}: client-certificate and client-key belong together`);
  }
  const { tokenFile } = user;
  const token = user.token ?? (tokenFile ? () => readText(file, `${key}.tokenFile`, tokenFile).then((text) => text.trim()) : undefined);
  return {
    ...(cert !== undefined && { cert }),
    ...(privateKey !== undefined && { key: privateKey }),
    ...(token !== undefined && { token }),
  };
}

/** `NAME-data` (base64) or the file `NAME`, checked for being what it should be. */
async function pem<N extends string>(
  entry: Readonly<Partial<Record<N | `${N}-data`, string | undefined>>>,
  name: N,
  file: string,
  key: string,
  check: (text: string) => unknown,
): Promise<string | undefined> {
  const data: string | undefined = entry[`${name}-data`];
  const path: string | undefined = entry[name];
  const where = `${key}.${data ? `${name}-data` : name}`;
  const text = data ? Buffer.from(data, 'base64').toString('utf8') : path ? await readText(file, where, path) : undefined;
  if (text === undefined) return undefined;
  try {
    check(text);
  } catch (error) {
    throw new KedgeError('INVALID_CONFIG', `${file}: ${where} is not PEM of the right kind: ${messageOf(error)}`);
  }
  return text;
}

/** A file named in a kubeconfig; a relative path starts at the kubeconfig's folder. */
function readText(file: string, where: string, path: string): Promise<string> {
  return readFile(resolve(dirname(file), path), 'utf8').catch((error: unknown) => {
    throw new KedgeError('INVALID_CONFIG', `${file}: ${where}: ${messageOf(error)}`, { cause: error });
  });
}

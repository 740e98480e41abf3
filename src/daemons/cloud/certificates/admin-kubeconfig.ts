import { readFile } from 'node:fs/promises';
import { stringify } from 'yaml';
import type { CloudConfig } from '../../../config/cloud-config.ts';
import type { CloudPaths } from '../../../config/home.ts';
import { writeSecretFile } from '../../../kernel/secret-file.ts';
import { hostPort } from '../../../protocol/host-port.ts';

/** Writes the kubeconfig of the embedded API's administrator, keys included. @returns true when it changed */
export async function writeAdminKubeconfig(paths: CloudPaths, { address, port }: CloudConfig['controlPlane']): Promise<boolean> {
  const host = ['0.0.0.0', '::'].includes(address) ? '127.0.0.1' : address;
  const data = async (path: string): Promise<string> => (await readFile(path)).toString('base64');
  const text = stringify({
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [
      {
        name: 'kedge',
        cluster: { server: `https://${hostPort(host, port)}`, 'certificate-authority-data': await data(paths.kubernetesCa.cert) },
      },
    ],
    users: [
      {
        name: 'kedge-admin',
        user: { 'client-certificate-data': await data(paths.admin.cert), 'client-key-data': await data(paths.admin.key) },
      },
    ],
    contexts: [{ name: 'kedge', context: { cluster: 'kedge', user: 'kedge-admin' } }],
    'current-context': 'kedge',
  });
  const present = await readFile(paths.adminKubeconfig, 'utf8').catch(() => undefined);
  if (present === text) return false;
  await writeSecretFile(paths.adminKubeconfig, text);
  return true;
}

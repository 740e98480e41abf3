import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { RealApiServer } from './real-apiserver.ts';

const RIGHTS = fileURLToPath(new URL('../../templates/kubernetes/cloud-rbac.yaml', import.meta.url));

interface Kubeconfig {
  readonly users: { readonly name: string; readonly user: object }[];
}

/** Gives the cluster the account that the shipped manifest makes for a cloud; returns a kubeconfig of that account. */
export function makeCloudAccount({ kubeconfigPath }: RealApiServer): string {
  const kubectl = (...args: string[]): string => execFileSync('kubectl', ['--kubeconfig', kubeconfigPath, ...args], { encoding: 'utf8' });
  kubectl('apply', '-f', RIGHTS);
  const token = kubectl('create', 'token', 'kedge-cloud', '--namespace', 'kubeedge', '--duration', '24h').trim();
  const admin = JSON.parse(readFileSync(kubeconfigPath, 'utf8')) as Kubeconfig;
  const users = admin.users.map(({ name }) => ({ name, user: { token } }));
  const path = join(dirname(kubeconfigPath), 'cloud.kubeconfig');
  writeFileSync(path, JSON.stringify({ ...admin, users }), { mode: 0o600 });
  return path;
}

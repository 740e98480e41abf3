import { spawn, execFileSync } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import https from 'node:https';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { eventually } from './eventually.ts';

export interface RealApiServer {
  /** An administrator's kubeconfig. */
  readonly kubeconfigPath: string;
  readonly url: string;
  /** etcd and the API server that was started first. */
  readonly pids: readonly number[];
  /** From the start of etcd until the API was ready. */
  readonly startedInMs: number;
  /** Kills the API server and starts it again on the same port; etcd and its data stay. */
  restart(): Promise<void>;
  stop(): Promise<void>;
}

/**
 * Starts etcd and kube-apiserver from KUBEBUILDER_ASSETS on free ports of 127.0.0.1, with `controllers` of kube-controller-manager if any; nodes may
 * be silent for an hour.
 * Undefined when the variable is not set; ask `needs(this, 'a Kubernetes API server', 'openssl')` first.
 * `durable`: etcd syncs its disk, which a measurement needs and a test does not.
 */
export async function startRealApiServer(
  controllers: readonly string[] = [],
  { durable = false }: { durable?: boolean } = {},
): Promise<RealApiServer | undefined> {
  const assets = process.env['KUBEBUILDER_ASSETS'];
  if (!assets) return undefined;
  const dir = mkdtempSync(join(tmpdir(), 'kedge-apiserver-'));
  makeCertificates(dir);
  const [port, client, peer] = [await freePort(), await freePort(), await freePort()];
  const url = `https://127.0.0.1:${port}`;
  const kubeconfigPath = writeKubeconfig(dir, url);
  const etcdUrl = `http://127.0.0.1:${client}`;
  const peerUrl = `http://127.0.0.1:${peer}`;
  const begun = performance.now();
  const etcd = run(dir, join(assets, 'etcd'), [
    '--name=k', `--data-dir=${join(dir, 'etcd')}`, `--listen-client-urls=${etcdUrl}`, `--advertise-client-urls=${etcdUrl}`,
    `--listen-peer-urls=${peerUrl}`, `--initial-advertise-peer-urls=${peerUrl}`, `--initial-cluster=k=${peerUrl}`,
    '--log-level=warn', '--logger=zap', ...(durable ? [] : ['--unsafe-no-fsync']),
  ]); // prettier-ignore
  const startApi = async (): Promise<ChildProcess> => {
    const api = run(dir, join(assets, 'kube-apiserver'), apiServerFlags(dir, etcdUrl, port));
    await eventually(() => ready(dir, url, api), 'a ready API server', 60_000);
    return api;
  };
  let api: ChildProcess;
  try {
    api = await startApi();
  } catch (error) {
    await stop(etcd);
    throw error;
  }
  const startedInMs = performance.now() - begun;
  const manager =
    controllers.length > 0
      ? run(dir, join(assets, 'kube-controller-manager'), [
          `--kubeconfig=${kubeconfigPath}`, `--controllers=${controllers.join(',')}`, '--leader-elect=false', '--port=0', '--secure-port=0',
          `--cluster-signing-cert-file=${join(dir, 'ca.crt')}`, `--cluster-signing-key-file=${join(dir, 'ca.key')}`,
          `--root-ca-file=${join(dir, 'ca.crt')}`, '--node-monitor-grace-period=1h', '--node-startup-grace-period=1h',
        ]) // prettier-ignore
      : undefined;
  return {
    kubeconfigPath,
    url,
    pids: [etcd.pid ?? 0, api.pid ?? 0],
    startedInMs,
    restart: async () => {
      await stop(api);
      api = await startApi();
    },
    stop: async () => {
      if (manager !== undefined) await stop(manager);
      await stop(api);
      await stop(etcd);
      rmSync(dir, { recursive: true, force: true });
    },
  };
}

function apiServerFlags(dir: string, etcdUrl: string, port: number): string[] {
  const file = (name: string): string => join(dir, name);
  return [
    `--etcd-servers=${etcdUrl}`, '--bind-address=127.0.0.1', `--secure-port=${port}`, '--insecure-port=0', `--cert-dir=${dir}`,
    `--tls-cert-file=${file('apiserver.crt')}`, `--tls-private-key-file=${file('apiserver.key')}`, `--client-ca-file=${file('ca.crt')}`,
    '--authorization-mode=Node,RBAC', '--enable-admission-plugins=NodeRestriction', '--disable-admission-plugins=ServiceAccount',
    '--service-cluster-ip-range=10.96.0.0/16', '--allow-privileged=true', '--advertise-address=127.0.0.1', '--endpoint-reconciler-type=none',
    '--service-account-issuer=https://kubernetes.default.svc', '--api-audiences=https://kubernetes.default.svc',
    `--service-account-key-file=${file('sa.pub')}`, `--service-account-signing-key-file=${file('sa.key')}`,
  ]; // prettier-ignore
}

const LEAF = 'basicConstraints=critical,CA:FALSE\nkeyUsage=critical,digitalSignature,keyEncipherment\n';

function makeCertificates(dir: string): void {
  const openssl = (...args: string[]): void => void execFileSync('openssl', args, { cwd: dir, stdio: 'ignore' });
  const key = (name: string): void => openssl('ecparam', '-name', 'prime256v1', '-genkey', '-noout', '-out', `${name}.key`);
  const leaf = (name: string, subject: string, extensions: string): void => {
    key(name);
    writeFileSync(join(dir, `${name}.ext`), LEAF + extensions);
    openssl('req', '-new', '-key', `${name}.key`, '-subj', subject, '-out', `${name}.csr`);
    openssl('x509', '-req', '-sha256', '-days', '30', '-CA', 'ca.crt', '-CAkey', 'ca.key', '-CAcreateserial', '-in', `${name}.csr`, '-extfile', `${name}.ext`, '-out', `${name}.crt`); // prettier-ignore
  };
  key('ca');
  openssl('req', '-x509', '-new', '-key', 'ca.key', '-sha256', '-days', '30', '-subj', '/CN=kubernetes-ca', '-out', 'ca.crt', '-addext', 'basicConstraints=critical,CA:TRUE'); // prettier-ignore
  leaf('apiserver', '/CN=kube-apiserver', 'extendedKeyUsage=serverAuth\nsubjectAltName=DNS:localhost,IP:127.0.0.1');
  leaf('admin', '/O=system:masters/CN=admin', 'extendedKeyUsage=clientAuth');
  key('sa');
  openssl('ec', '-in', 'sa.key', '-pubout', '-out', 'sa.pub');
}

function writeKubeconfig(dir: string, server: string): string {
  const data = (name: string): string => readFileSync(join(dir, name)).toString('base64');
  const config = {
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: 'real', cluster: { server, 'certificate-authority-data': data('ca.crt') } }],
    users: [{ name: 'admin', user: { 'client-certificate-data': data('admin.crt'), 'client-key-data': data('admin.key') } }],
    contexts: [{ name: 'real', context: { cluster: 'real', user: 'admin' } }],
    'current-context': 'real',
  };
  const path = join(dir, 'admin.kubeconfig');
  writeFileSync(path, JSON.stringify(config), { mode: 0o600 });
  return path;
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

function run(dir: string, command: string, args: string[]): ChildProcess {
  const log = openSync(join(dir, 'log'), 'a', 0o600);
  const child = spawn(command, args, { cwd: dir, stdio: ['ignore', log, log] });
  // A test run that is broken off leaves nothing behind.
  const kill = (): void => void child.kill('SIGKILL');
  process.once('exit', kill);
  child.once('exit', () => process.removeListener('exit', kill));
  return child;
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = new Promise((resolve) => child.once('exit', resolve));
  const force = setTimeout(() => child.kill('SIGKILL'), 5_000);
  child.kill('SIGTERM');
  await ended;
  clearTimeout(force);
}

/** `/readyz` says yes a moment before the server has made its own namespaces. */
async function ready(dir: string, url: string, api: ChildProcess): Promise<boolean> {
  if (api.exitCode !== null) throw new Error(`kube-apiserver ended: ${readFileSync(join(dir, 'log'), 'utf8').slice(-1000)}`);
  const [ca, cert, key] = ['ca.crt', 'admin.crt', 'admin.key'].map((name) => readFileSync(join(dir, name)));
  const answers = (path: string): Promise<boolean> =>
    new Promise((resolve, reject) => {
      https
        .get(`${url}${path}`, { ca, cert, key, agent: false }, (response) => {
          response.resume();
          resolve(response.statusCode === 200);
        })
        .on('error', reject);
    });
  for (const path of ['/readyz', '/api/v1/namespaces/default', '/api/v1/namespaces/kube-node-lease'])
    if (!(await answers(path))) return false;
  return true;
}

import { mkdir, readFile, rm, mkdtemp, writeFile } from 'node:fs/promises';
import { request as httpsRequest, Agent } from 'node:https';
import type { IncomingMessage } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { cloudConfig } from '../../src/config/cloud-config.ts';
import type { Clock } from '../../src/kernel/clock.ts';
import { systemClock } from '../../src/kernel/clock.ts';
import type { Credentials } from '../../src/kube/credentials.ts';
import { createCa, issueKeyPair } from '../../src/pki/certificate.ts';
import type { KeyPair } from '../../src/pki/key-pair.ts';
import { PROFILES } from '../../src/pki/profiles.ts';
import { createControlPlane } from '../../src/daemons/controlplane.ts';
import type { ControlPlaneOptions } from '../../src/daemons/controlplane.ts';
import { run, type Ran } from './kedge.ts';
import { testScope } from './test-scope.ts';

export interface TestControlPlane {
  readonly url: string;
  readonly kubeconfigPath: string;
  /** The administrator's. */
  readonly credentials: Credentials;
  /** Credentials of somebody else; `ca` of another CA makes a stranger. */
  userCredentials(commonName: string, organizations?: string[], ca?: KeyPair): Credentials;
  /** Runs kubectl as the administrator. */
  kubectl(args: readonly string[], options?: { input?: string; env?: Record<string, string> }): Promise<Ran>;
  /** Of the newest write of all. */
  revision(): number;
  /** Stops it gracefully and starts it again on the same port and data, with other options where some are `changed`. */
  restart(changed?: Partial<Pick<ControlPlaneOptions, 'serviceClusterIPRange'>>): Promise<void>;
  stop(): Promise<void>;
}

/** An address that the API server's certificate has, and that nobody dials. */
export const API_SERVER_ADDRESS = '192.0.2.10';

/** The embedded control plane in this process, in a folder of its own, on a free port; `apiOnly` without its controllers. */
export async function startControlPlane(
  options: Partial<Pick<ControlPlaneOptions, 'nodeMonitorGracePeriodSeconds' | 'limits' | 'serviceClusterIPRange'>> & {
    clock?: Clock;
    apiOnly?: boolean;
  } = {},
): Promise<TestControlPlane> {
  const { apiOnly = false, ...rest } = options;
  const dir = await mkdtemp(join(tmpdir(), 'kedge-controlplane-'));
  const ca = createCa(PROFILES.kubernetesCa);
  const sans = { dnsNames: ['localhost'], ipAddresses: ['127.0.0.1', API_SERVER_ADDRESS] };
  const server = issueKeyPair({ ca, profile: PROFILES.apiserver, sans });
  const file = (name: string): string => join(dir, name);
  await Promise.all([
    writeFile(file('ca.crt'), ca.certPem),
    writeFile(file('ca.key'), ca.keyPem, { mode: 0o600 }),
    writeFile(file('apiserver.crt'), server.certPem),
    writeFile(file('apiserver.key'), server.keyPem, { mode: 0o600 }),
    mkdir(file('kube')),
  ]);
  const pki = {
    caPath: file('ca.crt'),
    caKeyPath: file('ca.key'),
    certPath: file('apiserver.crt'),
    keyPath: file('apiserver.key'),
    tokenKeyPath: file('service-account.key'),
    adminTokenPath: file('admin.token'),
  };
  const start = async (port: number, changed: Parameters<TestControlPlane['restart']>[0] = {}) => {
    const scope = testScope();
    const { modules, apiServer } = createControlPlane({
      clock: systemClock,
      limits: cloudConfig({}).limits,
      serviceClusterIPRange: cloudConfig({}).controlPlane.serviceClusterIPRange,
      ...rest,
      ...changed,
      pki,
      address: '127.0.0.1',
      port,
      databasePath: file('data.db'),
    });
    for (const module of apiOnly ? [apiServer] : modules) await module.start(scope);
    return { scope, apiServer };
  };
  let running = await start(0);
  const { url } = running.apiServer;
  const userCredentials: TestControlPlane['userCredentials'] = (commonName, organizations = [], issuer = ca) => {
    const pair = issueKeyPair({ ca: issuer, profile: PROFILES.admin, subject: { commonName, organizations } });
    return { server: url, ca: ca.certPem, cert: pair.certPem, key: pair.keyPem };
  };
  const credentials = userCredentials('admin', ['system:masters']);
  const kubeconfigPath = file('admin.kubeconfig');
  await writeFile(kubeconfigPath, kubeconfigOf(credentials), { mode: 0o600 });
  return {
    url,
    kubeconfigPath,
    credentials,
    userCredentials,
    kubectl: (args, runOptions) => run('kubectl', ['--kubeconfig', kubeconfigPath, '--cache-dir', file('kube'), ...args], runOptions),
    revision: () => running.apiServer.context.store.revision,
    restart: async (changed) => {
      await running.scope.end();
      running = await start(running.apiServer.port, changed);
    },
    stop: async () => {
      await running.scope.end();
      await rm(dir, { recursive: true, force: true });
    },
  };
}

function kubeconfigOf({ server, ca = '', cert = '', key = '' }: Credentials): string {
  const data = (pem: string): string => Buffer.from(pem).toString('base64');
  const user = typeof cert === 'string' ? { 'client-certificate-data': data(cert), 'client-key-data': data(key) } : {};
  return JSON.stringify({
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: 'c', cluster: { server, 'certificate-authority-data': data(ca) } }],
    users: [{ name: 'u', user }],
    contexts: [{ name: 'x', context: { cluster: 'c', user: 'u' } }],
    'current-context': 'x',
  });
}

/** Credentials out of a kubeconfig with embedded data. */
export async function credentialsIn(kubeconfigPath: string): Promise<Credentials> {
  const config = JSON.parse(await readFile(kubeconfigPath, 'utf8')) as {
    clusters: [{ cluster: Record<string, string> }];
    users: [{ user: Record<string, string> }];
  };
  const text = (base64 = ''): string => Buffer.from(base64, 'base64').toString();
  const [{ cluster }] = config.clusters;
  const [{ user }] = config.users;
  return {
    server: cluster['server'] ?? '',
    ca: text(cluster['certificate-authority-data']),
    cert: text(user['client-certificate-data']),
    key: text(user['client-key-data']),
  };
}

export interface RawAnswer {
  code: number;
  headers: IncomingMessage['headers'];
  bytes: Buffer;
  text: string;
  /** The parsed text, if it is JSON. */
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- tests look into it as they like
  body: any;
}

/** One plain HTTPS request, so that a test sees exactly what is on the wire. */
export function send(
  credentials: Credentials,
  method: string,
  path: string,
  options: { body?: unknown; headers?: Record<string, string> } = {},
): Promise<RawAnswer> {
  const { body, headers = {} } = options;
  const text = body === undefined || typeof body === 'string' || Buffer.isBuffer(body) ? body : JSON.stringify(body);
  return new Promise((resolve, reject) => {
    const request = httpsRequest(
      `${credentials.server}${path}`,
      {
        method,
        headers: {
          ...(text === undefined
            ? {}
            : {
                'content-type': 'application/json',
                ...(headers['transfer-encoding'] === undefined && { 'content-length': Buffer.byteLength(text) }),
              }),
          ...headers,
        },
        agent: agentOf(credentials),
      },
      (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('end', () => {
          const bytes = Buffer.concat(chunks);
          const all = bytes.toString();
          resolve({ code: response.statusCode ?? 0, headers: response.headers, bytes, text: all, body: parsed(all) });
        });
        response.on('error', reject);
      },
    );
    request.on('error', reject);
    request.end(text);
  });
}

const agents = new WeakMap<Credentials, Agent>();

function agentOf(credentials: Credentials): Agent {
  const { ca, cert, key } = credentials;
  const agent = agents.get(credentials) ?? new Agent({ ca, cert, key, keepAlive: true, maxSockets: 30 });
  agents.set(credentials, agent);
  return agent;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

import { once } from 'node:events';
import { request as httpsRequest } from 'node:https';
import type { IncomingMessage } from 'node:http';
import { expect } from 'chai';
import type { Credentials } from '../../../src/kube/credentials.ts';
import { createKubeClient } from '../../../src/kube/http-client.ts';
import { RESOURCES, type KubeList, type KubeObject } from '../../../src/protocol/kubernetes.ts';
import { credentialsIn, send, startControlPlane, type RawAnswer, type TestControlPlane } from '../../helpers/control-plane.ts';
import { eventually } from '../../helpers/eventually.ts';
import { needs } from '../../helpers/neighbour.ts';
import { parseExposition, type Exposition, type Sample } from '../../helpers/prometheus.ts';
import { startRealApiServer, type RealApiServer } from '../../helpers/real-apiserver.ts';

const LEASES = '/apis/coordination.k8s.io/v1/namespaces/default/leases';
const CLASSES = '/apis/storage.k8s.io/v1/storageclasses';
const DEPLOYMENTS = '/apis/apps/v1/namespaces/default/deployments';
const POD = '/api/v1/namespaces/default/pods/nobody';
const lease = (name: string): object => ({ metadata: { name } });
const MERGE = { 'content-type': 'application/merge-patch+json' };
const APPLY = { 'content-type': 'application/apply-patch+yaml' };

/** Requests of all kinds, for resources that nobody else asks about. */
const REQUESTS: readonly [method: string, path: string, body?: unknown, headers?: Record<string, string>][] = [
  ['POST', LEASES, lease('a')],
  ['POST', LEASES, lease('a')],
  ['POST', `${LEASES}?dryRun=All`, lease('b')],
  ['POST', `${LEASES}?dryRun=some`, lease('b')],
  ['POST', LEASES, 'no JSON'],
  ['POST', LEASES, 'text', { 'content-type': 'text/plain' }],
  ['GET', `${LEASES}/a`],
  ['GET', `${LEASES}/nobody`],
  ['GET', LEASES],
  ['GET', `${LEASES}?fieldSelector=metadata.name%3Da`],
  ['GET', '/apis/coordination.k8s.io/v1/leases?limit=1'],
  ['GET', `${LEASES}?watch=true&timeoutSeconds=1`],
  ['PATCH', `${LEASES}/a`, { metadata: { labels: { l: 'l' } } }, MERGE],
  ['PATCH', `${LEASES}/a?fieldManager=m`, { apiVersion: 'coordination.k8s.io/v1', kind: 'Lease', ...lease('a') }, APPLY],
  ['PUT', `${LEASES}/a`, lease('a')],
  ['DELETE', `${LEASES}/a`],
  ['DELETE', LEASES],
  ['POST', CLASSES, { metadata: { name: 'c' }, provisioner: 'p' }],
  ['GET', CLASSES],
  ['GET', `${CLASSES}/c`],
  ['DELETE', `${CLASSES}/c`],
  ['GET', `${DEPLOYMENTS}/nobody/scale`],
  ['PUT', `${DEPLOYMENTS}/nobody/status`, { metadata: { name: 'nobody' } }],
  ['POST', `${POD}/binding`, { metadata: { name: 'nobody' }, target: { name: 'n' } }],
  ['GET', '/livez'],
  // What is not counted: paths that nobody serves, methods that do not fit, discovery, and media types that cannot be.
  ['GET', '/apis/coordination.k8s.io/v1/namespaces/default/unknown'],
  ['GET', '/unknown'],
  ['GET', '/livez/ping'],
  ['GET', '/version'],
  ['GET', '/apis/coordination.k8s.io/v1'],
  ['DELETE', '/apis/coordination.k8s.io/v1/leases'],
  ['PURGE', LEASES],
  ['GET', LEASES, undefined, { accept: 'application/unknown' }],
];
const COUNTED = new Set(['leases', 'storageclasses', 'deployments', 'pods', '/livez']);

describe('the metrics of the embedded API server', function () {
  this.timeout(90_000);
  let controlPlane: TestControlPlane;
  before(async () => void (controlPlane = await startControlPlane()));
  after(() => controlPlane.stop());

  const scrape = async (credentials: Credentials = controlPlane.credentials): Promise<Exposition> => {
    const { code, text, headers } = await send(credentials, 'GET', '/metrics');
    expect(code, text).to.equal(200);
    expect(headers['content-type']).to.equal('text/plain; version=0.0.4; charset=utf-8');
    return parseExposition(text);
  };
  const valueOf = ({ samples }: Exposition, name: string, labels: Record<string, string> = {}): number =>
    samples.filter((sample) => sample.name === name && within(labels, sample.labels)).reduce((sum, { value }) => sum + value, 0);

  describe('beside the real server’s', () => {
    let real: RealApiServer | undefined;
    let theirs: Credentials;
    let ours: Credentials;
    before(async function () {
      needs(this, 'a Kubernetes API server', 'openssl');
      real = await startRealApiServer();
      theirs = await credentialsIn(real!.kubeconfigPath);
      ours = controlPlane.credentials;
    });
    after(() => real?.stop());

    it('count the same requests alike', async () => {
      const [expected, actual] = [await countedBy(theirs), await countedBy(ours)];
      expect(expected.requests.length).to.be.above(20);
      expect(actual).to.deep.equal(expected);
    });

    it('have the same labels and types', async () => {
      const end = await openWatch(ours, `${LEASES}?watch=true`);
      const [real, embedded] = [await scrape(theirs), await scrape(ours)];
      end();
      const shared = [...embedded.types.keys()].filter((name) => real.types.has(name) && !name.startsWith('process_'));
      expect(shared).to.include.members([
        'apiserver_request_total',
        'apiserver_request_duration_seconds',
        'apiserver_response_sizes',
        'apiserver_current_inflight_requests',
        'apiserver_registered_watchers',
        'apiserver_watch_events_total',
        'apiserver_watch_events_sizes',
        'apiserver_client_certificate_expiration_seconds',
        'authenticated_user_requests',
        'authentication_attempts',
        'apiserver_tls_handshake_errors_total',
        'kubernetes_build_info',
      ]);
      for (const name of shared) {
        expect(embedded.types.get(name), name).to.equal(real.types.get(name));
        expect(labelsOf(embedded, name), name).to.deep.equal(labelsOf(real, name));
      }
    });

    it('know a watch as long as it lasts', async () => {
      for (const [credentials, longRunning] of [
        [theirs, 'apiserver_longrunning_gauge'],
        [ours, 'apiserver_longrunning_requests'],
      ] as const) {
        const labels = { resource: 'leases', scope: 'cluster', subresource: '', verb: 'WATCH', group: 'coordination.k8s.io', version: 'v1', component: 'apiserver' }; // prettier-ignore
        const kind = { kind: 'Lease', group: 'coordination.k8s.io', version: 'v1' };
        const sent = valueOf(await scrape(credentials), 'apiserver_watch_events_total', kind);
        const before = valueOf(await scrape(credentials), 'apiserver_registered_watchers', kind);
        const end = await openWatch(
          credentials,
          `/apis/coordination.k8s.io/v1/leases?watch=true&resourceVersion=${await version(credentials)}`,
        );
        expect(valueOf(await scrape(credentials), longRunning, labels), longRunning).to.equal(1);
        expect(valueOf(await scrape(credentials), 'apiserver_registered_watchers', kind)).to.equal(before + 1);
        await send(credentials, 'POST', LEASES, { body: lease('w') });
        const counted = async (): Promise<boolean> => valueOf(await scrape(credentials), 'apiserver_watch_events_total', kind) === sent + 1;
        await eventually(counted, 'the event');
        end();
        const isOver = async (): Promise<boolean> => valueOf(await scrape(credentials), longRunning, labels) === 0;
        await eventually(isOver, 'the end of the watch');
        await send(credentials, 'DELETE', `${LEASES}/w`);
      }
    });

    async function countedBy(credentials: Credentials) {
      const before = await scrape(credentials);
      const codes: number[] = [];
      for (const [method, path, body, headers] of REQUESTS) {
        codes.push((await send(credentials, method, path, { body, ...(headers && { headers }) })).code);
      }
      const after = await scrape(credentials);
      return {
        codes,
        requests: changes(before, after, 'apiserver_request_total'),
        durations: changes(before, after, 'apiserver_request_duration_seconds_count'),
        sizes: changes(before, after, 'apiserver_response_sizes_count'),
      };
    }
  });

  it('are for whom a role lets, such as an account with system:monitoring', async () => {
    const stranger: Credentials = { server: controlPlane.url, ca: controlPlane.credentials.ca ?? '' };
    expect((await send(stranger, 'GET', '/metrics')).code).to.equal(401);
    expect((await send(controlPlane.userCredentials('bob'), 'GET', '/metrics')).code).to.equal(403);
    const kube = createKubeClient(controlPlane.credentials);
    await kube.create(RESOURCES.serviceAccount, { metadata: { name: 'prometheus' } }, 'default');
    await kube.create(RESOURCES.clusterRoleBinding, {
      metadata: { name: 'prometheus' },
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'system:monitoring' },
      subjects: [{ kind: 'ServiceAccount', name: 'prometheus', namespace: 'default' }],
    } as unknown as KubeObject);
    const token = (await kube.createToken('prometheus', 'default', { spec: { audiences: [] } })).status?.token ?? '';
    kube.close();
    const bearing = (path: string, method = 'GET'): Promise<RawAnswer> =>
      send(stranger, method, path, { headers: { authorization: `Bearer ${token}` } });
    expect((await bearing('/metrics')).text).to.contain('apiserver_request_total{');
    expect((await bearing('/metrics', 'POST')).code).to.equal(403);
    expect((await bearing('/api/v1/secrets')).code).to.equal(403);
    expect((await send(controlPlane.credentials, 'DELETE', '/metrics')).code).to.equal(405);
  });

  it('tell who came, and who was refused', async () => {
    const stranger: Credentials = { server: controlPlane.url, ca: controlPlane.credentials.ca ?? '' };
    const before = await scrape();
    await send(stranger, 'GET', '/api');
    await send(stranger, 'GET', '/api', { headers: { authorization: 'Bearer wrong' } });
    await send(controlPlane.userCredentials('ann@example.org'), 'GET', '/api');
    await send(controlPlane.userCredentials('ann'), 'GET', '/api');
    const after = await scrape();
    const grown = (name: string, labels: Record<string, string>): number => valueOf(after, name, labels) - valueOf(before, name, labels);
    expect(grown('authentication_attempts', { result: 'failure' })).to.equal(1);
    expect(grown('authentication_attempts', { result: 'error' })).to.equal(1);
    // The first scrape is counted when it has been answered.
    expect(grown('authentication_attempts', { result: 'success' })).to.equal(3);
    expect(grown('authenticated_user_requests', { username: 'email_id' })).to.equal(1);
    expect(grown('authenticated_user_requests', { username: 'other' })).to.equal(1);
    expect(grown('authenticated_user_requests', { username: 'admin' })).to.equal(1);
    expect(grown('apiserver_client_certificate_expiration_seconds_count', {})).to.equal(3);
    expect(grown('apiserver_authorization_decisions_total', { type: 'RBAC', name: 'rbac', decision: 'allowed' })).to.equal(2);
  });

  it('tell what is stored', async () => {
    const objects = async (resource: string): Promise<number> => valueOf(await scrape(), 'apiserver_storage_objects', { resource });
    const [leases, classes] = [await objects('leases.coordination.k8s.io'), await objects('storageclasses.storage.k8s.io')];
    for (const name of ['s1', 's2', 's3']) await send(controlPlane.credentials, 'POST', LEASES, { body: lease(name) });
    await send(controlPlane.credentials, 'PUT', `${LEASES}/s1`, { body: lease('s1') });
    await send(controlPlane.credentials, 'DELETE', `${LEASES}/s3`);
    expect(await objects('leases.coordination.k8s.io')).to.equal(leases + 2);
    expect(await objects('storageclasses.storage.k8s.io')).to.equal(classes);
    expect(valueOf(await scrape(), 'apiserver_storage_size_bytes')).to.be.above(16_384);
    expect((await scrape()).samples.filter(({ labels }) => labels['resource'] === 'events.events.k8s.io')).to.deep.equal([]);
  });

  it('do not grow with what clients make up', async () => {
    const size = async (): Promise<number> =>
      (await scrape()).samples.filter(({ name }) => /^(apiserver|authenticat)/.test(name) && !name.endsWith('_bucket')).length;
    const ask = async (round: number): Promise<void> => {
      const odd = `x${round}`;
      await Promise.all([
        send(controlPlane.credentials, 'GET', `/apis/${odd}.example.org/v1/things/${odd}`),
        send(controlPlane.credentials, 'GET', `/api/v1/namespaces/${odd}/pods/${odd}`),
        send(controlPlane.credentials, 'GET', `/api/v1/namespaces/${odd}/pods/${odd}/${odd}`),
        send(controlPlane.credentials, 'GET', `/api/v1/namespaces/${odd}/${odd}`),
        send(controlPlane.credentials, 'GET', `/api/v1/pods?dryRun=${odd}&fieldSelector=metadata.name%3D${odd}`),
        send(controlPlane.credentials, 'GET', `/healthz/${odd}`),
        send(controlPlane.credentials, 'REPORT', `/api/v1/pods`),
        send(controlPlane.userCredentials(odd), 'GET', '/livez'),
      ]);
    };
    await ask(0);
    const before = await size();
    for (let round = 1; round <= 20; round += 1) await ask(round);
    expect(await size()).to.equal(before);
  });

  function changes(before: Exposition, after: Exposition, name: string): string[] {
    const lines: string[] = [];
    for (const sample of after.samples.filter((each) => each.name === name)) {
      const count = sample.value - (before.samples.find((each) => each.name === name && same(each, sample))?.value ?? 0);
      const { resource = '', subresource = '' } = sample.labels;
      if (count !== 0 && COUNTED.has(resource || subresource))
        lines.push(`${JSON.stringify(Object.entries(asNew(sample)).sort())} ${count}`);
    }
    return lines.sort();
  }
});

/** 1.20 tells the content type, and no code of a watch; since 1.26 the first is gone and the second is there. */
function asNew({ labels }: Sample): Record<string, string> {
  const kept = Object.fromEntries(Object.entries(labels).filter(([name]) => name !== 'contentType'));
  return kept['code'] === '0' ? { ...kept, code: '200' } : kept;
}

function same({ labels: a }: Sample, { labels: b }: Sample): boolean {
  return Object.keys(a).length === Object.keys(b).length && within(a, b);
}

function within(wanted: Readonly<Record<string, string>>, labels: Readonly<Record<string, string>>): boolean {
  return Object.entries(wanted).every(([key, value]) => labels[key] === value);
}

/** All label names of a metric, but for those that newer versions have not. */
function labelsOf({ samples }: Exposition, family: string): string[] {
  const names = samples
    .filter(({ name }) => name.replace(/_(bucket|sum|count)$/, '') === family)
    .flatMap(({ labels }) => Object.keys(labels));
  return [...new Set(names)].filter((name) => name !== 'contentType').sort();
}

async function version(credentials: Credentials): Promise<string> {
  const { metadata } = (await send(credentials, 'GET', LEASES)).body as KubeList;
  return metadata.resourceVersion ?? '';
}

/** Opens a watch; returns what ends it. */
async function openWatch({ server, ca, cert, key }: Credentials, path: string): Promise<() => void> {
  const request = httpsRequest(`${server}${path}`, { ca, cert, key, agent: false });
  request.on('error', () => undefined).end();
  const [response] = (await once(request, 'response')) as [IncomingMessage];
  expect(response.statusCode).to.equal(200);
  response.on('error', () => undefined).resume();
  return () => request.destroy();
}

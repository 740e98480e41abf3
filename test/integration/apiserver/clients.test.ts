import { fileURLToPath } from 'node:url';
import {
  AppsV1Api,
  CoreV1Api,
  CustomObjectsApi,
  DiscoveryV1Api,
  KubeConfig,
  makeInformer,
  PolicyV1Api,
  type Informer,
  type KubernetesListObject,
  type KubernetesObject,
} from '@kubernetes/client-node';
import { expect } from 'chai';
import { send, startControlPlane, type TestControlPlane } from '../../helpers/control-plane.ts';
import { eventually } from '../../helpers/eventually.ts';
import { run } from '../../helpers/kedge.ts';
import { needs } from '../../helpers/neighbour.ts';

const PYTHON_CLIENT = fileURLToPath(new URL('python-client.py', import.meta.url));
const NAMESPACE = 'watched';
const LAMPS = {
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: { name: 'lamps.example.org' },
  spec: {
    group: 'example.org',
    scope: 'Namespaced',
    names: { plural: 'lamps', kind: 'Lamp' },
    versions: [
      {
        ...{ name: 'v1', served: true, storage: true, subresources: { status: {} } },
        schema: {
          openAPIV3Schema: {
            type: 'object',
            properties: {
              spec: { type: 'object', properties: { watts: { type: 'integer', minimum: 1 } } },
              status: { type: 'object', properties: { lit: { type: 'boolean' } } },
            },
          },
        },
      },
    ],
  },
};
const labels = { app: 'web' };
const template = { metadata: { labels }, spec: { containers: [{ name: 'c', image: 'x' }] } };
/** What is made of each kind, by the path of its collection. */
const OBJECTS: Readonly<Record<string, object>> = {
  [`/apis/apps/v1/namespaces/${NAMESPACE}/deployments`]: { spec: { replicas: 1, selector: { matchLabels: labels }, template } },
  [`/api/v1/namespaces/${NAMESPACE}/services`]: { spec: { selector: labels, ports: [{ port: 80 }] } },
  [`/apis/discovery.k8s.io/v1/namespaces/${NAMESPACE}/endpointslices`]: { addressType: 'IPv4', endpoints: [{ addresses: ['10.1.1.1'] }] },
  [`/apis/policy/v1/namespaces/${NAMESPACE}/poddisruptionbudgets`]: { spec: { minAvailable: 1, selector: { matchLabels: labels } } },
  [`/apis/example.org/v1/namespaces/${NAMESPACE}/lamps`]: { apiVersion: 'example.org/v1', kind: 'Lamp', spec: { watts: 40 } },
};
const PATHS = Object.keys(OBJECTS);
const MERGE = { 'content-type': 'application/merge-patch+json' };
/** A megabyte that changes is remembered twice, so that 64 MiB are full after these. */
const FLOOD = 40;

describe('clients of others on the embedded API server', function () {
  this.timeout(120_000);
  let controlPlane: TestControlPlane;

  before(async () => {
    controlPlane = await startControlPlane();
    await ask('POST', '/apis/apiextensions.k8s.io/v1/customresourcedefinitions', LAMPS);
    await ask('POST', '/api/v1/namespaces', { metadata: { name: NAMESPACE } });
    await eventually(async () => (await send(controlPlane.credentials, 'GET', PATHS.at(-1)!)).code === 200, 'the new resource');
  });
  after(() => controlPlane.stop());

  const ask = async (method: string, path: string, body?: object, headers: Record<string, string> = {}): Promise<void> => {
    const { code, text } = await send(controlPlane.credentials, method, path, { ...(body && { body }), headers });
    expect(code, `${method} ${path}: ${text}`).to.be.within(200, 299);
  };

  describe('informers of @kubernetes/client-node', () => {
    let informers: Informer<KubernetesObject>[];
    /** `add /path name`, in the order in which each informer told it. */
    let told: string[];

    beforeEach(async () => {
      told = [];
      const config = new KubeConfig();
      config.loadFromFile(controlPlane.kubeconfigPath);
      const [apps, core, custom] = [
        config.makeApiClient(AppsV1Api),
        config.makeApiClient(CoreV1Api),
        config.makeApiClient(CustomObjectsApi),
      ];
      const [discovery, policy] = [config.makeApiClient(DiscoveryV1Api), config.makeApiClient(PolicyV1Api)];
      const namespace = NAMESPACE;
      const lists: (() => Promise<KubernetesListObject<KubernetesObject>>)[] = [
        () => apps.listNamespacedDeployment({ namespace }),
        () => core.listNamespacedService({ namespace }),
        () => discovery.listNamespacedEndpointSlice({ namespace }),
        () => policy.listNamespacedPodDisruptionBudget({ namespace }),
        () => custom.listNamespacedCustomObject({ group: 'example.org', version: 'v1', namespace, plural: 'lamps' }),
      ];
      informers = lists.map((list, index) => {
        const informer = makeInformer(config, PATHS[index]!, list);
        for (const verb of ['add', 'update', 'delete'] as const)
          informer.on(verb, ({ metadata }) => void told.push(`${verb} ${PATHS[index]} ${metadata?.name}`));
        return informer;
      });
      await Promise.all(informers.map((informer) => informer.start()));
    });
    afterEach(() => Promise.all(informers.map((informer) => informer.stop())));

    const everywhere = (method: string, name: string, body?: object, headers?: Record<string, string>): Promise<unknown> =>
      Promise.all(PATHS.map((path) => ask(method, method === 'POST' ? path : `${path}/${name}`, body, headers)));
    const make = (name: string): Promise<unknown> =>
      Promise.all(PATHS.map((path) => ask('POST', path, { metadata: { name }, ...OBJECTS[path] })));
    const annotate = (name: string, value: string): Promise<unknown> =>
      everywhere('PATCH', name, { metadata: { annotations: { value } } }, MERGE);
    const tellEach = (...events: string[]): Promise<unknown> =>
      eventually(
        () => events.every((event) => PATHS.every((path) => told.includes(event.replace(' ', ` ${path} `)))),
        `${events.join()} of ${told.join()}`,
      );

    it('are told what is added, changed and deleted', async () => {
      await make('a');
      await annotate('a', '1');
      await everywhere('DELETE', 'a');
      await tellEach('add a', 'update a', 'delete a');
      expect(told).to.have.length(3 * PATHS.length);
    });

    it('go on after a restart of the server, which they are told of', async () => {
      await make('b');
      await tellEach('add b');
      const broken = Promise.all(informers.map((informer) => new Promise((resolve) => informer.on('error', resolve))));
      await controlPlane.restart();
      await broken;
      await annotate('b', '2');
      await Promise.all(informers.map((informer) => informer.start()));
      await tellEach('update b');
      await everywhere('DELETE', 'b');
      await tellEach('delete b');
    });

    it('list again when what they saw last is forgotten', async () => {
      await make('c');
      await tellEach('add c');
      await Promise.all(informers.map((informer) => informer.stop()));
      await everywhere('DELETE', 'c');
      await make('d');
      await ask('POST', `/api/v1/namespaces/${NAMESPACE}/configmaps`, { metadata: { name: 'flood' } });
      for (let time = 0; time < FLOOD; time++)
        await ask('PATCH', `/api/v1/namespaces/${NAMESPACE}/configmaps/flood`, { data: { a: `${time}`.padEnd(1_000_000, 'x') } }, MERGE);
      const { body } = await send(controlPlane.credentials, 'GET', `${PATHS[0]}?watch=true&resourceVersion=1`);
      expect(body).to.deep.include({ kind: 'Status', reason: 'Expired', code: 410 });
      await Promise.all(informers.map((informer) => informer.start()));
      await tellEach('delete c', 'add d');
      await annotate('d', '3');
      await tellEach('update d');
    });
  });

  it("serves Python's client as it serves kubectl", async function () {
    needs(this, 'a Kubernetes client for Python');
    const { status, stdout, stderr } = await run('/usr/bin/python3', [PYTHON_CLIENT, controlPlane.kubeconfigPath]);
    expect(status, stderr).to.equal(0);
    expect(JSON.parse(stdout)).to.deep.equal({
      patched: { number: '0', more: 'yes' },
      'json patched': { number: '0' },
      stale: [409, 'Conflict'],
      twice: [409, 'AlreadyExists'],
      invalid: [422, 'Invalid'],
      missing: [404, 'NotFound'],
      dry: null,
      pages: [['c0', 'c1'], ['c2', 'c3'], ['c4']],
      watched: [
        ['ADDED', 'new', '1'],
        ['MODIFIED', 'new', '2'],
        ['DELETED', 'new', '2'],
      ],
      foreground: true,
      orphan: null,
      custom: [[{ watts: 60 }, { lit: true }]],
      'custom invalid': [422, 'Invalid'],
      'custom left': [],
      'robot before': [403, 'Forbidden'],
      'robot after': 5,
      'robot elsewhere': [403, 'Forbidden'],
      'robot deletes': [403, 'Forbidden'],
      'bad token': [401, 'Unauthorized'],
      'evict kept': [429, 'TooManyRequests'],
      evicted: true,
      left: 0,
    });
  });
});

import { expect } from 'chai';
import { spawn } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { setDesired } from '../../src/client/devices.ts';
import { applyCrds } from '../../src/daemons/cloud/bootstrap/apply-crds.ts';
import { mergeDesired } from '../../src/client/twin-rules.ts';
import { isAlreadyExists } from '../../src/kube/api-error.ts';
import { createKubeClient } from '../../src/kube/http-client.ts';
import type { KubeClient } from '../../src/kube/client.ts';
import { loadCredentials } from '../../src/kube/kubeconfig.ts';
import type { Device, DeviceModel, DeviceStatus } from '../../src/protocol/devices.ts';
import { apiVersionOf, RESOURCES } from '../../src/protocol/kubernetes.ts';
import type { ApiResource } from '../../src/protocol/kubernetes.ts';
import { startControlPlane } from '../helpers/control-plane.ts';
import { eventually } from '../helpers/eventually.ts';
import { BIN, plainEnvironment, run, temporaryFolder } from '../helpers/kedge.ts';
import type { Ran } from '../helpers/kedge.ts';
import { needs } from '../helpers/neighbour.ts';
import { startRealApiServer } from '../helpers/real-apiserver.ts';
import { testScope } from '../helpers/test-scope.ts';

const CRDS = fileURLToPath(new URL('../../templates/crds', import.meta.url));
const MODEL = `
apiVersion: devices.kubeedge.io/v1beta1
kind: DeviceModel
metadata: {name: thermostat}
spec:
  protocol: mqtt
  properties:
    - {name: temperature, type: INT, accessMode: ReadWrite, minimum: "5", maximum: "30"}
    - {name: humidity, type: FLOAT, accessMode: ReadOnly}
    - {name: mode, type: STRING, accessMode: ReadWrite}
`;

const kindOf = (resource: ApiResource) => ({ apiVersion: apiVersionOf(resource), kind: resource.kind });

interface Server {
  readonly kubeconfigPath: string;
  stop(): Promise<void>;
}

function suite(name: string, start: (context: Mocha.Context) => Promise<Server>): void {
  describe(`node and device commands on ${name}`, function () {
    this.timeout(120_000);
    let server: Server;
    let client: KubeClient;
    let folder: { path: string; remove: () => Promise<void> };
    let env: Record<string, string>;
    const releases: (() => unknown)[] = [];

    before(async function () {
      server = await start(this);
      releases.push(() => server.stop());
      folder = await temporaryFolder();
      releases.push(folder.remove);
      client = createKubeClient(await loadCredentials(server.kubeconfigPath));
      releases.push(() => client.close());
      await applyCrds(client, CRDS, testScope());
      env = { KUBECONFIG: server.kubeconfigPath, KEDGE_HOME: join(folder.path, 'home') };
    });
    after(async () => {
      for (const release of releases.reverse()) await release();
    });

    const kedge = (line: string, input?: string): Promise<Ran> =>
      run(process.execPath, [BIN, ...line.split(' ')], { env, ...(input !== undefined && { input }) });
    const ok = async (line: string, input?: string): Promise<string> => {
      const { status, stdout, stderr } = await kedge(line, input);
      expect(status, `kedge ${line}: ${stderr}`).to.equal(0);
      return stdout;
    };
    const fails = async (line: string, status: number, text: string, input?: string): Promise<void> => {
      const ran = await kedge(line, input);
      expect(ran.stderr, line).to.contain(text);
      expect(ran.status, `kedge ${line}: ${ran.stderr}`).to.equal(status);
      expect(ran.stdout).to.equal('');
      expect(ran.stderr).not.to.contain('    at ');
    };
    const device = (): Promise<Device> => client.get<Device>(RESOURCES.device, 'kitchen', 'default');

    it('creates devices and models of v1alpha2, and names what is lost', async () => {
      const old = 'apiVersion: devices.kubeedge.io/v1alpha2';
      const type = '{int: {accessMode: ReadWrite, defaultValue: 3, maximum: 30}}';
      const models = await kedge(
        'device model create -f - -o json',
        `${old}\nkind: DeviceModel\nmetadata: {name: old-model}\nspec: {properties: [{name: level, type: ${type}}]}\n`,
      );
      expect(models.status, models.stderr).to.equal(0);
      const lost = { path: 'spec.properties[0].type.int.defaultValue', why: 'a model has no defaults any more; desire 3 in the device' };
      expect(models.stderr).to.equal(`not kept of DeviceModel old-model: ${lost.path}: ${lost.why}\n`);
      expect((JSON.parse(models.stdout) as { losses: object[] }[])[0]!.losses).to.deep.equal([lost]);
      await ok('node register old-edge');
      const selector = (key: string): string =>
        `nodeSelector: {nodeSelectorTerms: [{matchExpressions: [{key: ${key}, operator: In, values: [old-edge]}]}]}`;
      const device = (key: string): string =>
        [
          old,
          'kind: Device',
          'metadata: {name: old-tank, uid: 6f0d, resourceVersion: "395"}',
          `spec: {deviceModelRef: {name: old-model}, ${selector(key)}, propertyVisitors: [{propertyName: level, modbus: {offset: 2}}]}`,
          'status: {twins: [{propertyName: level, desired: {value: "7"}, reported: {value: "1"}}]}',
          '',
        ].join('\n');
      await fails('device create -f -', 2, 'spec.nodeSelector: a device is attached to one node', device('zone'));
      const created = await kedge('device create -f -', device('kubernetes.io/hostname'));
      expect(created).to.include({ status: 0, stdout: 'device old-tank is there, on node old-edge\n' });
      expect(created.stderr).to.equal('not kept of Device old-tank: status.twins[0].reported: the device reports it anew\n');
      const { spec } = await client.get<Device>(RESOURCES.device, 'old-tank', 'default');
      expect(spec).to.deep.equal({
        deviceModelRef: { name: 'old-model' },
        nodeName: 'old-edge',
        properties: [
          { name: 'level', visitors: { protocolName: 'modbus', configData: { offset: 2 } }, desired: { value: '7' }, reportToCloud: true },
        ],
      });
      await ok('device delete old-tank --yes');
      await ok('device model delete old-model --yes');
      await client.delete(RESOURCES.node, 'old-edge');
    });

    it('registers and shows nodes', async () => {
      await ok('node register edge-1 --label site=harbour');
      const again = JSON.parse(await ok('node register edge-1 -o json')) as Device;
      expect(again.metadata.labels).to.include({ name: 'edge-1', site: 'harbour', 'node-role.kubernetes.io/edge': '' });
      const [head, line] = (await ok('node list')).split('\n');
      expect(head?.split(/ +/)).to.deep.equal(['NAME', 'STATUS', 'ROLES', 'AGE', 'VERSION', 'INTERNAL-IP']);
      expect(line).to.match(/^edge-1 +\w+ +agent,edge /);
      expect(await ok('node get edge-1')).to.contain('site=harbour');
      await fails('node get nowhere', 3, 'error NOT_FOUND: there is no node nowhere');
    });

    it('creates models, once', async () => {
      const path = join(folder.path, 'model.yaml');
      await writeFile(path, MODEL);
      await ok(`device model create -f ${path}`);
      expect(await ok('device model create -f - -o name', MODEL)).to.equal('devicemodel.devices.kubeedge.io/thermostat\n');
      await fails('device model create -f -', 5, 'another DeviceModel thermostat', MODEL.replace('"30"', '"40"'));
      await fails('device model create -f -', 2, 'stdin:2: ', 'kind: DeviceModel\nspec: a: b\n');
      await fails(
        'device model create -f -',
        2,
        'is a v1 Pod, not a devices.kubeedge.io/v1beta1 DeviceModel',
        'apiVersion: v1\nkind: Pod\nmetadata: {name: p}',
      );
      const two = `${MODEL.replace('{name: thermostat}', '{name: first}')}---${MODEL.replace('"30"', '"40"')}`;
      await fails('device model create -f -', 5, '1 of 2 objects of the file are there already: first\nerror CONFLICT', two);
      await fails('device model create -f -', 2, 'spec.properties[0].typ: unknown key', MODEL.replace('type: INT', 'typ: INT'));
      expect(await ok('device model list'))
        .to.contain('thermostat')
        .and.contain('temperature,humidity,mode');
    });

    it('creates devices that their model allows, and no others', async () => {
      const create = 'device create kitchen --model thermostat --node edge-1';
      await fails('device create kitchen --model nope --node edge-1', 3, 'no device model nope');
      await fails('device create kitchen --model thermostat --node nope', 3, 'kedge node register nope');
      await fails(`${create} --property colour=red`, 2, 'it has temperature, humidity, mode');
      await fails(`${create} --property temperature=warm`, 2, 'not int');
      await fails(`${create} --property temperature=31`, 2, 'above its maximum 30');
      await fails(`${create} --property humidity=3`, 2, 'ReadOnly');
      await fails('device create kitchen --model thermostat', 2, '--node');
      await ok(`${create} --property temperature=20`);
      expect((await device()).spec).to.deep.equal({
        deviceModelRef: { name: 'thermostat' },
        nodeName: 'edge-1',
        protocol: { protocolName: 'mqtt' },
        properties: [{ name: 'temperature', desired: { value: '20' } }, { name: 'humidity' }, { name: 'mode' }],
      });
    });

    it('sets desired values, keeps what others set meanwhile, and waits for the report', async () => {
      await fails('device set-twin kitchen temperature=4', 2, 'below its minimum 5');
      await fails('device set-twin nope temperature=4', 3, 'no device nope');
      await Promise.all([ok('device set-twin kitchen temperature=21'), ok('device set-twin kitchen mode=eco')]);
      expect((await device()).spec?.properties?.map(({ desired }) => desired?.value)).to.deep.equal(['21', undefined, 'eco']);
      await fails('device set-twin kitchen temperature=22 --wait=3s', 6, 'temperature is reported as nothing, not 22');
      // Unknown at first, NotReady once the grace period is over.
      await fails('device set-twin kitchen temperature=22 --wait=3s', 6, 'its node edge-1 is ');
      const waiting = ok('device set-twin kitchen temperature=23 --wait=60s -o json');
      await eventually(async () => (await device()).spec?.properties?.[0]?.desired?.value === '23');
      await report('23');
      expect(JSON.parse(await waiting)).to.deep.equal([
        { property: 'temperature', desired: '23', reported: '23', type: 'int', updated: '2026-11-18T11:06:40.000Z' },
      ]);
    });

    it('loses nothing when many set values at the same time', async () => {
      const names = Array.from({ length: 20 }, (_, n) => `p${n}`);
      const metadata = { name: 'many', namespace: 'default' };
      const properties = names.map((property) => ({ name: property, type: 'INT', accessMode: 'ReadWrite' }) as const);
      await client.create<DeviceModel>(RESOURCES.deviceModel, { ...kindOf(RESOURCES.deviceModel), metadata, spec: { properties } });
      await client.create<Device>(RESOURCES.device, { ...kindOf(RESOURCES.device), metadata, spec: { deviceModelRef: { name: 'many' } } });
      await Promise.all(names.map((property, n) => setDesired(client, 'default', 'many', new Map([[property, String(n)]]))));
      const { spec } = await client.get<Device>(RESOURCES.device, 'many', 'default');
      expect(Object.fromEntries((spec?.properties ?? []).map(({ name: property, desired }) => [property, desired?.value]))).to.deep.equal(
        Object.fromEntries(names.map((property, n) => [property, String(n)])),
      );
    });

    it('lives with objects that have no spec', async () => {
      const metadata = { name: 'nospec', namespace: 'bare' };
      await client.create(RESOURCES.namespace, { metadata: { name: 'bare' } });
      await client.create(RESOURCES.deviceModel, { metadata });
      await client.create(RESOURCES.device, { metadata });
      for (const command of ['model list', 'list -o wide', 'get nospec'])
        expect(await ok(`device ${command} -n bare`), command).to.contain('nospec');
      for (const command of ['model get nospec', 'get-twin nospec'])
        expect(await ok(`device ${command} -n bare`), command).to.contain('PROPERTY');
      await fails('device set-twin nospec t=1 -n bare', 2, 'has no model');
      await fails('device create d -n bare --model nospec --node edge-1 --property t=1', 2, 'it has none');
      await client.delete(RESOURCES.namespace, 'bare');
    });

    const report = async (value: string): Promise<void> => {
      const twins = [{ propertyName: 'temperature', reported: { value, metadata: { timestamp: '1795000000000', type: 'int' } } }];
      const metadata = { name: 'kitchen', namespace: 'default' };
      const status = { metadata, status: { state: 'online', twins } };
      await client
        .create<DeviceStatus>(RESOURCES.deviceStatus, { apiVersion: 'devices.kubeedge.io/v1beta1', kind: 'DeviceStatus', ...status })
        .catch((error: unknown) => {
          if (!isAlreadyExists(error)) throw error;
          return client.patch(RESOURCES.deviceStatus, metadata, status, 'merge');
        });
    };

    it('shows devices and twins', async () => {
      const list = (await ok('device list -o wide')).split('\n');
      expect(list[1]).to.match(/^kitchen +thermostat +edge-1 +online +mqtt +temperature=23\/23,/);
      expect((await ok('device get-twin kitchen')).split('\n')[1]).to.match(/^temperature +23 +23 +int +\S+ ago$/);
      const twin = JSON.parse(await ok('device get-twin kitchen mode -o json')) as unknown;
      expect(twin).to.deep.equal({ property: 'mode', desired: 'eco', type: 'string' });
      expect(await ok('device get kitchen -o yaml'))
        .to.contain('value: "23"')
        .and.not.contain('managedFields');
      await fails('device get-twin kitchen colour', 3, 'no property colour');
    });

    it('shows what has become of each desired value', async () => {
      const states = async (): Promise<Record<string, object>> => {
        const { properties } = JSON.parse(await ok('device get kitchen -o json')) as { properties: { property: string }[] };
        return Object.fromEntries(properties.map(({ property, ...state }) => [property, state]));
      };
      const before = await states();
      expect(before['temperature']).to.include({ desired: '23', reported: '23', status: 'applied' });
      expect(before['mode']).to.include({ desired: 'eco', status: 'pending', reason: 'the edge has not confirmed it yet' });
      expect(Date.now() - Date.parse((before['mode'] as { since: string }).since)).to.be.within(-1_000, 120_000);
      // What kedge itself refuses may come another way.
      const desire = async (value: string): Promise<void> => {
        const device = await client.get<Device>(RESOURCES.device, 'kitchen', 'default');
        const properties = mergeDesired(device.spec?.properties ?? [], new Map([['temperature', value]]));
        await client.update<Device>(RESOURCES.device, { ...device, spec: { ...device.spec, properties } });
      };
      await desire('99');
      const rejected = await ok('device get kitchen');
      await desire('23');
      const reason = 'it is above its maximum 30';
      expect(rejected).to.match(new RegExp(`temperature: desired 99, reported 23, rejected since \\S+Z \\(\\d+s ago\\): ${reason}`));
      expect(await ok('device get kitchen -o yaml')).not.to.contain('status: applied');
    });

    it('follows a device until Ctrl-C', async () => {
      const child = spawn(process.execPath, [BIN, 'device', 'watch', 'kitchen', '-o', 'json'], {
        env: plainEnvironment(env),
        stdio: 'pipe',
      });
      let text = '';
      child.stdout.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
      const ended = new Promise((resolve) => child.once('exit', resolve));
      try {
        await eventually(() => text.includes('"mode"'), 'the present state', 30_000);
        await report('24');
        await eventually(() => text.includes('"reported":"24"'));
      } finally {
        child.kill('SIGINT');
      }
      expect(await ended).to.equal(130);
      const last = JSON.parse(text.trim().split('\n').at(-1)!) as Record<string, string>;
      expect(last).to.include({ property: 'temperature', desired: '23', reported: '24' });
    });

    it('follows a list until Ctrl-C', async () => {
      const child = spawn(process.execPath, [BIN, 'device', 'list', '-A', '-w', '-o', 'json'], {
        env: plainEnvironment(env),
        stdio: 'pipe',
      });
      let text = '';
      child.stdout.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
      const ended = new Promise((resolve) => child.once('exit', resolve));
      const seen = (type: string): boolean =>
        text
          .split('\n')
          .slice(0, -1)
          .map((line) => JSON.parse(line) as { type: string; object: Device })
          .some(({ type: is, object }) => is === type && object.metadata.name === 'passing');
      try {
        await eventually(() => text.includes('"kitchen"'), 'the present state', 30_000);
        const metadata = { name: 'passing', namespace: 'default' };
        await client.create(RESOURCES.device, { ...kindOf(RESOURCES.device), metadata });
        await eventually(() => seen('ADDED'), 'ADDED');
        await client.patch(RESOURCES.device, metadata, { spec: { nodeName: 'edge-1' } }, 'merge');
        await eventually(() => seen('MODIFIED'), 'MODIFIED');
        await client.delete(RESOURCES.device, 'passing', 'default');
        await eventually(() => seen('DELETED'), 'DELETED');
      } finally {
        child.kill('SIGINT');
      }
      expect(await ended).to.equal(130);
    });

    it('deletes when it is sure', async () => {
      await fails('device delete kitchen', 2, '--yes');
      await fails('device model delete thermostat --yes', 5, 'in use by kitchen');
      await ok('device delete kitchen --yes');
      await ok('device model delete thermostat --yes');
      await fails('device delete kitchen --yes', 3, 'no device kitchen');
    });
  });
}

suite('the embedded control plane', () => startControlPlane());
suite('a real API server', async (context) => {
  needs(context, 'a Kubernetes API server', 'openssl');
  return (await startRealApiServer())!;
});

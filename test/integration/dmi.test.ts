import { join } from 'node:path';
import { expect } from 'chai';
import type { ServiceError } from '@grpc/grpc-js';
import { status } from '@grpc/grpc-js';
import type { Device, DeviceModel, DeviceStatus } from '../../src/protocol/devices.ts';
import type { DmiDevice } from '../../src/protocol/dmi.ts';
import { RESOURCES } from '../../src/protocol/kubernetes.ts';
import { eventually } from '../helpers/eventually.ts';
import { startCloud } from '../helpers/test-cloud.ts';
import type { TestCloud } from '../helpers/test-cloud.ts';
import { EdgeDaemon } from '../helpers/test-edge.ts';
import { TestMapper } from '../helpers/test-mapper.ts';

const MODEL: DeviceModel = {
  metadata: { name: 'lamp', namespace: 'default' },
  spec: {
    protocol: 'virtual',
    protocolConfigData: { retries: 3 },
    properties: [
      {
        name: 'watts',
        type: 'INT',
        accessMode: 'ReadWrite',
        minimum: '1',
        maximum: '100',
        unit: 'W',
        visitors: { protocolName: 'virtual', configData: { register: 7 } },
      },
      { name: 'lit', type: 'BOOLEAN', accessMode: 'ReadOnly' },
    ],
  },
};
const lamp = (name: string, watts = '40'): Device => ({
  metadata: { name, namespace: 'default' },
  spec: {
    deviceModelRef: { name: 'lamp' },
    nodeName: 'edge-1',
    protocol: { protocolName: 'virtual', configData: { port: 502, host: 'plc.example.org', tls: true } },
    properties: [{ name: 'watts', desired: { value: watts }, collectCycle: 1000, reportToCloud: true }, { name: 'lit' }],
  },
});

describe('mappers over DMI', function () {
  this.timeout(60_000);
  let cloud: TestCloud;
  let edge: EdgeDaemon;
  let mapper: TestMapper;
  let count = 0;
  const mappers: TestMapper[] = [];

  before(async () => {
    cloud = await startCloud();
    edge = await EdgeDaemon.start({
      nodeName: 'edge-1',
      websocketPort: cloud.websocketPort,
      ca: cloud.ca.certPem,
      pair: cloud.edgePair('edge-1'),
    });
    await cloud.kube.create(RESOURCES.deviceModel, MODEL);
  });
  after(async () => {
    await edge.remove();
    await cloud.stop();
  });
  beforeEach(() => {
    mapper = newMapper('virtual');
  });
  afterEach(() => {
    for (const each of mappers.splice(0)) each.die();
  });

  function newMapper(protocol: string, name = `mapper-${(count += 1)}`): TestMapper {
    const made = new TestMapper({
      socket: join(edge.paths.dir, `${name}-${(count += 1)}.sock`),
      edge: edge.paths.dmiSocket,
      name,
      protocol,
    });
    mappers.push(made);
    return made;
  }
  const calls = (of: TestMapper, method: string): DmiDevice[] =>
    of.calls.filter((call) => call.method === method).map(({ request }) => request['device'] as DmiDevice);
  const called = (of: TestMapper, method: string, name: string): Promise<DmiDevice> =>
    eventually(() => calls(of, method).find((device) => device.name === name), `${method} ${name}`);
  const removed = (of: TestMapper, name: string): Promise<unknown> =>
    eventually(
      () => of.calls.find(({ method, request }) => method === 'RemoveDevice' && request['deviceName'] === name),
      `RemoveDevice ${name}`,
    );
  const registered = async (of: TestMapper): Promise<void> => {
    await of.serve();
    await of.register();
  };
  const add = (device: Device): Promise<Device> => cloud.kube.create(RESOURCES.device, device);
  const desire = (name: string, watts: string): Promise<unknown> =>
    cloud.kube.patch(
      RESOURCES.device,
      { name, namespace: 'default' },
      { spec: { properties: lamp(name, watts).spec?.properties } },
      'merge',
    );
  const atEdge = (name: string): Promise<unknown> =>
    eventually(async () => (await edge.factsOf('dmi'))['mappers'] !== undefined && (await reaches(name)), name);
  const reaches = async (name: string): Promise<boolean> => {
    const probe = newMapper('virtual');
    await probe.serve();
    const { deviceList } = await probe.register();
    probe.die();
    return deviceList.some((device) => device.name === name);
  };
  const refusal = (running: Promise<unknown>): Promise<ServiceError> =>
    running.then(
      () => Promise.reject(new Error('it was not refused')),
      (error: unknown) => error as ServiceError,
    );

  it('gives a mapper that registers its devices and models, as KubeEdge does', async () => {
    await add(lamp('first'));
    await atEdge('first');
    await mapper.serve();
    const { deviceList, modelList } = await mapper.register();
    expect(modelList.map(({ name, namespace, spec }) => [namespace, name, spec.properties[0]?.unit])).to.deep.equal([
      ['default', 'lamp', 'W'],
    ]);
    const device = deviceList.find(({ name }) => name === 'first');
    expect(device?.spec.deviceModelReference).to.equal('lamp');
    expect(device?.spec.properties[0]).to.deep.include({
      name: 'watts',
      collectCycle: '1000',
      reportToCloud: true,
      desired: { value: '40', metadata: {} },
    });
    const packed = device?.spec.protocol?.configData?.data ?? {};
    const [port, host, tls] = ['port', 'host', 'tls'].map((name) => Buffer.from(packed[name]?.value ?? []).toString('hex'));
    expect([port, host, tls]).to.deep.equal(['0d0000fb43', `0a0f${Buffer.from('plc.example.org').toString('hex')}`, '0801']);
    // What the model says goes below: from KubeEdge 1.23 on.
    expect(packed['retries']?.type_url).to.equal('type.googleapis.com/google.protobuf.FloatValue');
    expect(device?.spec.properties[0]?.visitors?.configData?.data['register']?.type_url).to.match(/FloatValue$/);
  });

  it('tells it of devices that come, change and go', async () => {
    await registered(mapper);
    await add(lamp('second'));
    expect((await called(mapper, 'RegisterDevice', 'second')).spec.properties[0]?.desired?.value).to.equal('40');
    await desire('second', '55');
    await eventually(
      () => calls(mapper, 'UpdateDevice').find(({ spec }) => spec.properties[0]?.desired?.value === '55'),
      'the new desired value',
    );
    await cloud.kube.delete(RESOURCES.device, 'second', 'default');
    await removed(mapper, 'second');
  });

  it('brings a mapper that was away what it missed, also over a restart of the edge', async () => {
    await registered(mapper);
    await add(lamp('third'));
    await called(mapper, 'RegisterDevice', 'third');
    mapper.die();
    await desire('third', '60');
    await desire('third', '61');
    await edge.halt();
    await edge.start();
    mapper.calls.length = 0;
    await mapper.serve();
    await eventually(
      () => calls(mapper, 'UpdateDevice').find(({ spec }) => spec.properties[0]?.desired?.value === '61'),
      'what it missed',
      40_000,
    );
    expect(calls(mapper, 'RegisterDevice')).to.deep.equal([]);
    mapper.calls.length = 0;
    await edge.halt();
    await edge.start();
    await add(lamp('third-2'));
    await called(mapper, 'RegisterDevice', 'third-2');
    // A restart alone tells nobody anything twice.
    expect(calls(mapper, 'UpdateDevice')).to.deep.equal([]);
  });

  it('serves several mappers of one protocol, and others with what is theirs', async () => {
    const [twin, other] = [newMapper('virtual'), newMapper('modbus')];
    for (const each of [mapper, twin, other]) await registered(each);
    await add(lamp('fourth'));
    await Promise.all([called(mapper, 'RegisterDevice', 'fourth'), called(twin, 'RegisterDevice', 'fourth')]);
    expect(other.calls).to.deep.equal([]);
  });

  it('forgets the earlier self of a mapper that comes under another address', async () => {
    const earlier = newMapper('virtual', 'moving');
    await registered(earlier);
    earlier.die();
    await registered(newMapper('virtual', 'moving'));
    await add(lamp('fifth'));
    await called(mappers.at(-1)!, 'RegisterDevice', 'fifth');
    const dmi = (await edge.status()).modules.find(({ name }) => name === 'dmi');
    expect(dmi?.detail ?? '').not.to.contain('moving');
  });

  it('holds a device back until its model is there', async () => {
    await registered(mapper);
    const device = lamp('sixth');
    await add({ ...device, spec: { ...device.spec, deviceModelRef: { name: 'late' } } });
    await add(lamp('sixth-2'));
    await called(mapper, 'RegisterDevice', 'sixth-2');
    expect(calls(mapper, 'RegisterDevice').map(({ name }) => name)).not.to.include('sixth');
    await cloud.kube.create(RESOURCES.deviceModel, { ...MODEL, metadata: { ...MODEL.metadata, name: 'late' } });
    await desire('sixth', '41');
    await called(mapper, 'RegisterDevice', 'sixth');
    const [model, registration] = ['CreateDeviceModel', 'RegisterDevice'].map((method) =>
      mapper.calls.findIndex(
        (call) => call.method === method && JSON.stringify(call.request).includes(method === 'RegisterDevice' ? '"sixth"' : '"late"'),
      ),
    );
    expect(model).to.be.lessThan(registration ?? -1);
  });

  it('goes on with the others when a mapper refuses one device, and tries that one again', async () => {
    let refusals = 0;
    mapper.refuses = ({ request }) =>
      (request['device'] as DmiDevice | undefined)?.name === 'seventh' && (refusals += 1) < 3 ? 'no such port' : undefined;
    await registered(mapper);
    await add(lamp('seventh'));
    await add(lamp('seventh-2'));
    await called(mapper, 'RegisterDevice', 'seventh-2');
    await called(mapper, 'RegisterDevice', 'seventh');
    expect(refusals).to.equal(3);
  });

  it('takes reports to the cloud, and says what is wrong with others', async () => {
    await registered(mapper);
    await add(lamp('eighth'));
    await called(mapper, 'RegisterDevice', 'eighth');
    await mapper.report('eighth', { watts: '38', lit: 'true' });
    await eventually(async () => {
      const { status: reported } = await cloud.kube.get<DeviceStatus>(RESOURCES.deviceStatus, 'eighth', 'default');
      return (
        reported?.twins
          ?.map(({ propertyName, reported: twin }) => `${propertyName}=${twin?.value ?? ''}`)
          .sort()
          .join() === 'lit=true,watts=38'
      );
    }, 'the report in the API');
    await mapper.ask('ReportDeviceStates', { deviceName: 'eighth', deviceNamespace: 'default', state: 'online' });
    await eventually(
      async () => (await cloud.kube.get<DeviceStatus>(RESOURCES.deviceStatus, 'eighth', 'default')).status?.state === 'online',
      'its state',
    );
    expect(await refusal(mapper.report('nobody', { watts: '1' }))).to.include({ code: status.NOT_FOUND });
    const wrong = await refusal(mapper.report('eighth', { watts: 'many' }));
    expect([wrong.code, wrong.details]).to.deep.equal([status.INVALID_ARGUMENT, 'device default/eighth: the value is not int or integer']);
    const state = await refusal(mapper.ask('ReportDeviceStates', { deviceName: 'eighth', deviceNamespace: 'default', state: 'sleepy' }));
    expect(state.code).to.equal(status.INVALID_ARGUMENT);
  });

  it('has no limit of one report a second', async () => {
    await registered(mapper);
    await add(lamp('ninth'));
    await called(mapper, 'RegisterDevice', 'ninth');
    await Promise.all(Array.from({ length: 500 }, (_, index) => mapper.report('ninth', { watts: String(index % 100) })));
  });

  it('refuses mappers that cannot be called', async () => {
    const info = {
      name: 'x',
      version: 'v1',
      api_version: 'v1beta1',
      protocol: 'virtual',
      address: Buffer.from('/tmp/x.sock'),
      state: 'ok',
    };
    for (const [wrong, text] of [
      [{ name: '' }, 'mapper.name is missing'],
      [{ protocol: '' }, 'mapper.protocol is missing'],
      [{ address: Buffer.from('relative.sock') }, 'mapper.address is no absolute path'],
      [{ address: Buffer.from(`/${'x'.repeat(107)}`) }, 'mapper.address is longer than 107 bytes'],
      [{ name: 'n'.repeat(300) }, 'mapper.name is longer than 253 bytes'],
    ] as const) {
      const error = await refusal(mapper.ask('MapperRegister', { withData: true, mapper: { ...info, ...wrong } }));
      expect(error.code).to.equal(status.INVALID_ARGUMENT);
      expect(error.details).to.contain(text);
    }
    expect((await refusal(mapper.ask('MapperRegister', { withData: true }))).details).to.equal('mapper is missing');
  });
});

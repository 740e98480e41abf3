import { expect } from 'chai';
import { checkDeviceSpec, checkModelSpec } from '../../../src/client/check-spec.ts';
import type { Converted } from '../../../src/client/v1alpha2/conversion.ts';
import { convertDeviceModel } from '../../../src/client/v1alpha2/device-model.ts';
import { convertDevice } from '../../../src/client/v1alpha2/device.ts';
import { KedgeError } from '../../../src/kernel/errors.ts';
import type { Device, DeviceModel, ModelProperty } from '../../../src/protocol/devices.ts';
import type { KubeObject } from '../../../src/protocol/kubernetes.ts';

const apiVersion = 'devices.kubeedge.io/v1alpha2';
const device = (spec: object, status: object = {}): KubeObject =>
  ({ apiVersion, kind: 'Device', metadata: { name: 'd' }, spec, status }) as KubeObject;
const model = (properties: unknown[], spec: object = {}): KubeObject =>
  ({ apiVersion, kind: 'DeviceModel', metadata: { name: 'm' }, spec: { properties, ...spec } }) as KubeObject;
const specOf = (spec: object, status?: object): NonNullable<Device['spec']> =>
  checkDeviceSpec(convertDevice(device(spec, status)).object).spec!;
const pathsOf = ({ losses }: Converted<KubeObject>): string[] => losses.map(({ path }) => path);
const node = (...values: string[]): object => ({
  nodeSelectorTerms: [{ matchExpressions: [{ key: 'kubernetes.io/hostname', operator: 'In', values }] }],
});

function refusal(work: () => unknown): { message: string; hint: string } {
  try {
    work();
  } catch (error) {
    expect(error).to.be.instanceOf(KedgeError).and.include({ code: 'INVALID_INPUT' });
    return { message: (error as KedgeError).message, hint: (error as KedgeError).hint ?? '' };
  }
  throw new Error('it was converted');
}

describe('DeviceModels of v1alpha2', () => {
  const cases: [string, object, Partial<ModelProperty>][] = [
    ['int', { minimum: -5, maximum: 100_000, unit: 'C' }, { type: 'INT', minimum: '-5', maximum: '100000', unit: 'C' }],
    ['float', { minimum: 0.5, maximum: 2.25, unit: 'V' }, { type: 'FLOAT', minimum: '0.5', maximum: '2.25', unit: 'V' }],
    ['double', { minimum: 0, maximum: 1e300 }, { type: 'DOUBLE', minimum: '0', maximum: '1e+300' }],
    ['string', {}, { type: 'STRING' }],
    ['boolean', {}, { type: 'BOOLEAN' }],
    ['bytes', {}, { type: 'BYTES' }],
  ];
  for (const [word, given, wanted] of cases) {
    for (const accessMode of ['ReadWrite', 'ReadOnly'] as const) {
      it(`have the type ${word}, ${accessMode}`, () => {
        const converted = convertDeviceModel(model([{ name: 'p', description: 'what it is', type: { [word]: { accessMode, ...given } } }]));
        const property = { name: 'p', description: 'what it is', accessMode, ...wanted };
        expect(checkModelSpec(converted.object).spec).to.deep.equal({ properties: [property] });
        expect(converted.losses).to.deep.equal([]);
      });
    }
  }

  it('keep protocol, names and order', () => {
    const int = { int: { accessMode: 'ReadOnly' } };
    const { object } = convertDeviceModel(model([{ name: 'b', type: int }, { name: 'a', type: int }], { protocol: 'modbus' })); // prettier-ignore
    expect(object).to.deep.include({ apiVersion: 'devices.kubeedge.io/v1beta1', kind: 'DeviceModel', metadata: { name: 'm' } });
    expect(object.spec?.protocol).to.equal('modbus');
    expect(object.spec?.properties?.map(({ name }) => name)).to.deep.equal(['b', 'a']);
  });

  for (const [word, defaultValue] of [
    ['int', 0],
    ['float', 1.5],
    ['double', 2],
    ['string', ''],
    ['boolean', false],
  ] as const) {
    // prettier-ignore
    it(`lose the default of a property of type ${word}, and say so`, () => {
      const converted = convertDeviceModel(model([{ name: 'p', type: { [word]: { accessMode: 'ReadWrite', defaultValue } } }]));
      expect(pathsOf(converted)).to.deep.equal([`spec.properties[0].type.${word}.defaultValue`]);
      expect(converted.losses[0]!.why).to.contain(JSON.stringify(defaultValue));
    });
  }

  const refused: [string, KubeObject, string, string][] = [
    ['no type', model([{ name: 'p', type: {} }]), 'spec.properties[0].type: it has none', 'int, float'],
    ['two types', model([{ name: 'p', type: { int: {}, string: {} } }]), 'it has two, int and string', 'leave one'],
    ['no access mode', model([{ name: 'p', type: { bytes: {} } }]), 'spec.properties[0].type.bytes.accessMode', 'ReadWrite'],
    ['an access mode that is none', model([{ name: 'p', type: { bytes: { accessMode: 'Read' } } }]), 'bytes.accessMode', 'correct'],
    ['a key that is none', model([{ name: 'p', type: { string: { unit: 'C' } } }]), 'string.unit: v1alpha2 has no such key', 'correct'],
    ['a key of v1beta1', model([{ name: 'p', accessMode: 'ReadOnly', type: { string: {} } }]), 'spec.properties[0].accessMode', 'correct'],
    [
      'a limit that is not read exactly',
      model([{ name: 'p', type: { int: { accessMode: 'ReadOnly', maximum: 2 ** 63 } } }]),
      'int.maximum',
      'v1beta1',
    ],
    ['a status', { ...model([]), status: { a: 1 } } as KubeObject, 'status.a', 'correct'],
    ['another part', { ...model([]), data: {} } as KubeObject, ': data: v1alpha2 has no such key', 'correct'],
  ];
  for (const [what, old, why, todo] of refused) {
    it(`are refused with ${what}`, () => {
      const { message, hint } = refusal(() => convertDeviceModel(old));
      expect(message).to.contain(why).and.to.contain('DeviceModel m of v1alpha2 cannot be converted');
      expect(hint).to.contain(todo);
    });
  }
});

describe('Devices of v1alpha2', () => {
  const COMMON = {
    com: { serialPort: '/dev/ttyS0', baudRate: 9600, dataBits: 8, parity: 'even', stopBits: 1 },
    tcp: { ip: '10.0.0.1', port: 502 },
    commType: 'tcp',
    reconnTimeout: 11,
    reconnRetryTimes: 12,
    collectTimeout: 13,
    collectRetryTimes: 14,
    collectType: 'sync',
    customizedValues: { def1: 'a' },
  };
  const OPCUA = {
    url: 'opc.tcp://h:4840',
    userName: 'u',
    password: 'p',
    securityPolicy: 'None',
    securityMode: 'None',
    certificate: '/c',
    privateKey: '/k',
    timeout: 21,
  };
  const protocols: [string, object, object][] = [
    ['modbus', { modbus: { slaveID: 1 }, common: COMMON }, { protocolName: 'modbus', configData: { slaveID: 1, common: COMMON } }],
    ['opcua', { opcua: OPCUA }, { protocolName: 'opcua', configData: OPCUA }],
    ['bluetooth', { bluetooth: { macAddress: 'AA:BB' } }, { protocolName: 'bluetooth', configData: { macAddress: 'AA:BB' } }],
    [
      'customizedProtocol',
      { customizedProtocol: { protocolName: 'virtual', configData: { port: 1, deep: { a: [1, 'b'] } } }, common: { commType: 'x' } },
      { protocolName: 'virtual', configData: { port: 1, deep: { a: [1, 'b'] }, common: { commType: 'x' } } },
    ],
    ['a name alone', { customizedProtocol: { protocolName: 'virtual' }, common: {} }, { protocolName: 'virtual' }],
    ['what is common alone', { common: { commType: 'x' } }, { configData: { common: { commType: 'x' } } }],
  ];
  for (const [what, protocol, wanted] of protocols) {
    it(`have the protocol ${what}`, () => expect(specOf({ protocol })).to.deep.equal({ protocol: wanted, properties: [] }));
  }

  const visitors: [string, object, object][] = [
    [
      'modbus',
      { modbus: { register: 'HoldingRegister', offset: 2, limit: 1, scale: 0.5, isSwap: true, isRegisterSwap: false } },
      {
        protocolName: 'modbus',
        configData: { register: 'HoldingRegister', offset: 2, limit: 1, scale: 0.5, isSwap: true, isRegisterSwap: false },
      },
    ],
    ['opcua', { opcua: { nodeID: 'ns=1', browseName: 'b' } }, { protocolName: 'opcua', configData: { nodeID: 'ns=1', browseName: 'b' } }],
    [
      'bluetooth',
      {
        bluetooth: {
          characteristicUUID: 'f000',
          dataWrite: { ON: 'AQ==' },
          dataConverter: {
            startIndex: 1,
            endIndex: 2,
            shiftLeft: 3,
            shiftRight: 4,
            orderOfOperations: [{ operationType: 'Multiply', operationValue: 0.03 }],
          },
        },
      },
      {
        protocolName: 'bluetooth',
        configData: {
          characteristicUUID: 'f000',
          dataWrite: { ON: 'AQ==' },
          dataConverter: {
            startIndex: 1,
            endIndex: 2,
            shiftLeft: 3,
            shiftRight: 4,
            orderOfOperations: [{ operationType: 'Multiply', operationValue: 0.03 }],
          },
        },
      },
    ],
    [
      'customizedProtocol',
      { customizedProtocol: { protocolName: 'virtual', configData: { reg: 1 } }, customizedValues: { x: 'y' } },
      { protocolName: 'virtual', configData: { reg: 1, customizedValues: { x: 'y' } } },
    ],
  ];
  for (const [what, visitor, wanted] of visitors) {
    it(`have visitors of ${what}`, () => {
      const { properties } = specOf({ propertyVisitors: [{ propertyName: 'p', reportCycle: 1000, collectCycle: 500, ...visitor }] });
      expect(properties).to.deep.equal([{ name: 'p', visitors: wanted, reportCycle: 1000, collectCycle: 500 }]);
    });
  }

  it('desire what their twins desire, and report what has a twin', () => {
    const twins = [
      { propertyName: 'b', desired: { value: '20', metadata: { type: 'int' } } },
      { propertyName: 'only-a-twin', desired: { value: 'ON' } },
      { propertyName: 'a', desired: { value: '' } },
    ];
    const { properties } = specOf({ propertyVisitors: [{ propertyName: 'a' }, { propertyName: 'b' }, { propertyName: 'c' }] }, { twins });
    expect(properties).to.deep.equal([
      { name: 'a', reportToCloud: true },
      { name: 'b', desired: { value: '20', metadata: { type: 'int' } }, reportToCloud: true },
      { name: 'c' },
      { name: 'only-a-twin', desired: { value: 'ON' }, reportToCloud: true },
    ]);
  });

  it('name what is lost', () => {
    const twins = [{ propertyName: 'p', desired: { value: '', metadata: { type: 'int' } }, reported: { value: '7' } }];
    const data = { dataTopic: '$ke/events/device/d/data/update', dataProperties: [{ propertyName: 'q', metadata: { type: 'int' } }] };
    const converted = convertDevice(device({ data }, { twins }));
    expect(pathsOf(converted)).to.have.members([
      'status.twins[0].reported',
      'status.twins[0].desired.metadata',
      'spec.data.dataProperties[0]',
      'spec.data.dataTopic',
    ]);
    expect(converted.losses.at(-1)!.why).to.contain('pushMethod').and.to.contain(data.dataTopic);
  });

  for (const key of ['kubernetes.io/hostname', '']) {
    it(`are attached to the node of a selector with the key "${key}"`, () => {
      const selector = { nodeSelectorTerms: [{ matchExpressions: [{ key, operator: 'In', values: ['edge1'] }] }] };
      expect(specOf({ nodeSelector: selector }).nodeName).to.equal('edge1');
    });
  }

  const expression = { key: 'kubernetes.io/hostname', operator: 'In', values: ['edge1'] };
  const selectors: [string, object][] = [
    ['no term', { nodeSelectorTerms: [] }],
    ['an empty term', { nodeSelectorTerms: [{}] }],
    ['two terms', { nodeSelectorTerms: [{ matchExpressions: [expression] }, { matchExpressions: [expression] }] }],
    ['two expressions', { nodeSelectorTerms: [{ matchExpressions: [expression, expression] }] }],
    ['two nodes', node('edge1', 'edge2')],
    ['no node', node()],
    ['a node without a name', node('')],
    ['another operator', { nodeSelectorTerms: [{ matchExpressions: [{ ...expression, operator: 'NotIn' }] }] }],
    ['another key', { nodeSelectorTerms: [{ matchExpressions: [{ ...expression, key: 'zone' }] }] }],
    ['fields', { nodeSelectorTerms: [{ matchExpressions: [expression], matchFields: [expression] }] }],
  ];
  for (const [what, nodeSelector] of selectors) {
    it(`are refused with a selector of ${what}`, () => {
      const { message, hint } = refusal(() => convertDevice(device({ nodeSelector })));
      expect(message).to.equal(
        'Device d of v1alpha2 cannot be converted: spec.nodeSelector: a device is attached to one node, by its name',
      );
      expect(hint).to.contain('{key: kubernetes.io/hostname, operator: In, values: [NODE]}');
    });
  }

  const refused: [string, KubeObject, string][] = [
    ['two protocols', device({ protocol: { modbus: {}, opcua: {} } }), 'spec.protocol: it has two protocols, opcua and modbus'],
    [
      'two protocols of a visitor',
      device({ propertyVisitors: [{ propertyName: 'p', modbus: {}, bluetooth: {} }] }),
      'spec.propertyVisitors[0]: it has two',
    ],
    [
      'two things of one name',
      device({ protocol: { customizedProtocol: { configData: { common: 1 } }, common: { commType: 'x' } } }),
      'spec.protocol.common: configData has the key common, too',
    ],
    [
      'a twin twice',
      device({}, { twins: [{ propertyName: 'p' }, { propertyName: 'p' }] }),
      'status.twins[0].propertyName: p is there twice',
    ],
    ['a key that is none', device({ protocol: { modbus: { slaveId: 1 } } }), 'spec.protocol.modbus.slaveId: v1alpha2 has no such key'],
    ['a key of v1beta1', device({ nodeName: 'edge1' }), 'spec.nodeName: v1alpha2 has no such key'],
    ['a number as a text', device({ protocol: { modbus: { slaveID: '1' } } }), 'spec.protocol.modbus.slaveID: number is needed, not "1"'],
    ['a list as spec', { apiVersion, kind: 'Device', metadata: { name: 'd' }, spec: 'x' } as never, 'spec: Object is needed'],
  ];
  for (const [what, old, why] of refused) {
    it(`are refused with ${what}`, () => expect(refusal(() => convertDevice(old)).message).to.contain(why));
  }

  it('lose nothing silently: each value is kept, or named', () => {
    const everything = device(
      {
        deviceModelRef: { name: 'the-model' },
        nodeSelector: node('the-node'),
        protocol: { opcua: OPCUA, common: COMMON },
        propertyVisitors: visitors.map(([, visitor], index) => ({
          propertyName: `p${index}`,
          reportCycle: 1e3 + index,
          collectCycle: 2e3 + index,
          ...visitor,
        })),
        data: { dataTopic: 'the-topic', dataProperties: [{ propertyName: 'the-data', metadata: { a: 'the-metadata' } }] },
      },
      {
        twins: [
          {
            propertyName: 'p0',
            desired: { value: 'wanted', metadata: { type: 'the-type' } },
            reported: { value: 'seen', metadata: { t: 'seen-at' } },
          },
        ],
      },
    );
    const converted = convertDevice(everything);
    const { spec } = checkDeviceSpec(converted.object);
    const kept = leaves('spec', spec).map(([, value]) => value);
    const paths = pathsOf(converted);
    const { spec: oldSpec, status } = everything as KubeObject & { spec: object; status: object };
    const missing = [...leaves('spec', oldSpec), ...leaves('status', status)].filter(
      ([path, value]) => !path.startsWith('spec.nodeSelector') && !kept.includes(value) && !paths.some((lost) => path.startsWith(lost)),
    );
    expect(missing).to.deep.equal([]);
    expect(kept).to.include.members(['the-model', 'the-node', 'wanted']);
  });

  it('come from another cluster without what its API has set', () => {
    const metadata = {
      name: 'sensor1',
      namespace: 'shop',
      uid: 'u',
      resourceVersion: '395',
      generation: 1,
      creationTimestamp: '2026-11-21T01:42:21Z',
      managedFields: [],
      labels: { description: 'bench-sensor' },
      annotations: { 'kubectl.kubernetes.io/last-applied-configuration': '{}', mine: '1' },
      ownerReferences: [{ uid: 'x' }],
    };
    const old = { ...device({}), metadata } as unknown as KubeObject;
    const converted = convertDevice(old);
    expect(converted.object.metadata).to.deep.equal({
      name: 'sensor1',
      namespace: 'shop',
      labels: { description: 'bench-sensor' },
      annotations: { mine: '1' },
    });
    expect(pathsOf(converted)).to.deep.equal(['metadata.ownerReferences']);
  });

  it('and their models, as a cluster of KubeEdge 1.14.5 has them', () => {
    const recorded = {
      deviceModelRef: { name: 'temp-model' },
      protocol: { customizedProtocol: { protocolName: 'virtual', configData: { port: 1 } } },
      propertyVisitors: [
        {
          propertyName: 'temperature',
          reportCycle: 1000,
          collectCycle: 1000,
          customizedProtocol: { protocolName: 'virtual', configData: { reg: 1 } },
        },
      ],
      data: {},
      nodeSelector: { nodeSelectorTerms: [{ matchExpressions: [{ key: '', operator: 'In', values: ['edge1'] }] }] },
    };
    const twins = [
      {
        propertyName: 'temperature',
        desired: { value: '20', metadata: { type: 'int' } },
        reported: { value: '26', metadata: { timestamp: '1795225348544', type: 'int' } },
      },
    ];
    const { object, losses }: Converted<Device> = convertDevice(device(recorded, { twins }));
    expect(object.spec).to.deep.equal({
      deviceModelRef: { name: 'temp-model' },
      nodeName: 'edge1',
      protocol: { protocolName: 'virtual', configData: { port: 1 } },
      properties: [
        {
          name: 'temperature',
          visitors: { protocolName: 'virtual', configData: { reg: 1 } },
          reportCycle: 1000,
          collectCycle: 1000,
          desired: { value: '20', metadata: { type: 'int' } },
          reportToCloud: true,
        },
      ],
    });
    expect(losses).to.deep.equal([{ path: 'status.twins[0].reported', why: 'the device reports it anew' }]);
    const types: Converted<DeviceModel> = convertDeviceModel(
      model([{ name: 'temperature', type: { int: { accessMode: 'ReadWrite', maximum: 100_000, unit: 'degree celsius' } } }]),
    );
    expect(checkModelSpec(types.object).spec?.properties?.[0]).to.include({ type: 'INT', maximum: '100000', unit: 'degree celsius' });
  });
});

/** Every value of an object that is not made of others, with its path. */
function leaves(path: string, value: unknown): [string, unknown][] {
  if (Array.isArray(value)) return value.flatMap((entry, index) => leaves(`${path}[${index}]`, entry));
  if (typeof value !== 'object' || value === null) return [[path, value]];
  return Object.entries(value).flatMap(([key, entry]) => leaves(`${path}.${key}`, entry));
}

import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import { dmiDevice, dmiModel, modelNameOf, NotForMappers, protocolOf } from '../../../src/protocol/dmi-device.ts';
import { packAny, unpackAny } from '../../../src/protocol/dmi-any.ts';
import type { DmiDevice, DmiDeviceModel } from '../../../src/protocol/dmi.ts';
import type { KubeObject } from '../../../src/protocol/kubernetes.ts';

const [MODEL, DEVICE] = readFileSync(new URL('../../fixtures/captures/dmi.jsonl', import.meta.url), 'utf8')
  .trim()
  .split('\n')
  .map((line) => JSON.parse(line) as { object: KubeObject; dmi: unknown });

/** As gRPC's library shows a message: bytes as arrays, 64-bit numbers as text. */
function shown(message: DmiDevice | DmiDeviceModel): unknown {
  return JSON.parse(
    JSON.stringify(message, (key, value: unknown) => {
      if (key === 'reportCycle' || key === 'collectCycle') return String(value);
      return value instanceof Uint8Array && !Buffer.isBuffer(value) ? Buffer.from(value).toJSON() : value;
    }),
  );
}

function device(spec: object): KubeObject {
  return { metadata: { name: 'd', namespace: 'ns' }, spec } as KubeObject;
}

describe('protocol: devices as mappers get them', () => {
  it('are what KubeEdge told a mapper of the same objects', () => {
    expect(shown(dmiModel(MODEL!.object))).to.deep.equal(MODEL!.dmi);
    expect(shown(dmiDevice(DEVICE!.object, MODEL!.object))).to.deep.equal(DEVICE!.dmi);
    expect([protocolOf(DEVICE!.object), modelNameOf(DEVICE!.object)]).to.deep.equal(['virtual', 'temp-model']);
  });

  it('have push methods under the names of DMI', () => {
    const pushMethod = {
      http: { hostName: 'h', port: 8080, requestPath: '/in', timeout: 3 },
      dbMethod: { TDEngine: { TDEngineClientConfig: { addr: 'a', dbName: 'd' } }, redis: { redisClientConfig: { addr: 'r' } } },
      anomalyDetection: { limit: 0.5 },
    };
    const [property] = dmiDevice(device({ properties: [{ name: 'p', pushMethod }] })).spec.properties;
    expect(property?.pushMethod).to.deep.equal({
      http: { hostname: 'h', port: 8080, requestpath: '/in', timeout: 3 },
      dbMethod: { tdengine: { tdEngineClientConfig: { addr: 'a', dbname: 'd' } }, redis: { redisClientConfig: { addr: 'r' } } },
      anomalyDetection: { data: { limit: packAny(0.5) } },
    });
  });

  it('have what their model says below what they say themselves', () => {
    const model = {
      metadata: { name: 'm', namespace: 'ns' },
      spec: {
        protocolConfigData: { a: 'model', b: 'model' },
        properties: [{ name: 'p', visitors: { protocolName: 'x', configData: { r: 1 } } }],
      },
    } as KubeObject;
    const spec = { protocol: { protocolName: 'x', configData: { a: 'own' } }, properties: [{ name: 'p' }, { name: 'q' }] };
    const { protocol, properties } = dmiDevice(device(spec), model).spec;
    expect(protocol?.configData?.data).to.deep.equal({ a: packAny('own'), b: packAny('model') });
    expect(properties.map(({ visitors }) => visitors)).to.deep.equal([
      { protocolName: 'x', configData: { data: { r: packAny(1) } } },
      null,
    ]);
  });

  it('are not made of what has no form there, and the field is named', () => {
    const refused = (spec: object): string => {
      try {
        dmiDevice(device(spec));
      } catch (error) {
        expect(error).to.be.instanceOf(NotForMappers);
        return (error as Error).message;
      }
      throw new Error('it was not refused');
    };
    expect(refused({ protocol: { protocolName: 'x', configData: { deep: { er: 1 } } } })).to.match(
      /^spec\.protocol\.configData\.deep is no string/,
    );
    expect(refused({ properties: [{ name: 'p', visitors: { configData: { list: [1] } } }] })).to.match(
      /^spec\.properties\[0\]\.visitors\.configData\.list /,
    );
    expect(refused({ properties: [{ name: 7 }] })).to.match(/^spec\.properties\.0\.name: /);
    expect(refused({ properties: 'none' })).to.match(/^spec\.properties: /);
    expect([protocolOf(device({ protocol: 'x' })), modelNameOf(device({ deviceModelRef: 7 }))]).to.deep.equal(['', '']);
  });

  it('pack strings of any length as protobuf does', () => {
    const lengths = [0, 1, 127, 128, 16_383, 16_384].map((count) => Buffer.from(packAny('x'.repeat(count))?.value ?? []).subarray(0, 4));
    expect(lengths.map((bytes, index) => bytes.subarray(0, index < 3 ? 2 : index < 5 ? 3 : 4).toString('hex'))).to.deep.equal([
      '', '0a01', '0a7f', '0a8001', '0aff7f', '0a808001',
    ]); // prettier-ignore
    expect(packAny(false)).to.deep.equal({ type_url: 'type.googleapis.com/google.protobuf.BoolValue', value: new Uint8Array() });
    expect([packAny(null), packAny([1]), packAny({})]).to.deep.equal([undefined, undefined, undefined]);
  });

  it('unpacks what was packed, and what KubeEdge packs besides', () => {
    for (const value of ['', 'plc', 'ü'.repeat(200), true, false, 0, 502, -1.5, 0.1, 16_777_216, 123456.79])
      expect(unpackAny(packAny(value)!)).to.equal(value);
    const any = (name: string, ...bytes: number[]) =>
      unpackAny({ type_url: `type.googleapis.com/google.protobuf.${name}`, value: Uint8Array.from(bytes) });
    expect(any('Int32Value', 0x08, 0xac, 0x02)).to.equal(300);
    expect(any('Int64Value', 0x08, ...Array<number>(9).fill(0xff), 0x01)).to.equal(-1);
    expect(any('DoubleValue', 0x09, 0x9a, 0x99, 0x99, 0x99, 0x99, 0x99, 0xb9, 0x3f)).to.equal(0.1);
    expect(any('ListValue', 1)).to.equal(undefined);
    expect(() => any('Int32Value', 0x08, 0x80)).to.throw(RangeError);
  });
});

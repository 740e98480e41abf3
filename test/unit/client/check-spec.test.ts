import { expect } from 'chai';
import { checkDeviceSpec, checkModelSpec } from '../../../src/client/check-spec.ts';
import { KedgeError } from '../../../src/kernel/errors.ts';
import type { Device, DeviceModel } from '../../../src/protocol/devices.ts';

const property = { name: 't', type: 'INT', accessMode: 'ReadWrite', minimum: '5', maximum: '30' };
const model = (...properties: unknown[]): DeviceModel => ({ metadata: { name: 'm' }, spec: { properties } }) as DeviceModel;
const device = (spec: unknown): Device => ({ metadata: { name: 'd' }, spec }) as Device;
const refusal = (check: () => unknown): string => {
  try {
    check();
  } catch (error) {
    expect(error).to.be.instanceOf(KedgeError).and.include({ code: 'INVALID_INPUT' });
    return (error as KedgeError).message;
  }
  return '';
};

describe('checkModelSpec', () => {
  const mistake = (...properties: unknown[]): string => refusal(() => checkModelSpec(model(...properties)));

  it('takes what KubeEdge knows', () => {
    const visitors = { protocolName: 'modbus', configData: { register: 'CoilRegister', any: { thing: 1 } } };
    const all = { ...property, description: 'd', unit: 'C', visitors };
    expect(mistake(all, { name: 's', type: 'STRING', accessMode: 'ReadOnly', minimum: '', maximum: 'z' })).to.equal('');
    expect(mistake({ ...property, minimum: '-9223372036854775808', maximum: '-9223372036854775807' })).to.equal('');
  });

  it('names the key that is wrong', () => {
    expect(mistake({ ...property, acessMode: 'ReadOnly' })).to.equal('device model m: spec.properties[0].acessMode: unknown key');
    expect(refusal(() => checkModelSpec({ metadata: { name: 'm' } }))).to.equal('device model m: spec: missing');
    expect(refusal(() => checkModelSpec({ metadata: { name: 'm' }, spec: {} }))).to.contain('spec.properties: missing');
    expect(refusal(() => checkModelSpec({ metadata: { name: 'm' }, spec: { propertis: [] } } as DeviceModel))).to.contain('spec.propertis: unknown key'); // prettier-ignore
    expect(mistake()).to.contain('spec.properties: empty');
    expect(mistake({ ...property, type: 'INTEGER' }))
      .to.contain('spec.properties[0].type: ("INT" | ')
      .and.contain('not "INTEGER"');
    expect(mistake({ ...property, accessMode: 'rw' })).to.contain('spec.properties[0].accessMode: ');
    expect(mistake({ ...property, minimum: 5 })).to.contain('spec.properties[0].minimum: a text in quotes is needed, not 5');
    expect(mistake({ ...property, type: 'DOUBLE', maximum: 'hot' })).to.contain('spec.properties[0].maximum: hot is not a number');
    expect(mistake(property, { ...property, name: 'u', minimum: '31' })).to.contain(
      'spec.properties[1].minimum: 31 is above the maximum 30',
    );
    expect(mistake(property, property)).to.contain('spec.properties[1].name: t is there twice');
  });
});

describe('checkDeviceSpec', () => {
  it('names the key that is wrong', () => {
    const spec = { deviceModelRef: { name: 'm' }, nodeName: 'n', properties: [{ name: 't', desired: { value: '1' } }] };
    expect(refusal(() => checkDeviceSpec(device(spec)))).to.equal('');
    expect(refusal(() => checkDeviceSpec(device({ ...spec, node: 'n' })))).to.equal('device d: spec.node: unknown key');
    expect(refusal(() => checkDeviceSpec(device({ properties: [{ name: 't', desired: 1 }] })))).to.contain(
      'spec.properties[0].desired: Object',
    );
    expect(refusal(() => checkDeviceSpec(device({ properties: [{ name: 't' }, { name: 't' }] })))).to.contain('twice');
  });
});

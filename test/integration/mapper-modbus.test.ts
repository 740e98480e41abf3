import { ModbusDriver } from '../../src/mapper/modbus/modbus-driver.ts';
import type { Device, DeviceModel } from '../../src/protocol/devices.ts';
import { expect } from 'chai';
import { eventually } from '../helpers/eventually.ts';
import { MappedEdge } from '../helpers/mapped-edge.ts';
import { ModbusSimulator } from '../helpers/modbus-simulator.ts';
import { needs } from '../helpers/neighbour.ts';

const MODEL: DeviceModel = {
  metadata: { name: 'boiler', namespace: 'default' },
  spec: {
    protocol: 'modbus',
    properties: [
      { name: 'target', type: 'FLOAT', accessMode: 'ReadWrite' },
      { name: 'flow', type: 'FLOAT', accessMode: 'ReadWrite' },
      { name: 'level', type: 'INT', accessMode: 'ReadWrite' },
      { name: 'pump', type: 'BOOLEAN', accessMode: 'ReadWrite' },
      { name: 'serial', type: 'INT', accessMode: 'ReadOnly' },
    ],
  },
};
const VISITORS: Record<string, Record<string, unknown>> = {
  target: { register: 'HoldingRegister', offset: 2, limit: 1, scale: 0.1, isSwap: false, isRegisterSwap: false },
  flow: { register: 'HoldingRegister', offset: 4, limit: 2, isRegisterSwap: true },
  level: { register: 'HoldingRegister', offset: 6, limit: 1 },
  pump: { register: 'CoilRegister', offset: 3, limit: 1, scale: 1 },
  serial: { register: 'InputRegister', offset: 0, limit: 1 },
};
const properties = (desired: Record<string, string>, visitors = VISITORS): NonNullable<NonNullable<Device['spec']>['properties']> =>
  Object.entries(visitors).map(([name, configData]) => ({
    ...{ name, collectCycle: 200, reportToCloud: true, visitors: { protocolName: 'modbus', configData } },
    ...(desired[name] !== undefined && { desired: { value: desired[name] } }),
  }));

describe('the Modbus mapper', function () {
  this.timeout(120_000);
  let site: MappedEdge;
  const simulator = new ModbusSimulator();
  const boiler = (name: string, desired: Record<string, string>, visitors = VISITORS): Device => ({
    metadata: { name, namespace: 'default' },
    spec: {
      deviceModelRef: { name: 'boiler' },
      nodeName: 'edge-1',
      protocol: { protocolName: 'modbus', configData: { communication: 'TCP', ip: '127.0.0.1', port: simulator.port, slaveID: 1 } },
      properties: properties(desired, visitors),
    },
  });

  before(async function () {
    needs(this, 'a Modbus simulator');
    await simulator.start();
    site = await MappedEdge.start();
    await site.addModel(MODEL);
    site.run({ name: 'modbus', protocol: 'modbus', driver: new ModbusDriver() });
  });
  after(async () => {
    await (site as MappedEdge | undefined)?.remove();
    await simulator.stop();
  });

  it('brings desired values into registers and coils, and what registers hold to the API', async () => {
    await site.add(boiler('first', { target: '21.5', flow: '-0.25', level: '40000', pump: 'true' }));
    await site.shows('first', { target: '21.5', flow: '-0.25', level: '40000', pump: 'true', serial: '7', state: 'online' });
    expect([await simulator.holding(2), await simulator.holding(5), await simulator.coil(3)]).to.deep.equal(['215', '48768', '1']);
    await simulator.turn(6, 12);
    await site.shows('first', { level: '12' }, 3_000);
    await site.patch('first', { properties: properties({ target: '18.2', level: '13', pump: 'false' }) });
    await site.shows('first', { target: '18.2', level: '13', pump: 'false' });
    expect([await simulator.holding(2), await simulator.coil(3)]).to.deep.equal(['182', '0']);
  });

  it('opens the device again when it returns, and writes what is desired', async () => {
    await site.add(boiler('second', { level: '77' }, { level: { register: 'HoldingRegister', offset: 20, limit: 1 } }));
    await site.shows('second', { level: '77', state: 'online' });
    await simulator.stop();
    await site.shows('second', { state: 'offline' });
    await simulator.start();
    await site.shows('second', { level: '77', state: 'online' }, 60_000);
    await eventually(async () => (await simulator.holding(20)) === '77', 'the register');
  });

  it('refuses what is wrong in the file of one device, and says what a device answers, while others go on', async () => {
    await site.add(boiler('third', {}, { level: { register: 'HoldingRegister', offset: 6, limit: 3 } }));
    await site.add(boiler('fourth', {}, { level: { register: 'HoldingRegister', offset: 5000 }, serial: VISITORS['serial']! }));
    await site.shows('third', { state: 'unhealthy' });
    await site.shows('fourth', { serial: '7', state: 'unhealthy' });
    const detail = await eventually(async () => (await site.edge.status()).modules.find(({ name }) => name === 'dmi')?.detail, 'why');
    expect(detail).to.contain('default/third: the mapper refused RegisterDevice: property level: visitors.configData.limit is 3');
    await simulator.turn(20, 5);
    await site.shows('second', { level: '5' }, 3_000);
  });
});

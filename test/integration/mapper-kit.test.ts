import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { expect } from 'chai';
import { DeviceLost } from '../../src/mapper/driver.ts';
import type { Driver, PropertyValue } from '../../src/mapper/driver.ts';
import { VirtualDriver } from '../../src/mapper/virtual/virtual-driver.ts';
import type { Device, DeviceModel } from '../../src/protocol/devices.ts';
import { eventually } from '../helpers/eventually.ts';
import { BIN, plainEnvironment } from '../helpers/kedge.ts';
import { MappedEdge } from '../helpers/mapped-edge.ts';

const MODEL: DeviceModel = {
  metadata: { name: 'room', namespace: 'default' },
  spec: {
    protocol: 'virtual',
    properties: [
      { name: 'target', type: 'FLOAT', accessMode: 'ReadWrite', minimum: '5', maximum: '30' },
      { name: 'temperature', type: 'FLOAT', accessMode: 'ReadOnly', minimum: '5', maximum: '30' },
      { name: 'count', type: 'INT', accessMode: 'ReadWrite' },
      { name: 'lit', type: 'BOOLEAN', accessMode: 'ReadWrite' },
    ],
  },
};
type Properties = NonNullable<NonNullable<Device['spec']>['properties']>;
const properties = (desired: Record<string, string>, visitors: Record<string, Record<string, unknown>> = {}): Properties =>
  ['target', 'temperature', 'count', 'lit'].map((name) => ({
    name,
    collectCycle: 100,
    reportToCloud: true,
    ...(desired[name] !== undefined && { desired: { value: desired[name] } }),
    visitors: { protocolName: 'virtual', configData: visitors[name] ?? {} },
  }));
const room = (name: string, desired: Record<string, string> = {}, protocolName = 'virtual', visitors = {}): Device => ({
  metadata: { name, namespace: 'default' },
  spec: { deviceModelRef: { name: 'room' }, nodeName: 'edge-1', protocol: { protocolName }, properties: properties(desired, visitors) },
});

describe('the kit for mappers', function () {
  this.timeout(120_000);
  let site: MappedEdge;
  const children: ChildProcess[] = [];

  before(async () => {
    site = await MappedEdge.start();
    await site.addModel(MODEL);
  });
  after(() => site.remove());
  afterEach(async () => {
    await site.stopMappers();
    for (const child of children.splice(0)) child.kill('SIGKILL');
  });

  const virtual = () => site.run({ name: 'virtual', protocol: 'virtual', driver: new VirtualDriver() });

  it('writes desired values of each type, reads every property, and tells that the device is online', async () => {
    await site.add(
      room('first', { target: '21.5', count: '-7', lit: 'true' }, 'virtual', { temperature: { follows: 'target', rate: 1000 } }),
    );
    virtual();
    await site.shows('first', { target: '21.5', temperature: '21.5', count: '-7', lit: 'true', state: 'online' });
    await site.patch('first', {
      properties: properties({ target: '19', count: '12', lit: 'false' }, { temperature: { follows: 'target', rate: 1000 } }),
    });
    await site.shows('first', { target: '19', temperature: '19', count: '12', lit: 'false' });
  });

  it('registers anew when the edge returns, and tells it what happened meanwhile', async () => {
    const { lines } = virtual();
    await site.add(room('second', { count: '1' }));
    await site.shows('second', { count: '1' });
    await site.edge.halt();
    await eventually(() => lines.find(({ message }) => message === 'the edge is away'), 'the loss');
    const before = lines.length;
    await site.edge.start();
    await eventually(() => lines.slice(before).find(({ message }) => message === 'registered with the edge'), 'the return', 30_000);
    await site.patch('second', { properties: properties({ count: '2' }) });
    await site.shows('second', { count: '2' });
  });

  it('refuses a device whose visitor is wrong, by the name of the key, and goes on with the others', async () => {
    virtual();
    await site.add(room('third', {}, 'virtual', { count: { register: 'x' } }));
    await site.add(room('third-2', { count: '3' }));
    await site.shows('third-2', { count: '3', state: 'online' });
    await site.shows('third', { state: 'unhealthy' });
    const detail = await eventually(
      async () => (await site.edge.status()).modules.find(({ name }) => name === 'dmi')?.detail,
      'the refusal',
    );
    expect(detail).to.match(
      /default\/third: the mapper refused RegisterDevice: property count: visitors\.configData\.register is not known here/,
    );
    await site.patch('third', { properties: properties({ count: '4' }) });
    await site.shows('third', { count: '4', state: 'online' });
  });

  it('opens a lost device again, and writes until the device takes it', async () => {
    const driver = new Stubborn();
    site.run({ name: 'stubborn', protocol: 'stubborn', driver });
    await site.add(room('fourth', { count: '5' }, 'stubborn'));
    await site.shows('fourth', { count: '0', state: 'unhealthy' });
    driver.takes = true;
    await site.shows('fourth', { count: '5', state: 'online' });
    const opened = driver.opened;
    driver.isAway = true;
    await site.shows('fourth', { state: 'offline' });
    driver.value = 0;
    driver.isAway = false;
    await site.shows('fourth', { count: '5', state: 'online' });
    expect(driver.opened).to.be.greaterThan(opened);
    await site.patch('fourth', { properties: properties({ count: '6' }) });
    await site.shows('fourth', { count: '6' });
  });

  it('runs the virtual mapper as a command: killed, it gets what it missed; ended, it ends at once', async () => {
    const start = (): ChildProcess => {
      const args = ['mapper', 'run', 'virtual', '--home', site.home, '--name', 'killed'];
      const child = spawn(process.execPath, [BIN, ...args], { env: plainEnvironment(), stdio: 'ignore' });
      children.push(child);
      return child;
    };
    const first = start();
    await site.add(room('fifth', { count: '8' }));
    await site.shows('fifth', { count: '8', state: 'online' });
    const killed = once(first, 'exit');
    first.kill('SIGKILL');
    await killed;
    await site.patch('fifth', { properties: properties({ count: '9' }) });
    const second = start();
    await site.shows('fifth', { count: '9' });
    const ended = once(second, 'exit');
    second.kill('SIGTERM');
    expect(await ended).to.deep.equal([0, null]);
  });

  it('refuses names and sockets that cannot be', async () => {
    const failure = (options: { name: string; ownSocket?: string }): Promise<string> =>
      site.run({ protocol: 'virtual', driver: new VirtualDriver(), ...options }).ended.then(
        () => 'none',
        (error: unknown) => String(error),
      );
    expect(await failure({ name: 'Not A Name' })).to.contain('is no name of a mapper');
    expect(await failure({ name: 'x', ownSocket: `/${'x'.repeat(120)}` })).to.contain('longer than 107 bytes');
  });
});

/** A device that is away, or takes no values, as told. */
class Stubborn implements Driver {
  takes = false;
  isAway = false;
  opened = 0;
  value: PropertyValue = 0;

  open() {
    if (this.isAway) throw new DeviceLost('nobody answers');
    this.opened += 1;
    return {
      read: ({ type }: { type?: string | undefined }): PropertyValue => {
        if (this.isAway) throw new DeviceLost('nobody answers');
        return type === 'BOOLEAN' ? true : this.value;
      },
      write: (_: unknown, value: PropertyValue): void => {
        if (!this.takes) throw new Error('busy');
        this.value = value;
      },
    };
  }
}

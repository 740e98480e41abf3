import { expect } from 'chai';
import { join } from 'node:path';
import { MqttClient } from '../../src/mqtt/client.ts';
import type { TwinHistoryEntry } from '../../src/protocol/twin-history.ts';
import { eventually } from '../helpers/eventually.ts';
import { Installation } from '../helpers/installation.ts';
import { BIN, kedge, run } from '../helpers/kedge.ts';
import type { Ran } from '../helpers/kedge.ts';
import { needs } from '../helpers/neighbour.ts';
import { Terminal } from '../helpers/terminal.ts';

const MANIFEST = `
apiVersion: devices.kubeedge.io/v1beta1
kind: DeviceModel
metadata: {name: thermostat, namespace: default}
spec:
  properties:
  - {name: temperature, type: FLOAT, accessMode: ReadWrite, unit: "°C"}
  - {name: mode, type: STRING, accessMode: ReadWrite}
  - {name: count, type: INT, accessMode: ReadWrite}
  - {name: level, type: INT, accessMode: ReadOnly}
---
apiVersion: devices.kubeedge.io/v1beta1
kind: Device
metadata: {name: kitchen, namespace: default}
spec:
  deviceModelRef: {name: thermostat}
  nodeName: edge-1
  properties:
  - {name: temperature, desired: {value: "20"}}
  - {name: mode}
  - {name: count}
  - {name: level}
`;
const TOPIC = '$hw/events/device/default/kitchen/twin/update';

describe('the history of devices', function () {
  this.timeout(180_000);
  let site: Installation;

  before(async function () {
    needs(this, 'mosquitto clients');
    site = await Installation.create();
    await site.apply(MANIFEST);
    await eventually(async () => (await history('')).some(({ side }) => side === 'desired'), 'the device at the edge');
  });
  after(() => (site as Installation | undefined)?.remove());

  const command = (words: string, home = site.home): Promise<Ran> => kedge(words.split(' ').filter(Boolean), { home });
  const history = async (words: string): Promise<TwinHistoryEntry[]> => {
    const { stdout, stderr, status } = await command(`device history kitchen ${words} -o json`);
    expect(status, stderr).to.equal(0);
    return JSON.parse(stdout) as TwinHistoryEntry[];
  };
  const valuesOf = (entries: readonly TwinHistoryEntry[], wanted: 'desired' | 'reported'): (string | undefined)[] =>
    entries.filter(({ side }) => side === wanted).map(({ value }) => value);
  /** Resolves once the broker has acknowledged it. */
  const publish = async (...payloads: object[]): Promise<void> => {
    const url = new URL(site.mqttUrl);
    const args = ['-h', url.hostname, '-p', url.port, '-q', '1', '-t', TOPIC, '-l'];
    const { status, stderr } = await run('mosquitto_pub', args, {
      input: payloads.map((payload) => `${JSON.stringify(payload)}\n`).join(''),
    });
    expect(status, stderr).to.equal(0);
  };
  const temperature = (value: string): object => ({ twin: { temperature: { actual: { value }, metadata: { type: 'float' } } } });

  it('has what was reported and desired, with time and source', async () => {
    const begun = new Date().toISOString();
    await publish(temperature('19.5'), temperature('19.5'), temperature('20.25'), { twin: { mode: { actual: { value: 'eco' } } } });
    await command('device set-twin kitchen temperature=21.5 mode=away');
    await eventually(async () => valuesOf(await history('mode'), 'desired').length === 1, 'the desired values');
    const entries = await history('temperature');
    expect(valuesOf(entries, 'reported')).to.deep.equal(['19.5', '19.5', '20.25']);
    expect(valuesOf(entries, 'desired')).to.deep.equal(['20', '21.5']);
    expect(new Set(entries.map(({ side, source }) => `${side} ${source}`))).to.deep.equal(new Set(['reported mqtt', 'desired cloud']));
    expect(entries.map(({ time }) => time)).to.deep.equal(entries.map(({ time }) => time).sort());
    expect((await history(`temperature --since ${begun}`)).map(({ value }) => value)).to.deep.equal(['19.5', '19.5', '20.25', '21.5']);
    expect((await history('')).map(({ property }) => property)).to.include.members(['temperature', 'mode']);
    expect(await history('--since 2099-01-01')).to.deep.equal([]);
  });

  it('is drawn by device watch as it goes on', async () => {
    const screen = new Terminal([process.execPath, BIN, 'device', 'watch', 'kitchen'], { KEDGE_HOME: site.home });
    await publish({ twin: { level: { actual: { value: '1' } } } });
    await screen.answer('level', '');
    for (const value of ['2', '3']) {
      await publish({ twin: { level: { actual: { value } } } });
      await eventually(() => new RegExp(`level +<none> +${value} `).test(screen.text), `${value} on the screen`, 30_000);
    }
    await screen.answer('▁▅█', '\u0003');
    expect(await screen.close()).to.equal(130);
    expect(screen.text).to.contain('PROPERTY').and.contain('TREND').and.not.contain('  at ');
  });

  it('is shown as a table, as CSV and as a chart', async () => {
    const table = (await command('device history kitchen temperature')).stdout.split('\n');
    expect(table[0]).to.match(/^TIME +PROPERTY +SIDE +VALUE +SOURCE$/);
    expect(table[2]).to.match(/^\S+Z +temperature +reported +19\.5 +mqtt$/);
    const csv = (await command('device history kitchen temperature -o csv')).stdout.split('\n');
    expect(csv[0]).to.equal('time,property,side,value,source');
    expect(csv[2]).to.match(/^[^,]+Z,temperature,reported,19\.5,mqtt$/);
    const plot = (await command('device history kitchen -o plot')).stdout;
    expect(plot).to.contain('temperature, reported\n20.25 ┤').and.contain('temperature, desired\n21.5 ┤').and.not.contain('mode');
    expect((await command('device history kitchen mode -o plot')).stdout).to.equal('There are no numbers to draw.\n');
  });

  it('says what is not there, and on which node to look', async () => {
    const failure = async (words: string, home?: string): Promise<unknown> => {
      const { status, stderr } = await command(words, home);
      return [status, stderr];
    };
    expect(await failure('device history kitchen colour')).to.deep.equal([
      3,
      'error NOT_FOUND: device kitchen has no property colour\n  Try: kedge device get-twin kitchen\n',
    ]);
    const [status, text] = (await failure('device history nothing')) as [number, string];
    expect(status).to.equal(3);
    expect(text).to.contain('this edge has no device default/nothing');
    expect(await failure('device history kitchen --since soon')).to.include(2);
    const elsewhere = await kedge(['device', 'history', 'kitchen', '-n', 'default'], {
      home: join(site.home, 'other'),
      env: { KUBECONFIG: join(site.home, 'cloud', 'admin.kubeconfig') },
    });
    expect(elsewhere.status).to.equal(3);
    expect(elsewhere.stderr)
      .to.contain('error NOT_INSTALLED: the history of device kitchen is kept by its node edge-1')
      .and.contain('Try: on edge-1: kedge device history kitchen\n');
  });

  it('tells what is not reported as it is desired, with the exit status', async () => {
    await publish(temperature('21.50'));
    await eventually(async () => (await command('device get-twin kitchen')).stdout.includes('21.50'), 'the report in the API');
    const diff = await command('device diff kitchen -o json');
    expect(JSON.parse(diff.stdout)).to.have.length(1);
    expect((JSON.parse(diff.stdout) as object[])[0]).to.include({ property: 'mode', desired: 'away', reported: 'eco' });
    expect([diff.status, diff.stderr]).to.deep.equal([
      7,
      '{"error":{"code":"CHECK_WARNINGS","message":"device kitchen does not report what is desired of mode","hint":"kedge device watch kitchen"}}\n',
    ]);
    await publish({ twin: { mode: { actual: { value: 'away' } } } });
    await eventually(async () => (await command('device diff kitchen')).stdout === 'kitchen reports what is desired\n', 'no difference');
    expect((await command('device diff kitchen --at edge')).status).to.equal(0);
  });

  it('is gone back to', async () => {
    const desired = async (): Promise<unknown> => {
      const { stdout } = await command('device get-twin kitchen -o json');
      const rows = JSON.parse(stdout) as { property: string; desired?: string }[];
      return Object.fromEntries(rows.filter((row) => row.desired !== undefined).map((row) => [row.property, row.desired]));
    };
    const refused = await command('device rollback kitchen');
    expect([refused.status, refused.stderr]).to.satisfy(([status, text]: [number, string]) => status === 2 && text.includes('--yes'));
    expect(await desired()).to.deep.equal({ temperature: '21.5', mode: 'away' });
    const back = await command('device rollback kitchen --yes');
    expect([back.status, back.stdout]).to.deep.equal([0, 'kitchen: temperature=20 is desired\n']);
    expect(await desired()).to.deep.equal({ temperature: '20', mode: 'away' });
    await eventually(async () => valuesOf(await history('temperature'), 'desired').at(-1) === '20', 'it at the edge');
    await command('device rollback kitchen temperature --yes');
    expect(await desired()).to.deep.equal({ temperature: '21.5', mode: 'away' });
    const far = await command('device rollback kitchen --to 99 --yes');
    expect([far.status, far.stderr]).to.satisfy(
      ([status, text]: [number, string]) => status === 3 && text.includes('does not go back so far'),
    );
  });

  it('is told without the cloud', async () => {
    await site.stop('cloud');
    try {
      await publish(temperature('18'));
      expect(valuesOf(await history('temperature'), 'reported').at(-1)).to.equal('18');
    } finally {
      await site.start('cloud');
    }
  });

  it('has every value that was acknowledged after kill -9', async () => {
    let value = 0;
    let acknowledged = 0;
    /** On their way at a kill: the client does not send them again, and they may be there or not. */
    const doubtful = new Set<number>();
    for (let round = 1; round <= 4; round++) {
      const client = await MqttClient.connect(site.mqttUrl, { reconnect: false, timeoutMs: 1_000 });
      const after = acknowledged + 20 + 30 * round;
      const dead = new Promise<never>((_, reject) => {
        void eventually(() => acknowledged >= after, 'acknowledgements', 60_000)
          .then(() => site.kill('edge'))
          .then(() => reject(new Error('killed')), reject);
      });
      try {
        for (;;) {
          value += 1;
          const payload = JSON.stringify({ twin: { count: { actual: { value: String(value) }, metadata: { type: 'int' } } } });
          await Promise.race([client.publish(TOPIC, payload), dead]);
          acknowledged = value;
        }
      } catch {
        await dead.catch(() => undefined);
        await client.end(true).catch(() => undefined);
      }
      await site.start('edge');
      const kept = valuesOf(await history('count'), 'reported').map(Number);
      expect(kept.length, 'no value twice').to.equal(new Set(kept).size);
      const missing = Array.from({ length: acknowledged }, (_, n) => n + 1).filter((one) => !doubtful.has(one) && !kept.includes(one));
      expect(missing, `round ${round}`).to.deep.equal([]);
      doubtful.add(value);
    }
    expect(acknowledged).to.be.at.least(200);
  });
});

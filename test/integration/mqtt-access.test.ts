import { expect } from 'chai';
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { Broker } from '../../src/mqtt/broker.ts';
import type { BrokerOptions } from '../../src/mqtt/broker.ts';
import { createCa, issueKeyPair } from '../../src/pki/certificate.ts';
import { altNamesOf } from '../../src/pki/names.ts';
import { PROFILES } from '../../src/pki/profiles.ts';
import { BrokerStore } from '../helpers/broker-store.ts';
import { eventually } from '../helpers/eventually.ts';
import { run, temporaryFolder } from '../helpers/kedge.ts';
import type { Ran } from '../helpers/kedge.ts';
import { needs } from '../helpers/neighbour.ts';
import { testScope } from '../helpers/test-scope.ts';
import type { TestScope } from '../helpers/test-scope.ts';

const OPEN = [{ address: '0.0.0.0', port: 0 }];
/** What mosquitto's clients say of CONNACK's codes. */
const CODES = { badPassword: /bad user name or password/i, notAuthorised: /not authorised/i, unavailable: /unavailable/i };

describe('who may use the embedded broker (mosquitto clients)', function () {
  this.timeout(120_000);
  let scope: TestScope;
  let store: BrokerStore;
  let folder: Awaited<ReturnType<typeof temporaryFolder>>;
  let children: ChildProcess[];
  before(function () {
    needs(this, 'mosquitto clients');
  });
  beforeEach(async () => {
    scope = testScope();
    store = new BrokerStore();
    folder = await temporaryFolder();
    children = [];
  });
  afterEach(async () => {
    for (const child of children) child.kill('SIGKILL');
    await scope.end();
    store.remove();
    await folder.remove();
  });

  async function broker(options: Partial<BrokerOptions> = {}): Promise<Broker> {
    const started = new Broker({ ...store.options, listen: OPEN, maxPacketBytes: 100_000, commit: () => undefined, ...options });
    await started.start(scope);
    return started;
  }

  const at = (of: Broker): string[] => ['-h', '127.0.0.1', '-p', String(of.addresses[0]!.port), '-V', 'mqttv311'];
  const as = (user: string): string[] => ['-u', user, '-P', `${user}-secret`];
  const pub = (of: Broker, args: string[]): Promise<Ran> => run('mosquitto_pub', [...at(of), '-q', '1', '-m', 'x', ...args]);
  const addUser = (name: string): Promise<boolean> => store.accounts.setUser(name, Buffer.from(`${name}-secret`));

  /** A mosquitto_sub whose lines are collected, once it has subscribed. */
  async function sub(of: Broker, args: string[]): Promise<{ lines: string[]; child: ChildProcess; exited: () => boolean }> {
    const child = spawn('stdbuf', ['-oL', 'mosquitto_sub', ...at(of), '-q', '1', '-v', '-d', ...args]);
    children.push(child);
    const lines: string[] = [];
    let debug = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      debug += text;
      lines.push(...text.split('\n').filter((line) => line !== '' && !/^(Client|Subscribed|All|Warning)/.test(line)));
    });
    child.stderr.resume();
    await eventually(() => debug.includes('Subscribed') || debug.includes('subscription requests were denied') || child.exitCode !== null);
    return { lines, child, exited: () => child.exitCode !== null || child.signalCode !== null };
  }

  it('lets nobody in without a user but on loopback', async () => {
    const ours = await broker();
    const anonymous = await pub(ours, ['-t', 'a']);
    expect(anonymous.status).to.not.equal(0);
    expect(anonymous.stderr + anonymous.stdout).to.match(CODES.notAuthorised);
    await addUser('kitchen');
    expect((await pub(ours, ['-t', 'a', ...as('kitchen')])).status).to.equal(0);
    const wrong = await pub(ours, ['-t', 'a', '-u', 'kitchen', '-P', 'guess']);
    expect(wrong.stderr + wrong.stdout).to.match(CODES.badPassword);
    const local = await broker({ listen: [{ address: '127.0.0.1', port: 0 }] });
    expect((await pub(local, ['-t', 'a'])).status).to.equal(0);
    const isolated = await broker({ listen: [{ ...OPEN[0]!, allowAnonymous: true }] });
    expect((await pub(isolated, ['-t', 'a'])).status).to.equal(0);
  });

  it('makes who guesses passwords wait', async () => {
    const access = store.accounts;
    await addUser('kitchen');
    const guesses = await Promise.all(Array.from({ length: 15 }, (_, i) => access.login('kitchen', Buffer.from(String(i)), '10.0.0.1')));
    expect(guesses.filter((result) => result === 'wrong')).to.have.length(10);
    expect(await access.login('kitchen', Buffer.from('kitchen-secret'), '10.0.0.1')).to.equal('busy');
    expect(await access.login('kitchen', Buffer.from('kitchen-secret'), '10.0.0.2')).to.equal('ok');
  });

  it('holds users to their rules: subscriptions, publications, retained messages and wills', async () => {
    for (const name of ['kitchen', 'garden', 'boss']) await addUser(name);
    store.accounts.setRule({ user: '', access: 'readwrite', filter: 'home/%u/#' });
    store.accounts.setRule({ user: 'boss', access: 'readwrite', filter: '#' });
    const ours = await broker();
    const boss = await sub(ours, ['-t', '#', ...as('boss')]);
    const kitchen = await sub(ours, ['-t', 'home/kitchen/#', ...as('kitchen')]);
    const denied = await sub(ours, ['-t', 'home/#', ...as('kitchen')]);
    await eventually(() => denied.exited());
    expect((await pub(ours, ['-t', 'home/kitchen/t', ...as('kitchen')])).status).to.equal(0);
    await pub(ours, ['-t', 'home/garden/t', ...as('kitchen')]);
    await pub(ours, ['-t', 'home/garden/will', ...as('boss'), '-r']);
    await eventually(() => boss.lines.length >= 2 && kitchen.lines.length >= 1);
    expect(boss.lines).to.deep.equal(['home/kitchen/t x', 'home/garden/will x']);
    expect(kitchen.lines).to.deep.equal(['home/kitchen/t x']);
    const dying = spawn('mosquitto_sub', [
      ...at(ours),
      '-t',
      'home/kitchen/#',
      '--will-topic',
      'home/garden/w',
      '--will-payload',
      'w',
      ...as('kitchen'),
    ]);
    children.push(dying);
    await eventually(() => ours.clients === 3);
    dying.kill('SIGKILL');
    await eventually(() => ours.clients === 2);
    expect((await pub(ours, ['-t', 'end', ...as('boss')])).status).to.equal(0);
    await eventually(() => boss.lines.length === 3);
    expect(boss.lines.at(-1)).to.equal('end x');
  });

  it('keeps the answers of the edge to the edge', async () => {
    await addUser('kitchen');
    const ours = await broker();
    const seen = await sub(ours, ['-t', '$hw/events/#', ...as('kitchen')]);
    await pub(ours, ['-t', '$hw/events/device/default/a/twin/update/result', ...as('kitchen')]);
    await pub(ours, ['-t', '$hw/events/device/default/a/twin/update', ...as('kitchen')]);
    await eventually(() => seen.lines.length > 0);
    expect(seen.lines).to.deep.equal(['$hw/events/device/default/a/twin/update x']);
  });

  it('ends the connections of a user that is deleted, and gives nobody the session of another', async () => {
    await addUser('kitchen');
    await addUser('garden');
    const ours = await broker();
    const kitchen = await sub(ours, ['-t', 'a', '-c', '-i', 'mine', ...as('kitchen')]);
    const thief = await run('mosquitto_sub', [...at(ours), '-t', 'a', '-c', '-i', 'mine', '-W', '5', ...as('garden')]);
    expect(thief.stderr + thief.stdout).to.match(/identifier rejected/i);
    expect(ours.clients).to.equal(1);
    store.accounts.removeUser('kitchen');
    ours.dropUser('kitchen');
    await eventually(() => ours.clients === 0);
    kitchen.child.kill('SIGKILL');
    expect((await pub(ours, ['-t', 'a', ...as('kitchen')])).status).to.not.equal(0);
  });

  it('speaks TLS, and knows clients by their certificates', async () => {
    const ca = createCa(PROFILES.mqttCa);
    const server = issueKeyPair({ ca, profile: PROFILES.mqttServer, sans: altNamesOf(['127.0.0.1']) });
    const clientCa = createCa(PROFILES.ca);
    const [trusted, foreign] = [clientCa, createCa(PROFILES.ca)].map((issuer, index) => {
      const pair = issueKeyPair({ ca: issuer, profile: PROFILES.edgeClient, subject: { commonName: 'kitchen', organizations: [] } });
      const [cert, key] = [join(folder.path, `${index}.crt`), join(folder.path, `${index}.key`)];
      writeFileSync(cert, pair.certPem);
      writeFileSync(key, pair.keyPem);
      return ['--cert', cert, '--key', key];
    });
    const caFile = join(folder.path, 'ca.crt');
    writeFileSync(caFile, ca.certPem);
    store.accounts.setRule({ user: 'kitchen', access: 'readwrite', filter: 'home/%u/#' });
    const ours = await broker({ listen: [{ ...OPEN[0]!, tls: { cert: server.certPem, key: server.keyPem, clientCa: clientCa.certPem } }] });
    const seen = await sub(ours, ['-t', 'home/kitchen/#', '--cafile', caFile, ...trusted!]);
    expect((await pub(ours, ['-t', 'home/kitchen/t', '--cafile', caFile, ...trusted!])).status).to.equal(0);
    await eventually(() => seen.lines.length === 1);
    expect((await pub(ours, ['-t', 'home/kitchen/t', '--cafile', caFile, ...foreign!])).status).to.not.equal(0);
    expect((await pub(ours, ['-t', 'home/kitchen/t', '--cafile', caFile])).status).to.not.equal(0);
    await addUser('garden');
    store.accounts.setRule({ user: 'garden', access: 'write', filter: 'x' });
    expect((await pub(ours, ['-t', 'x', '--cafile', caFile, ...as('garden')])).status).to.equal(0);
  });

  it('tells clients of MQTT 5 in their own words', async () => {
    const ours = await broker({ listen: [{ address: '127.0.0.1', port: 0 }] });
    const socket = connect(ours.addresses[0]!.port, '127.0.0.1');
    socket.write(Buffer.from([0x10, 0x0e, 0, 4, ...Buffer.from('MQTT'), 5, 2, 0, 0, 0, 0, 1, 0x61]));
    const [answer] = (await once(socket, 'data')) as [Buffer];
    expect([...answer]).to.deep.equal([0x20, 0x03, 0x00, 0x84, 0x00]);
    await once(socket.resume(), 'close');
    const said = await run('mosquitto_pub', [...at(ours).slice(0, -1), 'mqttv5', '-t', 'a', '-m', 'x']);
    expect(said.status).to.not.equal(0);
    expect(said.stderr + said.stdout).to.match(/protocol version/i);
  });

  it('turns away who opens too many connections, and slows who publishes too fast', async () => {
    const ours = await broker({
      ...store.limited({ connectionsPerAddress: 2, publishesPerSecond: 100 }),
      listen: [{ address: '127.0.0.1', port: 0 }],
    });
    const seen = await sub(ours, ['-t', 'a']);
    const started = Date.now();
    const burst = await run('mosquitto_pub', [...at(ours), '-t', 'a', '-q', '1', '-l'], { input: '1\n'.repeat(400) });
    expect(burst.status).to.equal(0);
    // A second's worth at once, the other 300 at 100 a second.
    expect(Date.now() - started).to.be.greaterThan(2_500);
    await eventually(() => seen.lines.length === 400);
    await sub(ours, ['-t', 'b']);
    const third = connect(ours.addresses[0]!.port, '127.0.0.1').on('error', () => undefined);
    await once(third.resume(), 'close');
  });

  it('a subscriber that is stopped holds up nobody, and is dropped', async () => {
    const ours = await broker({ ...store.limited({ publishesPerSecond: 0 }), listen: [{ address: '127.0.0.1', port: 0 }] });
    const stuck = await sub(ours, ['-t', 'flood']);
    const other = await sub(ours, ['-t', 'other']);
    stuck.child.kill('SIGSTOP');
    const flood = run('mosquitto_pub', [...at(ours), '-t', 'flood', '-l'], { input: `${'f'.repeat(1_000)}\n`.repeat(30_000) });
    const flowing = await run('mosquitto_pub', [...at(ours), '-t', 'other', '-l'], { input: 'o\n'.repeat(150_000) });
    expect(flowing.status).to.equal(0);
    await eventually(() => other.lines.length === 150_000, 'what has another topic', 60_000);
    await flood;
    await eventually(() => ours.clients === 1, 'the end of the stopped one', 30_000);
    stuck.child.kill('SIGKILL');
  });
});

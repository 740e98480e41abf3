import { readFile } from 'node:fs/promises';
import { connect, type TLSSocket } from 'node:tls';
import { expect } from 'chai';
import { loadCloudConfig } from '../../src/config/cloud-config.ts';
import { homePaths } from '../../src/config/home.ts';
import { saveConfig } from '../../src/config/load-config.ts';
import type { Credentials } from '../../src/kube/credentials.ts';
import { loadCredentials } from '../../src/kube/kubeconfig.ts';
import { send } from '../helpers/control-plane.ts';
import { eventually } from '../helpers/eventually.ts';
import { Installation } from '../helpers/installation.ts';
import { openWatch, type RawWatch } from '../helpers/raw-watch.ts';

const MAPS = '/api/v1/namespaces/default/configmaps';
/** 20,000 is what docs/reliability.md tells of. */
const EVENTS = Number(process.env['KEDGE_HOSTILE_EVENTS'] ?? 2_500);
const WATCHERS = 20;
const IDLE = Number(process.env['KEDGE_HOSTILE_CONNECTIONS'] ?? 1_000);
/** For the head of a request; a whole one may take three times that. */
const LOGIN_SECONDS = 2;
/** Of one small request of somebody else, ms, on a machine that does other things, too. */
const LATENCY_MS = 3_000;
const MIB = 1024 * 1024;

/** A client with a good certificate that speaks no HTTP but what it is told. */
class RawClient {
  text = '';
  closed = false;
  readonly socket: TLSSocket;

  private constructor(socket: TLSSocket) {
    this.socket = socket;
    socket.setEncoding('latin1').on('data', (text: string) => (this.text += text));
    socket.on('error', () => undefined).on('close', () => (this.closed = true));
  }

  static open({ server, ca, cert, key }: Credentials): Promise<RawClient> {
    const { hostname, port } = new URL(server);
    return new Promise((resolve, reject) => {
      const socket = connect({ host: hostname, port: Number(port), ca, cert, key }, () => resolve(new RawClient(socket)));
      socket.once('error', reject);
    });
  }

  /** Writes this over and over, every so many ms, for as long as the other side takes it. */
  repeat(bytes: string, everyMs: number): void {
    const timer = setInterval(() => {
      if (!this.socket.writableNeedDrain) this.socket.write(bytes);
    }, everyMs);
    this.socket.once('close', () => clearInterval(timer));
  }
}

describe('clients that mean ill, with a good certificate, and the Kubernetes API of a cloud', function () {
  this.timeout(180_000);
  let site: Installation;
  let credentials: Credentials;
  let pid: number;
  /** The longest that somebody else's small request took, ms, and whether they still ask. */
  let slowest = 0;
  let asking = true;
  let others: Promise<void>;

  const memory = async (): Promise<number> => {
    const status = await readFile(`/proc/${pid}/status`, 'utf8');
    return Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1]) * 1024;
  };
  const raw = async (text: string): Promise<RawClient> => {
    const client = await RawClient.open(credentials);
    client.socket.write(text);
    return client;
  };
  const ended = (client: RawClient, what: string): Promise<unknown> => eventually(() => client.closed, what, 30_000);
  const head = (method: string, path: string, ...headers: string[]): string =>
    [`${method} ${path} HTTP/1.1`, 'Host: a', 'Content-Type: application/json', ...headers, '', ''].join('\r\n');

  before(async () => {
    site = await Installation.create({ join: false });
    const { config, adminKubeconfig } = homePaths(site.home).cloud;
    const old = loadCloudConfig(config);
    await saveConfig(config, {
      ...old,
      limits: { ...old.limits, loginTimeoutSeconds: LOGIN_SECONDS, connectionsBeforeLoginPerAddress: 1_024 },
    });
    await site.stop('cloud');
    await site.start('cloud');
    pid = await site.pid('cloud');
    credentials = await loadCredentials(adminKubeconfig);
    const own = { ...credentials };
    others = (async () => {
      while (asking) {
        const start = performance.now();
        expect((await send(own, 'GET', `${MAPS}/kube-root-ca.crt`)).code).to.be.oneOf([200, 404]);
        slowest = Math.max(slowest, performance.now() - start);
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
    })();
  });
  after(async () => {
    asking = false;
    await others;
    await site.remove();
  });
  beforeEach(() => (slowest = 0));
  afterEach('others are served meanwhile, by the same process', async () => {
    expect(slowest, 'the slowest request of somebody else').to.be.lessThan(LATENCY_MS);
    expect(await site.pid('cloud')).to.equal(pid);
  });

  it('who send a head byte by byte are cut off', async () => {
    const client = await raw('GET /api HTTP/1.1\r\nHost: a\r\nX-Slow: ');
    client.repeat('a', 100);
    await ended(client, 'the end of a slow head');
    expect(client.text).to.match(/^HTTP\/1.1 408 /);
  });

  it('who send a body byte by byte are cut off, and nobody logs a failure', async () => {
    const bodies = await Promise.all([
      raw(head('POST', MAPS, 'Content-Length: 1000000')),
      raw(head('POST', MAPS, 'Transfer-Encoding: chunked')),
      raw(head('PATCH', `${MAPS}/a?fieldManager=a`, 'Content-Length: 1000000').replace('json', 'apply-patch+yaml')),
    ]);
    for (const [index, client] of bodies.entries()) client.repeat(index === 1 ? '1\r\n{\r\n' : ' ', 100);
    for (const client of bodies) await ended(client, 'the end of a slow body');
    for (const client of bodies) expect(client.text).to.match(/^HTTP\/1.1 408 /);
    expect(await readFile(homePaths(site.home).cloud.log, 'utf8')).not.to.contain('a request failed');
  });

  it('who send bodies without end, or too large, are answered 413 and cut off', async () => {
    const before = await memory();
    const chunk = `10000\r\n${' '.repeat(65_536)}\r\n`;
    const endless = await Promise.all(
      [head('POST', MAPS, 'Transfer-Encoding: chunked'), head('PUT', `${MAPS}/a`, 'Transfer-Encoding: chunked')].map(raw),
    );
    for (const client of endless) client.repeat(chunk, 0);
    const declared = await raw(head('POST', MAPS, 'Content-Length: 99999999999'));
    for (const client of [...endless, declared]) await ended(client, 'the end of an endless body');
    expect(declared.text).to.match(/^HTTP\/1.1 413 /);
    // Who is still writing may be cut off before it sees the answer.
    for (const { text } of endless) expect(text).to.match(/^(HTTP\/1.1 413 |$)/);
    // Nobody reads the body of a GET.
    const read = await raw(head('GET', MAPS, 'Transfer-Encoding: chunked'));
    read.repeat(chunk, 0);
    await ended(read, 'the end of a body that nobody reads');
    expect((await memory()) - before).to.be.lessThan(150 * MIB);
  });

  it('who send headers without end are answered 431 and cut off', async () => {
    for (const flood of [`X-A: ${'a'.repeat(1_000_000)}`, Array.from({ length: 50_000 }, (_, index) => `X-${index}: a`).join('\r\n')]) {
      const client = await raw(head('GET', '/api', flood));
      await ended(client, 'the end of a flood of headers');
      expect(client.text).to.match(/^HTTP\/1.1 431 /);
    }
  });

  it(`of whom ${IDLE} say nothing are gone again (KEDGE_HOSTILE_CONNECTIONS)`, async function () {
    const before = await memory();
    const idle: RawClient[] = [];
    for (let index = 0; index < IDLE; index += 20) {
      idle.push(...(await Promise.all(Array.from({ length: Math.min(20, IDLE - index) }, () => RawClient.open(credentials)))));
    }
    const during = await memory();
    await eventually(() => idle.every(({ closed }) => closed), 'the end of the silent', 30_000);
    expect((during - before) / IDLE, 'bytes for each').to.be.lessThan(200 * 1024);
    told(this, figures({ before, during, after: await memory(), slowest }));
  });

  it(`of whom ${WATCHERS} never read ${EVENTS} events are cut off (KEDGE_HOSTILE_EVENTS)`, async function () {
    const before = await memory();
    await send(credentials, 'POST', MAPS, { body: { metadata: { name: 'busy' } } });
    const path = `${MAPS}?fieldSelector=metadata.name%3Dbusy`;
    const stuck: RawWatch[] = [];
    for (let index = 0; index < WATCHERS; index += 1) stuck.push(await openWatch(credentials, path));
    for (const { response } of stuck) response.pause();
    let most = 0;
    const filler = 'x'.repeat(8_000);
    const headers = { 'content-type': 'application/merge-patch+json' };
    for (let event = 0; event < EVENTS; event += 50) {
      const writes = Array.from({ length: 50 }, (_, index) =>
        send(credentials, 'PATCH', `${MAPS}/busy`, { body: { data: { filler, at: String(event + index) } }, headers }),
      );
      for (const { code } of await Promise.all(writes)) expect(code).to.equal(200);
      most = Math.max(most, await memory());
    }
    for (const { response } of stuck) response.resume();
    await eventually(() => stuck.every((watch) => watch.ended()), 'the end of the stuck watches', 30_000);
    for (const { events } of stuck) expect(events.length).to.be.lessThan(EVENTS);
    told(this, figures({ before, during: most, after: await memory(), slowest }));
    expect(most - before).to.be.lessThan(300 * MIB);
  });
});

/** Shows the figures behind the name of the test. */
function told({ test }: Mocha.Context, what: string): void {
  if (test !== undefined) test.title += `: ${what}`;
}

function figures(of: { before: number; during: number; after: number; slowest: number }): string {
  const mib = (bytes: number): string => `${Math.round(bytes / MIB)} MiB`;
  return `RSS ${mib(of.before)}, ${mib(of.during)} at most, ${mib(of.after)} after; others waited ${Math.round(of.slowest)} ms at most`;
}

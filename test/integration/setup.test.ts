import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { createUi } from '../../src/cli/ui.ts';
import type { Ui } from '../../src/cli/ui.ts';
import { readStatus } from '../../src/client/status.ts';
import { createToken, listTokens } from '../../src/client/tokens.ts';
import { homePaths } from '../../src/config/home.ts';
import type { KubeClient } from '../../src/kube/client.ts';
import { createKubeClient } from '../../src/kube/http-client.ts';
import { loadCredentials } from '../../src/kube/kubeconfig.ts';
import { certificateInfo } from '../../src/pki/certificate-info.ts';
import { splitToken } from '../../src/pki/join-token.ts';
import { RESOURCES } from '../../src/protocol/kubernetes.ts';
import type { Node } from '../../src/protocol/kubernetes.ts';
import { DaemonProcess } from '../../src/setup/daemon-process.ts';
import { initCloud } from '../../src/setup/init-cloud.ts';
import type { InitCloudOptions, InitCloudResult } from '../../src/setup/init-cloud.ts';
import { joinEdge } from '../../src/setup/join-edge.ts';
import type { JoinEdgeOptions, JoinEdgeResult } from '../../src/setup/join-edge.ts';
import { runCloud } from '../../src/setup/run-cloud.ts';
import { startDaemon, stopDaemon } from '../../src/setup/lifecycle.ts';
import { eventually } from '../helpers/eventually.ts';
import { BIN } from '../helpers/kedge.ts';
import { needs } from '../helpers/neighbour.ts';
import { refusal } from '../helpers/refusal.ts';
import { commandLines } from '../helpers/process-list.ts';
import { makeCloudAccount } from '../helpers/cloud-account.ts';
import { startRealApiServer } from '../helpers/real-apiserver.ts';

/** A home of its own whose daemons are stopped and whose folder is removed. */
class TestHome {
  readonly path = mkdtempSync(join(tmpdir(), 'kedge-setup-'));
  readonly lines: string[] = [];
  readonly ui: Ui = { ...createUi({ 'no-input': true }), animated: false, line: (text) => void this.lines.push(text) };

  init(options: Partial<InitCloudOptions> = {}): Promise<InitCloudResult> {
    const ports = { websocketPort: 0, httpsPort: 0, apiPort: 0 };
    return initCloud({ home: this.path, advertiseAddress: ['127.0.0.1'], ...ports, ...options }, this.ui);
  }

  join(cloud: string, token: string, options: Partial<JoinEdgeOptions> = {}): Promise<JoinEdgeResult> {
    const ask = { token: () => Promise.resolve(token) };
    return joinEdge({ home: this.path, cloud, mqtt: { ports: [0] }, ...ask, ...options }, this.ui);
  }

  async remove(): Promise<void> {
    for (const role of ['edge', 'cloud'] as const) await new DaemonProcess(role, this.path).stop();
    rmSync(this.path, { recursive: true });
  }
}

const modes = (dir: string): Record<string, string> =>
  Object.fromEntries(readdirSync(dir).map((name) => [name, (statSync(join(dir, name)).mode & 0o777).toString(8)]));

function suite(api: 'built-in' | 'real', kubeconfig: () => string | undefined): void {
  let cloud: TestHome;
  let first: InitCloudResult;
  let kube: KubeClient;
  const homes: TestHome[] = [];
  const newHome = (): TestHome => {
    const home = new TestHome();
    homes.push(home);
    return home;
  };
  const options = (): Partial<InitCloudOptions> => {
    const path = kubeconfig();
    return path === undefined ? {} : { kubeconfig: path };
  };
  /** Where the cloud listens, too, but enrols nobody. */
  const otherPorts = async (): Promise<number[]> => {
    const [status] = await readStatus(cloud.path, 'cloud');
    return Object.values(status?.ports ?? {}).filter((port) => !first.cloud.endsWith(`:${port}`));
  };
  const token = async (request: { uses?: number; nodeName?: string; ttlSeconds?: number } = {}): Promise<string> =>
    (await createToken(cloud.path, { ttlSeconds: 600, uses: 0, ...request })).token;

  before(async () => {
    cloud = newHome();
    first = await cloud.init(options());
    kube = createKubeClient(await loadCredentials(first.kubeconfig));
  });
  after(async () => {
    for (const home of homes) await home.remove();
  });

  it('makes a cloud whose secrets are closed to others and which is really there', async () => {
    const paths = homePaths(cloud.path).cloud;
    expect(first.changed).to.equal(true);
    expect(first.joinCommand).to.equal(`kedge join edge --cloud ${first.cloud} --token ${first.token}`);
    expect(Object.values(modes(paths.pki)).every((mode) => mode === '600')).to.equal(true);
    expect(Object.values(modes(paths.dir)).filter((mode) => mode !== '600')).to.deep.equal(['700']);
    expect(await kube.raw('/healthz')).to.equal('ok');
    expect((await kube.list(RESOURCES.device)).items).to.deep.equal([]);
  });

  it('changes nothing when it is run again', async () => {
    const paths = homePaths(cloud.path).cloud;
    const content = (): string[] =>
      [...readdirSync(paths.pki).map((name) => join(paths.pki, name)), paths.config, paths.pid].map((path) => readFileSync(path, 'utf8'));
    const before = content();
    const again = await cloud.init({ ...options(), advertiseAddress: [] });
    expect(again).to.include({ changed: false, cloud: first.cloud });
    expect(content()).to.deep.equal(before);
    // A token that is as good is handed out again, so that none pile up.
    expect(again.token).to.equal(first.token);
  });

  it('joins an edge once its Node is Ready, and again without a token', async () => {
    const home = newHome();
    const paths = homePaths(home.path).edge;
    const joinToken = await token();
    const joined = await home.join(first.cloud, joinToken, { nodeName: 'kante-1' });
    expect(joined).to.include({ nodeName: 'kante-1', changed: true });
    expect(joined.mqtt[0]).to.match(/^mqtt:\/\/127\.0\.0\.1:\d+$/);
    const node = await kube.get<Node>(RESOURCES.node, 'kante-1');
    expect(node.status?.conditions?.find(({ type }) => type === 'Ready')?.status).to.equal('True');
    expect(Object.values(modes(paths.pki)).every((mode) => mode === '600')).to.equal(true);
    expect(readFileSync(paths.server.key, 'utf8')).to.match(/^-----BEGIN EC PRIVATE KEY-----/);
    expect(certificateInfo(readFileSync(paths.server.cert)).commonName).to.equal('system:node:kante-1');
    const traces = [paths.config, paths.log, homePaths(cloud.path).cloud.log].map((path) => readFileSync(path, 'utf8')).join('');
    expect(traces).to.not.contain(splitToken(joinToken).jwt);
    const again = await joinEdge({ home: home.path, token: unwanted }, home.ui);
    expect(again).to.deep.include({ changed: false, nodeName: 'kante-1', mqtt: joined.mqtt });
    expect((await refusal(home.join(first.cloud, '', { nodeName: 'kante-2' }))).code).to.equal('CONFLICT');
  });

  it('goes on after an interruption with the same key, and without another use of the token', async () => {
    const home = newHome();
    const paths = homePaths(home.path).edge;
    const once = await token({ uses: 1 });
    await home.join(first.cloud, once, { nodeName: 'kante-2' });
    const key = readFileSync(paths.server.key, 'utf8');
    await stopDaemon('edge', home.path, home.ui);
    for (const path of [paths.server.cert, paths.config, paths.caCert]) rmSync(path);
    await home.join(first.cloud, once, { nodeName: 'kante-2' });
    expect(readFileSync(paths.server.key, 'utf8')).to.equal(key);
    const stranger = await refusal(newHome().join(first.cloud, once, { nodeName: 'kante-3' }));
    expect(stranger).to.include({ code: 'AUTH' }).and.property('message').contain('used up');
    expect(stranger.hint).to.contain('kedge token create');
  });

  it('refuses a name that is taken, unless the token is made for it', async () => {
    const [home, other] = [newHome(), newHome()];
    await home.join(first.cloud, await token(), { nodeName: 'kante-4' });
    const taken = await refusal(other.join(first.cloud, await token(), { nodeName: 'kante-4' }));
    expect(taken).to.include({ code: 'CONFLICT' }).and.property('hint').contain('kedge token create --node kante-4');
    await other.join(first.cloud, await token({ nodeName: 'kante-4' }), { nodeName: 'kante-4' });
    const hubOf = async ({ path }: TestHome): Promise<Readonly<Record<string, unknown>> | undefined> =>
      (await new DaemonProcess('edge', path).status()).modules.find(({ name }) => name === 'edgehub')?.facts;
    await eventually(async () => (await hubOf(home))?.['connected'] === false, 'the end of the old session');
    expect((await hubOf(other))?.['connected']).to.equal(true);
    await stopDaemon('edge', home.path, home.ui);
    await startDaemon('edge', home.path, home.ui);
    await eventually(async () => (await hubOf(home))?.['lastError'] !== undefined, 'the refusal of the old certificate');
    expect((await hubOf(home))?.['connected']).to.equal(false);
    expect((await hubOf(other))?.['connected']).to.equal(true);
    const asked = await refusal(joinEdge({ home: home.path, token: unwanted }, home.ui));
    expect(asked).to.include({ code: 'AUTH' }).and.property('hint').contain('kedge token create --node kante-4');
    await home.join(first.cloud, await token({ nodeName: 'kante-4' }), { tokenGiven: true });
    expect((await hubOf(home))?.['connected']).to.equal(true);
  });

  it('says what is wrong with tokens and addresses, and starts nothing', async () => {
    const home = newHome();
    const name = { nodeName: 'kante-5' };
    const foreign = `${randomBytes(32).toString('hex')}.${(await token()).split('.').slice(1).join('.')}`;
    const wrong = await refusal(home.join(first.cloud, foreign, name));
    expect(wrong).to.include({ code: 'AUTH' }).and.property('message').contain('another cloud');
    const brief = await createToken(cloud.path, { ttlSeconds: 1, uses: 0 });
    await eventually(async () => (await listTokens(cloud.path)).every(({ id }) => id !== brief.id), 'the end of the token');
    expect((await refusal(home.join(first.cloud, brief.token, name))).message).to.contain('it has expired');
    expect(await refusal(home.join('127.0.0.1:1', first.token, name))).to.include({ code: 'UNREACHABLE' });
    const port = first.cloud.split(':')[1] ?? '';
    const misnamed = await refusal(home.join(`127.0.0.2:${port}`, first.token, name));
    expect(misnamed).to.include({ code: 'CERTIFICATE' }).and.property('message').contain('IP:127.0.0.1');
    for (const other of await otherPorts()) {
      const stranger = await refusal(home.join(`127.0.0.1:${other}`, first.token, name));
      expect(stranger)
        .to.include({ code: 'INVALID_INPUT' })
        .and.property('message')
        .contain(`127.0.0.1:${other} does not speak KubeEdge's`);
    }
    expect((await refusal(home.join(first.cloud, first.token, { nodeName: 'Kante' }))).code).to.equal('INVALID_INPUT');
    expect(existsSync(homePaths(home.path).edge.config)).to.equal(false);
  });

  it('tries --websocket before it is kept, and takes the word of the cloud later', async () => {
    const home = newHome();
    const paths = homePaths(home.path).edge;
    const name = { nodeName: 'kante-8' };
    const wrong = await refusal(home.join(first.cloud, await token(), { ...name, websocket: '127.0.0.1:1' }));
    expect(wrong).to.include({ code: 'UNREACHABLE' }).and.property('message').contain('--websocket 127.0.0.1:1: connect ECONNREFUSED');
    expect(existsSync(paths.config)).to.equal(false);
    await joinEdge({ home: home.path, cloud: first.cloud, token: unwanted, mqtt: { ports: [0] }, ...name }, home.ui);
    const good = readFileSync(paths.config, 'utf8');
    writeFileSync(paths.config, good.replace(/(websocketServer: \S+):\d+/, '$1:1'));
    expect((await joinEdge({ home: home.path, token: unwanted }, home.ui)).changed).to.equal(true);
    expect(readFileSync(paths.config, 'utf8')).to.equal(good);
  });

  it('names the process that holds a port', async () => {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    const home = newHome();
    const taken = await refusal(home.join(first.cloud, first.token, { nodeName: 'kante-6', mqtt: { ports: [port] } }));
    expect(taken).to.include({ code: 'PORT_IN_USE' }).and.property('message').contain(`port ${port}`).contain(`process ${process.pid}`);
    expect(existsSync(homePaths(home.path).edge.server.key)).to.equal(false);
    const other = await refusal(newHome().init({ ...options(), httpsPort: Number(first.cloud.split(':')[1]) }));
    expect(other.message).to.contain(`process ${new DaemonProcess('cloud', cloud.path).pid ?? 0}`);
    await new Promise((resolve) => server.close(resolve));
  });

  it('stops and starts, and says so when there is nothing to do', async () => {
    const { pid } = await startDaemon('cloud', cloud.path, cloud.ui);
    expect(await stopDaemon('cloud', cloud.path, cloud.ui)).to.include({ changed: true });
    expect(await stopDaemon('cloud', cloud.path, cloud.ui)).to.include({ changed: false });
    expect(existsSync(homePaths(cloud.path).cloud.pid)).to.equal(false);
    const started = await startDaemon('cloud', cloud.path, cloud.ui);
    expect(started).to.include({ changed: true }).and.property('pid').not.equal(pid);
    process.kill(started.pid ?? 0, 'SIGKILL');
    await eventually(() => new DaemonProcess('cloud', cloud.path).pid === undefined, 'the end of the killed cloud');
    expect((await cloud.init(options())).changed).to.equal(true);
  });

  it('starts one daemon when two are started at once', async () => {
    await stopDaemon('cloud', cloud.path, cloud.ui);
    const started = await Promise.all([1, 2].map(() => startDaemon('cloud', cloud.path, cloud.ui)));
    expect(started[0]?.pid).to.equal(started[1]?.pid);
    expect(commandLines().filter((line) => line.includes(`cloud --home ${cloud.path} `))).to.have.length(1);
  });

  it('puts a new advertise address into the certificate and keeps the CA', async () => {
    const paths = homePaths(cloud.path).cloud;
    const ca = readFileSync(paths.ca.cert, 'utf8');
    const { pid } = new DaemonProcess('cloud', cloud.path);
    const result = await cloud.init({ ...options(), advertiseAddress: ['127.0.0.2,Cloud.Example.org', '2001:DB8::1'] });
    expect(result).to.deep.include({ changed: true, advertiseAddress: ['127.0.0.2', 'cloud.example.org', '2001:db8::1'] });
    const { dnsNames, ipAddresses } = certificateInfo(readFileSync(paths.server.cert));
    expect(dnsNames).to.deep.equal(['cloud.example.org', 'localhost']);
    expect(ipAddresses).to.deep.equal(['127.0.0.2', '2001:db8::1', '127.0.0.1']);
    expect(readFileSync(paths.ca.cert, 'utf8')).to.equal(ca);
    expect(new DaemonProcess('cloud', cloud.path).pid).to.not.equal(pid);
    await newHome().join(result.cloud, result.token, { nodeName: 'kante-7' });
  });

  it('says what a daemon failed with as it started', async () => {
    await stopDaemon('cloud', cloud.path, cloud.ui);
    const { config } = homePaths(cloud.path).cloud;
    const before = readFileSync(config, 'utf8');
    writeFileSync(config, before.replace('nodeLimit: 1000', 'nodeLimit: many'));
    const broken = await refusal(startDaemon('cloud', cloud.path, cloud.ui));
    expect(broken).to.include({ code: 'INVALID_CONFIG' }).and.property('message').contain(`${config}: cloudHub.nodeLimit`);
    writeFileSync(config, before);
    expect((await cloud.init({ ...options(), advertiseAddress: ['127.0.0.1'] })).cloud).to.equal(first.cloud);
  });

  if (api === 'real') {
    it("takes the cluster's CA over in another home, and refuses a foreign one", async () => {
      await stopDaemon('cloud', cloud.path, cloud.ui);
      const [second, foreign] = [newHome(), newHome()];
      await second.init(options());
      const caOf = (home: TestHome): string => readFileSync(homePaths(home.path).cloud.ca.cert, 'utf8');
      expect(caOf(second)).to.equal(caOf(cloud));
      await foreign.init();
      await stopDaemon('cloud', foreign.path, foreign.ui);
      expect(await refusal(foreign.init(options()))).to.include({ code: 'CONFLICT' });
    });
  }
}

const unwanted = (): Promise<string> => Promise.reject(new Error('nobody should be asked'));

describe('setup with the built-in Kubernetes API', function () {
  this.timeout(120_000);
  suite('built-in', () => undefined);
});

describe('init cloud --foreground', function () {
  this.timeout(60_000);

  it('runs the cloud in its own process until it is told to stop, and tells how to join', async () => {
    const home = new TestHome();
    const ports = ['--websocket-port', '0', '--https-port', '0', '--api-port', '0', '--advertise-address', '127.0.0.1'];
    const args = [BIN, 'init', 'cloud', '--foreground', '--home', home.path, ...ports];
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'ignore', 'pipe'] });
    let stderr = '';
    child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
    await eventually(() => stderr.includes('kedge join edge --cloud 127.0.0.1:'), 'the join command', 30_000);
    expect(new DaemonProcess('cloud', home.path).pid).to.equal(child.pid);
    expect(await refusal(runCloud({ home: home.path }, home.ui, AbortSignal.abort()))).to.include({ code: 'CONFLICT' });
    expect((await home.init()).changed).to.equal(false);
    child.kill('SIGTERM');
    expect(await once(child, 'exit')).to.deep.equal([143, null]);
    await home.remove();
  });
});

describe('setup on a real Kubernetes API server, with the rights that its manifest gives', function () {
  this.timeout(120_000);
  let path: string | undefined;
  let stop = (): Promise<void> => Promise.resolve();
  before(async function () {
    needs(this, 'a Kubernetes API server', 'openssl', 'kubectl');
    const api = (await startRealApiServer())!;
    stop = () => api.stop();
    path = makeCloudAccount(api);
  });
  after(() => stop());
  suite('real', () => path);
});

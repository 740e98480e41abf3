import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { expect } from 'chai';
import { homePaths } from '../../src/config/home.ts';
import { listTokens } from '../../src/client/tokens.ts';
import type { ApiResource } from '../../src/protocol/kubernetes.ts';
import { RESOURCES } from '../../src/protocol/kubernetes.ts';
import type { SimResult } from '../../src/sim/sample.ts';
import { eventually } from '../helpers/eventually.ts';
import { Installation } from '../helpers/installation.ts';
import { BIN, kedge, plainEnvironment } from '../helpers/kedge.ts';

const EDGES = 12;
const DEVICES = 2;

describe('kedge sim', function () {
  this.timeout(180_000);
  let cloud: Installation;

  before(async () => {
    cloud = await Installation.create({ join: false });
  });
  after(() => cloud.remove());

  const count = async (resource: ApiResource): Promise<number> => (await cloud.kube.list(resource)).items.length;

  it('is many Ready nodes whose devices report, sees the cloud die and come back, and leaves nothing behind', async () => {
    const before = await Promise.all([count(RESOURCES.secret), listTokens(cloud.home)]);
    const args = ['sim', '--edges', String(EDGES), '--devices', String(DEVICES), '--report-interval', '200ms', '--processes', '2'];
    const child = spawn(process.execPath, [BIN, ...args, '-o', 'json'], { env: plainEnvironment({ KEDGE_HOME: cloud.home }) });
    let [stdout, stderr] = ['', ''];
    child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
    child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
    const statuses = async (): Promise<number> => {
      const { items } = await cloud.kube.list<
        { status?: { twins?: { reported?: { value?: string } }[] } } & Awaited<ReturnType<typeof cloud.kube.get>>
      >(RESOURCES.deviceStatus);
      return items.filter(({ status }) => status?.twins?.[0]?.reported?.value !== undefined).length;
    };
    await eventually(async () => (await statuses()) === EDGES * DEVICES, 'a report of every device', 60_000);
    expect(await count(RESOURCES.node)).to.equal(EDGES);

    await cloud.kill('cloud');
    await eventually(() => stderr.includes('the cloud is not running'), 'the simulation to see it', 30_000);
    await cloud.start('cloud');
    await eventually(
      () => new RegExp(`${EDGES}/${EDGES} Ready`).test(stderr.split('the cloud is not running').at(-1) ?? ''),
      'all Ready again',
      60_000,
    );

    child.kill('SIGINT');
    expect(await once(child, 'exit')).to.deep.equal([0, null]);
    const result = JSON.parse(stdout) as SimResult;
    expect(result).to.include({ edges: EDGES, devices: EDGES * DEVICES, processes: 2 });
    expect(result.reports.confirmed).to.be.greaterThan(EDGES * DEVICES);
    expect(result.outages).to.have.length(1);
    expect(result.outages[0]?.fewestReady).to.equal(0);
    expect(result.outages[0]?.lastedMs).to.be.greaterThan(0);

    for (const kind of ['node', 'lease', 'device', 'deviceModel', 'objectSync'] as const)
      expect(await count(RESOURCES[kind]), kind).to.equal(0);
    expect(await Promise.all([count(RESOURCES.secret), listTokens(cloud.home)])).to.deep.equal(before);
  });

  it('says what to do where the cloud takes fewer edges, or does not run', async () => {
    const many = await kedge(['sim', '--edges', '1001'], { home: cloud.home });
    expect(many).to.include({ status: 5, stdout: '' });
    expect(many.stderr).to.include('cloudHub.nodeLimit');
    await cloud.stop('cloud');
    const { status, stderr } = await kedge(['sim', '--edges', '1'], { home: cloud.home });
    expect(status).to.equal(6);
    expect(stderr).to.include('kedge start cloud').and.not.include(homePaths(cloud.home).cloud.pki);
  });
});

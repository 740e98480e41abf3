import { expect } from 'chai';
import { mkdir, readFile, symlink } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { run, temporaryFolder } from '../helpers/kedge.ts';
import { needs } from '../helpers/neighbour.ts';
import { startRealApiServer } from '../helpers/real-apiserver.ts';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));

/** The README's commands of one kind (```sh KIND), in order, as one script. */
async function script(kind: string): Promise<string> {
  const readme = await readFile(join(ROOT, 'README.md'), 'utf8');
  const blocks = [...readme.matchAll(/^```sh (\S+)\n([\s\S]*?)^```$/gm)].filter(([, name]) => name === kind);
  expect(blocks, `blocks marked ${kind}`).not.to.have.length(0);
  return `set -euxo pipefail\n${blocks.map(([, , text]) => text).join('\n')}`;
}

/** The README uses the default ports. */
async function mustBeFree(ports: readonly number[]): Promise<void> {
  for (const port of ports) {
    const server = createServer();
    await new Promise<void>((resolve, reject) => server.once('error', reject).listen(port, '127.0.0.1', resolve));
    await new Promise((resolve) => server.close(resolve));
  }
}

describe('every command of the README', function () {
  this.timeout(300_000);
  let home: Awaited<ReturnType<typeof temporaryFolder>>;
  let environment: Record<string, string>;

  beforeEach(async () => {
    home = await temporaryFolder();
    const path = `${join(home.path, 'bin')}:${process.env['PATH'] ?? ''}`;
    environment = { HOME: home.path, KEDGE_HOME: join(home.path, 'kedge'), npm_config_prefix: home.path, PATH: path };
    const { status, stderr } = await run('npm', ['install', '--global', '.'], { env: environment, cwd: ROOT });
    expect(status, stderr).to.equal(0);
    await mustBeFree([10_000, 10_002, 6443, 1883, 1884]);
  });
  afterEach(async () => {
    for (const role of ['edge', 'cloud']) await run('kedge', ['reset', role, '--yes'], { env: environment, cwd: home.path });
    await home.remove();
  });

  const shell = (text: string): ReturnType<typeof run> => run('bash', ['-c', text], { env: environment, cwd: ROOT, timeoutMs: 240_000 });

  it('the tour by hand', async function () {
    needs(this, 'kubectl');
    const { status, stdout, stderr } = await shell(await script('tour'));
    expect(status, stderr + stdout).to.equal(0);
    expect(stdout).to.match(/gateway-1\s+Ready\s+agent,edge/);
    expect(stdout).to.match(/temperature\s+20\s+<none>\s+int/);
    expect(stdout, 'the report reaches the cloud').to.match(/temperature\s+20\s+19\s+int/);
    expect(stdout, 'the delta reaches the program').to.contain('"delta":{"temperature":"22"}');
    expect(stdout, 'the report made while the cloud was away').to.contain('temperature=22 is desired and reported');
    expect(stdout).to.contain('device.devices.kubeedge.io/kitchen');
  });

  it('on a real cluster', async function () {
    needs(this, 'kubectl', 'a Kubernetes API server');
    const server = await startRealApiServer();
    if (server === undefined) throw new Error('the API server is not there');
    try {
      await mkdir(join(home.path, '.kube'));
      await symlink(server.kubeconfigPath, join(home.path, '.kube', 'config'));
      const { status, stdout, stderr } = await shell(await script('cluster'));
      expect(status, stderr + stdout).to.equal(0);
      expect(stdout).to.match(/gateway-1\s+Ready/);
    } finally {
      await server.stop();
    }
  });

  it('npx kedge in the folder', async () => {
    const { status, stdout, stderr } = await run('npx', ['kedge', '--version'], { env: environment, cwd: ROOT });
    expect(status, stderr).to.equal(0);
    expect(stdout).to.match(/^\d+\.\d+\.\d+$/m);
  });

  it('the demo', async () => {
    const { status, stdout, stderr } = await run('npm', ['run', '--silent', 'demo', '--', '--once', '-o', 'json'], {
      env: environment,
      cwd: ROOT,
    });
    expect(status, stderr).to.equal(0);
    const result = JSON.parse(stdout) as {
      desired: string;
      reported: string;
      firstReportMs: number;
      readings: { ms: number }[];
      steps: { ms: number }[];
    };
    expect(result.reported).to.equal(result.desired);
    expect(result.firstReportMs).to.be.within(1, 10_000);
    expect(result.readings.length).to.be.greaterThan(3);
    expect(result.steps).to.have.length(6);
  });
});

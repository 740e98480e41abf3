import { expect } from 'chai';
import { Engine } from '../helpers/engine.ts';
import { eventually } from '../helpers/eventually.ts';
import { importImage } from '../helpers/image.ts';
import { freePorts } from '../helpers/kedge.ts';
import { needs } from '../helpers/neighbour.ts';

const HOST = ['--network', 'host'];

describe('the container image', function () {
  this.timeout(600_000);
  let engine: Engine;
  let ports: string[];

  before(async function () {
    needs(this, 'root', 'Docker Engine', 'busybox');
    engine = await Engine.start();
    await importImage(engine, 'kedge');
    ports = (await freePorts(4)).map(String);
  });
  after(async () => {
    await (engine as Engine | undefined)?.stop();
  });

  const cloud = async (): Promise<void> => {
    const [websocket = '', https = '', api = ''] = ports;
    const where = ['--websocket-port', websocket, '--https-port', https, '--api-port', api, '--advertise-address', '127.0.0.1'];
    await engine.docker(
      'run',
      '-d',
      '--name',
      'cloud',
      ...HOST,
      '-v',
      'cloud:/var/lib/kedge',
      'kedge',
      'init',
      'cloud',
      '--foreground',
      ...where,
    );
    await eventually(() => isReady('cloud'), 'the cloud', 90_000);
  };
  /** Whatever the exit status says: an edge without its cloud is degraded, and ready. */
  const isReady = async (role: string): Promise<boolean> => {
    const { stdout } = await engine.run(['exec', role, 'kedge', 'status', role, '-o', 'json']);
    return (JSON.parse(stdout) as { ready?: boolean }).ready === true;
  };
  const nodes = (): Promise<string> => engine.docker('exec', 'cloud', 'kedge', 'node', 'list');

  it('runs a cloud and an edge as an ordinary user, and keeps their state in the volumes', async () => {
    await cloud();
    const { token } = JSON.parse(await engine.docker('exec', 'cloud', 'kedge', 'token', 'create', '-o', 'json')) as { token: string };
    const [, https = '', , mqtt = ''] = ports;
    const join = [
      'join',
      'edge',
      '--foreground',
      '--cloud',
      `127.0.0.1:${https}`,
      '--node-name',
      'boxed',
      '--mqtt-port',
      mqtt,
      '--token',
      token,
    ];
    await engine.docker('run', '-d', '--name', 'edge', ...HOST, '-v', 'edge:/var/lib/kedge', 'kedge', ...join);
    await eventually(async () => /boxed\s+Ready/.test(await nodes()), 'the node is Ready', 90_000);
    expect((await engine.docker('top', 'cloud', '-o', 'pid,uid,args')).split('\n')[1]).to.match(/^\s*\d+\s+1000\s/);

    await engine.docker('kill', 'edge');
    await engine.docker('rm', '-f', 'cloud');
    // Neither the cloud nor a good token is needed to start again.
    await engine.docker('start', 'edge');
    await eventually(() => isReady('edge'), 'the edge starts without its cloud', 90_000);
    await cloud();
    expect(await nodes()).to.match(/boxed/);
    await eventually(async () => /boxed\s+Ready/.test(await nodes()), 'the node is Ready again', 120_000);
  });

  it('stops in order on SIGTERM', async () => {
    await engine.docker('stop', '--time', '20', 'edge', 'cloud');
    for (const name of ['edge', 'cloud']) {
      expect((await engine.docker('inspect', '-f', '{{.State.ExitCode}} {{.State.OOMKilled}}', name)).trim()).to.match(/^(0|143) false$/);
    }
  });

  it('has a user, a health check and a volume', async () => {
    const [image] = JSON.parse(await engine.docker('image', 'inspect', 'kedge')) as { Config: Record<string, unknown> }[];
    expect(image?.Config['User']).to.equal('1000:1000');
    expect(image?.Config['Volumes']).to.have.key('/var/lib/kedge');
    expect(image?.Config['Healthcheck']).to.have.property('Test').that.includes('kedge status || [ $? -eq 7 ]');
  });
});

import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { cloudConfig, loadCloudConfig } from '../../../src/config/cloud-config.ts';
import { edgeConfig, loadEdgeConfig } from '../../../src/config/edge-config.ts';
import { defaultHome, homePaths } from '../../../src/config/home.ts';
import { saveConfig } from '../../../src/config/load-config.ts';

const minimalEdge = { nodeName: 'kante', edgeHub: { websocketServer: '[::1]:10000', httpServer: 'https://[::1]:10002' } };

describe('config', () => {
  let dir: string;
  let file: string;
  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), 'kedge-config-'));
    file = join(dir, 'config.yaml');
  });
  afterEach(() => rmSync(dir, { recursive: true }));

  it("has KubeEdge's ports as defaults, and an empty file will do for a cloud", () => {
    writeFileSync(file, '# nothing\n');
    const config = loadCloudConfig(file);
    expect(config.cloudHub.websocket.port).to.equal(10000);
    expect(config.cloudHub.https.port).to.equal(10002);
    expect(config.controlPlane).to.deep.equal({
      address: '127.0.0.1',
      port: 6443,
      nodeMonitorGracePeriodSeconds: 40,
      serviceClusterIPRange: '10.96.0.0/16',
    });
  });

  it('comes back as it was saved, frozen, in a file of its owner', async () => {
    const saved = edgeConfig({ ...minimalEdge, log: { level: 'debug' } });
    await saveConfig(file, saved);
    const loaded = loadEdgeConfig(file);
    expect(loaded).to.deep.equal(saved);
    expect(() => Object.assign(loaded.edgeHub, { heartbeatSeconds: 1 })).to.throw(TypeError);
    expect(statSync(file).mode & 0o777).to.equal(0o600);
  });

  it('refuses QUIC, and names websocket', () => {
    const refused = 'QUIC is not supported: edges and clouds of kedge speak over websocket';
    const edge =
      (edgeHub: object): (() => unknown) =>
      () =>
        edgeConfig({ ...minimalEdge, edgeHub: { ...minimalEdge.edgeHub, ...edgeHub } });
    expect(edge({ quic: { enable: true, server: 'cloud:10001' } })).to.throw(`edgeHub.quic: ${refused}`);
    expect(edge({ websocketServer: 'quic://cloud:10001' })).to.throw(`edgeHub.websocketServer: ${refused}`);
    expect(edge({ httpServer: 'quic://cloud:10001' })).to.throw(`edgeHub.httpServer: ${refused}`);
    expect(() => cloudConfig({ cloudHub: { quic: { enable: true, port: 10001 } } })).to.throw(`cloudHub.quic: ${refused}`);
    expect(edge({ quic: { enable: false } })).not.to.throw();
  });

  it('names the file and the key of what is wrong', () => {
    const refusal = (text: string): (() => unknown) => {
      writeFileSync(file, text);
      return () => loadCloudConfig(file);
    };
    expect(refusal('cloudHub: {https: {port: 70000}}')).to.throw(`${file}: cloudHub.https.port: is larger than 65535`);
    expect(refusal('cloudHub: {htps: {}}')).to.throw(`${file}: cloudHub.htps: `);
    expect(refusal('controlPlane: {kubeconfig: ./x}')).to.throw('controlPlane.kubeconfig: is not an absolute path');
    expect(refusal('a: [')).to.throw(`${file} is not YAML`).with.property('code', 'INVALID_CONFIG');
    const secret = refusal('password: hunter2 [\n b: [');
    expect(secret).to.throw(/ is not YAML: [^\n]* at line \d+, column \d+$/);
    expect(secret).to.throw().with.property('message').not.contain('hunter2');
    expect(refusal('[]')).to.throw(file).with.property('code', 'INVALID_CONFIG');
    expect(refusal('7')).to.throw(file).with.property('code', 'INVALID_CONFIG');
    expect(() => loadCloudConfig(join(dir, 'none')))
      .to.throw('there is no configuration')
      .with.property('code', 'NOT_INSTALLED');
    expect(() => edgeConfig({ ...minimalEdge, nodeName: 'Kante_1' })).to.throw('nodeName: is not a Kubernetes node name');
    const proxied = { ...minimalEdge, edgeHub: { ...minimalEdge.edgeHub, proxy: 'socks5://me:secret@proxy' } };
    expect(() => edgeConfig(proxied))
      .to.throw('edgeHub.proxy: a proxy of the kind socks5:// cannot be used')
      .and.not.match(/secret/);
    expect(() => cloudConfig({ cloudHub: { advertiseAddress: ['a b'] } })).to.throw('cloudHub.advertiseAddress.0: is neither');
  });
});

describe('config: home', () => {
  it('is KEDGE_HOME where it is set', () => {
    expect(defaultHome({ KEDGE_HOME: '/srv/k' })).to.equal('/srv/k');
    expect(homePaths('/srv/k').edge.server).to.deep.equal({ cert: '/srv/k/edge/pki/server.crt', key: '/srv/k/edge/pki/server.key' });
  });

  it('is refused when the admin socket would not fit', () => {
    expect(homePaths(`/${'a'.repeat(89)}`).cloud.socket).to.have.length(107);
    expect(() => homePaths(`/${'a'.repeat(90)}`))
      .to.throw('is too long a path')
      .with.property('code', 'INVALID_INPUT');
  });
});

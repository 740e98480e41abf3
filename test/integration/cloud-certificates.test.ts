import { expect } from 'chai';
import { readFileSync } from 'node:fs';
import { connect } from 'node:tls';
import { adminRequest } from '../../src/client/admin-client.ts';
import { loadCloudConfig } from '../../src/config/cloud-config.ts';
import { CloudCertificates } from '../../src/daemons/cloud/certificates/cloud-certificates.ts';
import { systemClock } from '../../src/kernel/clock.ts';
import { certificateInfo } from '../../src/pki/certificate-info.ts';
import { issueKeyPair } from '../../src/pki/certificate.ts';
import { readKeyPair, writeKeyPair } from '../../src/pki/key-pair-file.ts';
import { altNamesOf } from '../../src/pki/names.ts';
import { PROFILES } from '../../src/pki/profiles.ts';
import { RESOURCES } from '../../src/protocol/kubernetes.ts';
import type { Secret } from '../../src/protocol/kubernetes.ts';
import type { AddedNames, RenewedCertificate } from '../../src/protocol/admin.ts';
import { eventually } from '../helpers/eventually.ts';
import { startCloud, TestEdge } from '../helpers/test-cloud.ts';
import type { TestCloud } from '../helpers/test-cloud.ts';

const EDGES = 50;

/** The serial and names of the certificate that a port shows now. */
function shownAt(port: number): Promise<ReturnType<typeof certificateInfo>> {
  return new Promise((resolve, reject) => {
    // Only what is shown matters here; the edges of these tests do verify it.
    const socket = connect({ host: '127.0.0.1', port, rejectUnauthorized: false }, () => {
      resolve(certificateInfo(socket.getPeerCertificate().raw));
      socket.destroy();
    });
    socket.on('error', reject);
  });
}

describe("the cloud's own certificates", function () {
  this.timeout(120_000);
  let cloud: TestCloud;
  const edges: TestEdge[] = [];
  let apiPort: number;

  before(async () => {
    cloud = await startCloud();
    apiPort = loadCloudConfig(cloud.paths.config).controlPlane.port;
    for (let index = 0; index < EDGES; index += 1) edges.push(await TestEdge.connect(cloud, `edge-${index}`));
  });
  after(async () => {
    for (const edge of edges) await edge.disconnect();
    await cloud.stop();
  });

  /** Fails when a session ended, or does not answer any more. */
  async function expectSessions(): Promise<void> {
    const ended = await Promise.race([...edges.map(({ closed }) => closed), Promise.resolve('open')]);
    expect(ended).to.equal('open');
    for (const edge of edges) await edge.ask({ operation: 'query', resource: `default/configmap/none-${edge.nodeName}` });
  }
  const sessions = async (): Promise<unknown> =>
    (await cloud.status()).modules.find(({ name }) => name === 'cloudhub')?.facts?.['sessions'];

  it(`are renewed while ${EDGES} sessions are open, and none ends`, async () => {
    const ports = [cloud.websocketPort, cloud.httpsPort, apiPort];
    const before = await Promise.all(ports.map(shownAt));
    const renewed = await adminRequest<RenewedCertificate[]>(cloud.paths.socket, 'POST', '/certificates/renew', {});
    expect(renewed.map(({ role, name }) => `${role}/${name}`)).to.deep.equal(['cloud/server', 'cloud/apiserver', 'cloud/admin']);
    const after = await Promise.all(ports.map(shownAt));
    after.forEach(({ serial, spkiSha256 }, index) => {
      expect(serial).to.not.equal(before[index]?.serial);
      expect(spkiSha256).to.not.equal(before[index]?.spkiSha256);
    });
    await expectSessions();
    expect(await sessions()).to.equal(EDGES);
    const late = await TestEdge.connect(cloud, 'late');
    await late.disconnect();
    const { data } = await cloud.kube.get<Secret>(RESOURCES.secret, 'cloudcoresecret', 'kubeedge');
    expect(certificateInfo(Buffer.from(data?.['cloudcoredata'] ?? '', 'base64')).serial).to.equal(after[0]?.serial);
    expect(readFileSync(cloud.paths.adminKubeconfig, 'utf8')).to.contain(readFileSync(cloud.paths.admin.cert).toString('base64'));
  });

  it('take more names, in the certificate and the configuration, once', async () => {
    const hosts = ['Cloud.Example.org', '203.0.113.7', '2001:DB8::7'];
    const ask = (given: readonly string[]): Promise<AddedNames> =>
      adminRequest<AddedNames>(cloud.paths.socket, 'POST', '/certificates/names', { hosts: given });
    const names = ['127.0.0.1', 'cloud.example.org', '203.0.113.7', '2001:db8::7'];
    expect(await ask(hosts)).to.deep.equal({ names, changed: true });
    const shown = await shownAt(cloud.websocketPort);
    expect([...shown.dnsNames, ...shown.ipAddresses]).to.include.members([...names, 'localhost']);
    expect(loadCloudConfig(cloud.paths.config).cloudHub.advertiseAddress).to.deep.equal(names);
    expect(await ask(hosts)).to.deep.equal({ names, changed: false });
    expect((await shownAt(cloud.httpsPort)).serial).to.equal(shown.serial);
    const refused: unknown = await ask(['good.example.org', 'not a name']).catch((error: unknown) => error);
    expect(refused).to.include({ code: 'INVALID_INPUT' });
    expect((await shownAt(cloud.websocketPort)).serial).to.equal(shown.serial);
    await expectSessions();
  });

  it('refuse a request that is none', async () => {
    for (const body of [{ names: ['ca'] }, { names: 'server' }, { more: 1 }]) {
      const refused: unknown = await adminRequest(cloud.paths.socket, 'POST', '/certificates/renew', body).catch((error: unknown) => error);
      expect(refused, JSON.stringify(body)).to.include({ code: 'INVALID_INPUT' });
    }
  });

  it('are renewed as the cloud starts when they ended while it was off', async () => {
    for (const edge of edges.splice(0)) await edge.disconnect();
    const ended = { days: 1, now: Date.now() - 5 * 86_400_000 };
    const kubernetesCa = await readKeyPair(cloud.paths.kubernetesCa);
    await writeKeyPair(
      cloud.paths.server,
      issueKeyPair({ ca: cloud.ca, profile: PROFILES.cloudServer, sans: altNamesOf(['127.0.0.1']), ...ended }),
    );
    await writeKeyPair(cloud.paths.admin, issueKeyPair({ ca: kubernetesCa!, profile: PROFILES.admin, ...ended }));
    const certificates = new CloudCertificates(cloud.paths, systemClock);
    expect(await certificates.due()).to.deep.equal(['server', 'admin']);
    await cloud.restart();
    expect(await certificates.due()).to.deep.equal([]);
    const edge = await TestEdge.connect(cloud, 'edge-0');
    await eventually(async () => (await sessions()) === 1, 'the session');
    await edge.disconnect();
  });
});

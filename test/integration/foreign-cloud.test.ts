import { expect } from 'chai';
import { adminRequest } from '../../src/client/admin-client.ts';
import { MqttClient } from '../../src/mqtt/client.ts';
import { issueKeyPair } from '../../src/pki/certificate.ts';
import { PROFILES } from '../../src/pki/profiles.ts';
import type { Device } from '../../src/protocol/devices.ts';
import { openDatabase } from '../../src/store/database.ts';
import { EDGE_MIGRATIONS } from '../../src/store/edge-schema.ts';
import { MetaStore } from '../../src/store/meta.ts';
import { eventually } from '../helpers/eventually.ts';
import { RecordedCloud, recordedPushes } from '../helpers/recorded-cloud.ts';
import type { Push } from '../helpers/recorded-cloud.ts';
import { EdgeDaemon } from '../helpers/test-edge.ts';
import { testPki } from '../helpers/tls-hub.ts';
import type { TestPki } from '../helpers/tls-hub.ts';

for (const version of ['v1.14.5', 'v1.18.3', 'v1.19.2']) {
  describe(`an edge at a cloudcore ${version}`, function () {
    this.timeout(30_000);
    const pushes = recordedPushes(version);
    const isDevice = ({ message: { route } }: Push): boolean => /device|membership/.test(route.resource ?? '');
    const firstDelete = pushes.findIndex((push) => isDevice(push) && push.message.route.operation === 'delete');
    const deviceId = version === 'v1.14.5' ? 'sensor1' : 'default/sensor1';
    let pki: TestPki;
    let cloud: RecordedCloud;
    let edge: EdgeDaemon;

    before(async () => {
      pki = await testPki('edge1');
      cloud = new RecordedCloud(version);
      const websocketPort = await cloud.listen(pki.serverPair('127.0.0.1'), pki.ca.certPem);
      const subject = { commonName: 'system:node:edge1', organizations: ['system:nodes'] };
      const pair = issueKeyPair({ ca: pki.ca, profile: PROFILES.edgeClient, subject });
      edge = await EdgeDaemon.start({ nodeName: 'edge1', websocketPort, ca: pki.ca.certPem, pair });
    });
    after(async () => {
      await edge.remove();
      await cloud.hub.close();
      await pki.remove();
    });

    const isReady = async (): Promise<boolean> => (await edge.factsOf('edged'))['nodeReady'] === true;
    const unconfirmed = async (): Promise<unknown> =>
      (await edge.status()).modules.find(({ name }) => name === 'devicetwin')?.queues?.['unconfirmed'];
    const devices = (): Promise<Device[]> => adminRequest<Device[]>(edge.paths.socket, 'GET', '/devices');
    /** Plays messages in their order, and compares each acknowledgement with the one of edgecore. */
    const play = async (played: readonly Push[]): Promise<void> => {
      for (const push of played) {
        const ack = await cloud.push(push);
        const what = JSON.stringify(push.message.route);
        expect(ack?.route, what).to.deep.equal(push.ack?.route);
        expect(ack?.content, what).to.deep.equal(push.ack?.content);
      }
    };
    const stored = (type: string): string[] => {
      const db = openDatabase(edge.paths.database, EDGE_MIGRATIONS);
      try {
        return new MetaStore(db).list(type).map(({ metadata }) => metadata.name);
      } finally {
        db.close();
      }
    };
    const publish = async (suffix: string, payload: object): Promise<void> => {
      const [url] = (await edge.factsOf('eventbus'))['urls'] as string[];
      const client = await MqttClient.connect(url!, { reconnect: false });
      await client.publish(`$hw/events/device/${deviceId}/${suffix}`, JSON.stringify(payload));
      await client.end();
    };

    it('registers its Node, is Ready and keeps its lease', async () => {
      await eventually(isReady, 'a ready node', 10_000);
      await eventually(() => cloud.session.received.some(({ route }) => route.resource?.includes('/lease/')), 'the lease');
      expect(cloud.unknown).to.deep.equal([]);
    });

    it('stores and acknowledges pods, ConfigMaps, Secrets and devices as edgecore does', async () => {
      expect(firstDelete).to.be.greaterThan(10);
      await play(pushes.slice(0, firstDelete));
      expect([stored('configmap'), stored('secret'), stored('device'), stored('devicemodel')]).to.deep.equal([
        ['cm1'],
        ['sec1'],
        ['sensor1'],
        ['temp-model'],
      ]);
      const [device] = await devices();
      expect([device?.metadata.name, device?.spec?.nodeName]).to.deep.equal(['sensor1', 'edge1']);
      expect(device?.status?.twins?.map(({ propertyName }) => propertyName)).to.include('temperature');
      expect(cloud.unknown).to.deep.equal([]);
    });

    it('reports under the ID that it uses, until the value is stored there', async () => {
      await publish('twin/update', { event_id: 'e', twin: { temperature: { actual: { value: '23' } } } });
      await eventually(() => cloud.stored.get(`${deviceId}/temperature`) === '23', 'the stored value');
      await eventually(async () => (await unconfirmed()) === 0, 'the confirmation');
      const last = cloud.reports.length;
      await publish('twin/update', { event_id: 'e', twin: { temperature: { actual: { value: '24' } } } });
      await eventually(() => cloud.stored.get(`${deviceId}/temperature`) === '24', 'the second value');
      await eventually(async () => (await unconfirmed()) === 0, 'an empty outbox');
      expect(cloud.reports.slice(last), 'once, from the second value on').to.have.length(1);
    });

    it('has the first report of a property of which nothing is desired stored, too', async () => {
      const last = pushes.slice(0, firstDelete).findLast(({ message: { route } }) => route.resource === 'default/device/sensor1');
      await cloud.push(withProperty(last!, 'humidity'));
      await publish('twin/update', { event_id: 'e', twin: { humidity: { actual: { value: '50' } } } });
      await eventually(() => cloud.stored.get(`${deviceId}/humidity`) === '50', 'the stored value');
      await eventually(async () => (await unconfirmed()) === 0, 'the confirmation');
    });

    it('holds no twins up for a state, whether that is confirmed or not', async () => {
      await publish('state/update', { event_id: 'e', state: 'online' });
      await eventually(() => cloud.reports.some(({ route }) => route.resource === `device/${deviceId}/state/update`), 'the state');
      await publish('twin/update', { event_id: 'e', twin: { temperature: { actual: { value: '25' } } } });
      await eventually(() => cloud.stored.get(`${deviceId}/temperature`) === '25', 'the stored value');
      await eventually(async () => (await unconfirmed()) === (version === 'v1.14.5' ? 1 : 0), 'the outbox');
    });

    it('tells after a restart what was not confirmed before', async () => {
      cloud.confirms = false;
      await publish('twin/update', { event_id: 'e', twin: { temperature: { actual: { value: '26' } } } });
      await edge.halt();
      cloud.confirms = true;
      await edge.start();
      await eventually(() => cloud.stored.get(`${deviceId}/temperature`) === '26', 'the stored value');
      await eventually(isReady, 'a ready node', 10_000);
    });

    it('forgets what is deleted', async () => {
      await play(pushes.slice(firstDelete));
      await eventually(async () => stored('pod').length === 0 && (await devices()).length <= 1, 'the end');
      expect(cloud.unknown).to.deep.equal([]);
    });
  });
}

/** The same Device, newer and with one more property. */
function withProperty({ message, ack }: Push, name: string): Push {
  const content = structuredClone(message.content) as Required<Device> & { spec: { properties?: object[] }; status: { twins: object[] } };
  content.metadata.resourceVersion = String(Number(content.metadata.resourceVersion) + 1);
  if (content.spec.properties === undefined) content.status.twins.push({ propertyName: name });
  else content.spec.properties.push({ name });
  const { resourceVersion } = content.metadata;
  return { message: { ...message, header: { ...message.header, resourceversion: resourceVersion }, content }, ...(ack && { ack }) };
}

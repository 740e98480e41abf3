import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { createCa, issueKeyPair } from '../../src/pki/certificate.ts';
import { altNamesOf } from '../../src/pki/names.ts';
import { PROFILES } from '../../src/pki/profiles.ts';
import { MqttClient } from '../../src/mqtt/client.ts';
import { DeviceEdge, eventBusConfig } from '../helpers/device-edge.ts';

const FREE = { address: '127.0.0.1', port: 0 };

describe('listeners of the embedded broker, while the edge runs', function () {
  this.timeout(120_000);
  let edge: DeviceEdge;
  beforeEach(async () => {
    edge = await new DeviceEdge().start({ mqtt: true });
  });
  afterEach(() => edge.destroy());

  const reload = (...listen: object[]): Promise<unknown> =>
    edge.eventBus.reload(eventBusConfig({ listen, maxPacketBytes: 100_000 })).catch((error: unknown) => error);

  async function answers(url: string, ca?: string): Promise<boolean> {
    const options = { reconnect: false, timeoutMs: 20_000, ...(ca !== undefined && { ca }) };
    const client = await MqttClient.connect(url, options).catch(() => undefined);
    await client?.end();
    return client !== undefined;
  }

  it('come back when a new one cannot listen', async () => {
    const other = createServer();
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
    try {
      expect(await reload(FREE, { ...FREE, port: (other.address() as AddressInfo).port })).to.include({ code: 'PORT_IN_USE' });
    } finally {
      other.close();
    }
    expect(edge.eventBus.urls).to.have.length(1);
    expect(await answers(edge.eventBus.urls[0]!)).to.equal(true);
  });

  it('stay open when a certificate cannot be read', async () => {
    const [before] = edge.eventBus.urls;
    expect(await reload(FREE, { ...FREE, tls: { cert: 'none.crt', key: 'none.key' } })).to.include({ code: 'INVALID_CONFIG' });
    expect(edge.eventBus.urls).to.deep.equal([before]);
    expect(await answers(before!)).to.equal(true);
  });

  it('go over to a certificate that was replaced under its name', async () => {
    const replace = (): string => {
      const ca = createCa(PROFILES.mqttCa);
      const pair = issueKeyPair({ ca, profile: PROFILES.mqttServer, sans: altNamesOf(['127.0.0.1']) });
      writeFileSync(join(edge.dir, 'a.crt'), pair.certPem);
      writeFileSync(join(edge.dir, 'a.key'), pair.keyPem);
      return ca.certPem;
    };
    const listener = { ...FREE, tls: { cert: 'a.crt', key: 'a.key' } };
    const first = replace();
    await reload(listener);
    expect(await answers(edge.eventBus.urls[0]!, first)).to.equal(true);
    const second = replace();
    await reload(listener);
    expect(await answers(edge.eventBus.urls[0]!, first)).to.equal(false);
    expect(await answers(edge.eventBus.urls[0]!, second)).to.equal(true);
  });

  it('say which of them refuse everybody', async () => {
    await reload({ ...FREE, address: '0.0.0.0' }, FREE);
    const closed = edge.eventBus.urls.filter((url) => url.includes('0.0.0.0'));
    expect(edge.eventBus.status().facts).to.deep.include({ users: 0, closed });
    await edge.eventBus.accounts.setUser('kitchen', Buffer.from('secret'));
    expect(edge.eventBus.status().facts).to.include({ users: 1 }).and.not.have.property('closed');
  });
});

import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { expect } from 'chai';
import { chooseMqttListeners } from '../../../src/setup/mqtt-listeners.ts';

const TLS = { address: '0.0.0.0', port: 0, tls: { cert: 'a.crt', key: 'a.key' } };
const silent = (): void => undefined;

describe('setup: where the MQTT broker listens', () => {
  it('keeps what listens with TLS or elsewhere when a port is asked for', async () => {
    const tls = { ...TLS, port: 28_884 };
    const own = [tls, { address: '127.0.0.1', port: 28_885 }];
    const chosen = await chooseMqttListeners([0, 0], own, own, silent);
    expect(chosen).to.have.length(3);
    expect(chosen[0]).to.deep.equal(own[1]);
    expect(chosen[1]?.address).to.equal('127.0.0.1');
    expect(chosen[1]?.port).to.be.greaterThan(0);
    expect(chosen[2]).to.deep.equal(tls);
  });

  it('says which flag helps when a port is taken', async () => {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    try {
      const { port } = server.address() as AddressInfo;
      const refused = await chooseMqttListeners([port], undefined, [], silent).catch((error: unknown) => error);
      expect(refused).to.include({ code: 'PORT_IN_USE' });
      expect(refused).to.have.property('hint').that.contains('--mqtt-port');
    } finally {
      server.close();
    }
  });
});

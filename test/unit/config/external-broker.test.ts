import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { edgeConfig } from '../../../src/config/edge-config.ts';
import { brokerUrl, checkExternalBroker, readEndpoint } from '../../../src/config/external-broker.ts';

const edge = { nodeName: 'kante', edgeHub: { websocketServer: '[::1]:10000', httpServer: 'https://[::1]:10002' } };

describe('config: the external broker', () => {
  it('is named by a URL of MQTT, as KubeEdge writes it, or by host and port', () => {
    const forms: Record<string, string> = {
      'mqtt://broker': 'mqtt://broker:1883',
      'tcp://127.0.0.1:1883/': 'mqtt://127.0.0.1:1883',
      'ssl://[::1]': 'mqtts://[::1]:8883',
      'tls://b:1': 'mqtts://b:1',
      'mqtts://broker.example': 'mqtts://broker.example:8883',
      'broker:1884': 'mqtt://broker:1884',
    };
    for (const [given, wanted] of Object.entries(forms)) expect(brokerUrl(given), given).to.equal(wanted);
    for (const wrong of ['http://b', 'mqtt://', 'mqtt://b:0', 'mqtt://b:65536', 'mqtt://b/path', 'mqtt://u:secret@b', 'ws://b', ''])
      expect(() => brokerUrl(wrong), wrong)
        .to.throw('is not mqtt://HOST:PORT')
        .and.not.match(/secret/);
  });

  it('is needed by the modes that use it, and its parts fit together', () => {
    const check = (eventBus: object) => () => edgeConfig({ ...edge, eventBus });
    expect(check({ mode: 'external' })).to.throw('eventBus: has another mode than internal, and no external.url');
    expect(check({ mode: 'extern' })).to.throw('eventBus.mode: must be one of internal, external, both');
    expect(check({ external: { url: 'mqtt://b', caFile: 'x' } })).to.throw('the url is not mqtts://');
    expect(edgeConfig({ ...edge, eventBus: { mode: 'both', external: { url: 'tcp://b' } } }).eventBus.external).to.deep.equal({
      url: 'mqtt://b:1883',
    });
    const tls = { url: 'mqtts://b' };
    expect(() => checkExternalBroker({ ...tls, certFile: 'c' })).to.throw('only one of certFile and keyFile');
    expect(() => checkExternalBroker({ ...tls, passwordFile: 'p' })).to.throw('a passwordFile without a username');
  });

  it('comes with what its files hold, of the password the first line', async () => {
    const dir = mkdtempSync(join(tmpdir(), 'kedge-broker-'));
    try {
      writeFileSync(join(dir, 'ca'), 'PEM\n');
      writeFileSync(join(dir, 'pw'), ' two words\r\nrest\n');
      const broker = { url: 'mqtts://b:8883', caFile: 'ca', username: 'edge', passwordFile: join(dir, 'pw') };
      const endpoint = { url: 'mqtts://b:8883', ca: 'PEM\n', username: 'edge', password: ' two words' };
      expect(await readEndpoint(dir, broker)).to.deep.equal(endpoint);
      const failed = await readEndpoint(dir, { ...broker, caFile: 'none' }).catch((error: unknown) => error);
      expect(failed).to.have.property('code', 'INVALID_INPUT');
    } finally {
      rmSync(dir, { recursive: true, force: true });
    }
  });
});

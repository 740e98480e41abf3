import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { listCertificates } from '../../../src/client/certificates.ts';
import type { HomePaths } from '../../../src/config/home.ts';
import { homePaths } from '../../../src/config/home.ts';
import { createCa, issueKeyPair } from '../../../src/pki/certificate.ts';
import { altNamesOf } from '../../../src/pki/names.ts';
import { PROFILES } from '../../../src/pki/profiles.ts';

const DAY_MS = 86_400_000;

describe('client: certificates of a home', () => {
  let paths: HomePaths;
  beforeEach(() => {
    paths = homePaths(mkdtempSync(join(tmpdir(), 'kedge-certs-')));
    mkdirSync(paths.cloud.pki, { recursive: true });
    mkdirSync(paths.edge.pki, { recursive: true });
  });
  afterEach(() => rmSync(paths.home, { recursive: true }));

  it('are none in an empty home', () => {
    expect(listCertificates(paths)).to.deep.equal([]);
  });

  it('say what they are and how long they are good', () => {
    const now = Date.now();
    const ca = createCa(PROFILES.ca);
    const server = issueKeyPair({ ca, profile: PROFILES.cloudServer, sans: altNamesOf(['10.0.0.1', 'cloud.example.org']), days: 20, now });
    writeFileSync(paths.cloud.ca.cert, ca.certPem);
    writeFileSync(paths.cloud.server.cert, server.certPem);
    const rows = listCertificates(paths, now);
    expect(rows.map(({ role, name, state }) => `${role}/${name} ${state}`)).to.deep.equal(['cloud/ca ok', 'cloud/server ok']);
    expect(rows[1]).to.deep.include({ names: ['cloud.example.org', '10.0.0.1'], daysLeft: 19, path: paths.cloud.server.cert });
    expect(rows[1]?.subject).to.equal('O=KubeEdge, CN=KubeEdge');
  });

  it('have those of the MQTT listener where kedge made them', () => {
    const ca = createCa(PROFILES.mqttCa);
    const mqtt = issueKeyPair({ ca, profile: PROFILES.mqttServer, sans: altNamesOf(['127.0.0.1']), days: 20 });
    writeFileSync(paths.edge.mqttCa.cert, ca.certPem);
    writeFileSync(paths.edge.mqtt.cert, mqtt.certPem);
    const rows = listCertificates(paths).filter(({ name }) => name.startsWith('mqtt'));
    expect(rows.map(({ role, name, state }) => `${role}/${name} ${state}`)).to.deep.equal(['edge/mqtt-ca ok', 'edge/mqtt ok']);
    rmSync(paths.edge.mqtt.cert);
    expect(listCertificates(paths).find(({ name }) => name === 'mqtt')?.state).to.equal('missing');
  });

  it('are marked when they run out, each by its own life', () => {
    const now = Date.now();
    const ca = createCa(PROFILES.ca);
    const stateAfter = (days: number, passed: number): string | undefined => {
      const pair = issueKeyPair({ ca, profile: PROFILES.cloudServer, days, now: now - passed * DAY_MS });
      writeFileSync(paths.edge.caCert, ca.certPem);
      writeFileSync(paths.edge.server.cert, pair.certPem);
      return listCertificates(paths, now).find(({ name }) => name === 'edge')?.state;
    };
    expect([300, 336, 359, 366].map((passed) => stateAfter(365, passed))).to.deep.equal(['ok', 'warning', 'urgent', 'expired']);
    expect([0.2, 0.85, 0.95, 1.1].map((passed) => stateAfter(1, passed))).to.deep.equal(['ok', 'warning', 'urgent', 'expired']);
  });

  it('are listed when they are missing or broken', () => {
    writeFileSync(paths.edge.server.cert, 'no certificate');
    const rows = listCertificates(paths);
    expect(rows.map(({ name, state }) => `${name} ${state}`)).to.deep.equal(['ca missing', 'edge unreadable']);
    expect(rows[0]).to.not.have.property('daysLeft');
  });
});

import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { certificateInfo, hasUsage, isIssuedBy } from '../../../src/pki/certificate-info.ts';
import { createCa, issueCertificate, issueKeyPair } from '../../../src/pki/certificate.ts';
import { createCsr, parseCsr } from '../../../src/pki/csr.ts';
import { createKeyPem, isPair, keyPairFromDer, keyPairToDer, publicKeyOf } from '../../../src/pki/key-pair.ts';
import { altNamesOf } from '../../../src/pki/names.ts';
import { pemToDer } from '../../../src/pki/pem.ts';
import { PROFILES } from '../../../src/pki/profiles.ts';
import recorded from '../../fixtures/kubeedge-certificates.json' with { type: 'json' };
import { needs } from '../../helpers/neighbour.ts';

const bytes = (base64: string): Buffer => Buffer.from(base64, 'base64');

describe('pki: certificates', () => {
  let dir: string;
  before(() => {
    dir = mkdtempSync(join(tmpdir(), 'kedge-pki-'));
  });
  after(() => rmSync(dir, { recursive: true }));

  function openssl(...args: string[]): string {
    return execFileSync('openssl', args, { cwd: dir, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
  }

  it("makes KubeEdge's CA", function () {
    needs(this, 'openssl');
    const now = Date.parse('2026-11-21T06:00:00Z');
    const ca = createCa(PROFILES.ca, { now });
    writeFileSync(join(dir, 'ca.crt'), ca.certPem);
    const shown = openssl('x509', '-in', 'ca.crt', '-noout', '-text');
    expect(shown).to.contain('Serial Number: 1024 (0x400)').and.contain('Subject: CN = KubeEdge').and.contain('ecdsa-with-SHA256');
    expect(shown).to.contain('CA:TRUE').and.contain('Digital Signature, Key Encipherment, Certificate Sign');
    expect(shown).to.contain('TLS Web Server Authentication, TLS Web Client Authentication');
    expect(ca.keyPem).to.match(/^-----BEGIN EC PRIVATE KEY-----/);
    const info = certificateInfo(ca.certPem);
    expect(info.notBefore.getTime()).to.equal(now - 60_000);
    expect(info.notAfter.getTime() - info.notBefore.getTime()).to.equal(100 * 364 * 86_400_000);
    expect(isPair(ca)).to.equal(true);
  });

  it('issues a server certificate that openssl verifies by every name', function () {
    needs(this, 'openssl');
    const ca = createCa(PROFILES.ca);
    const sans = altNamesOf(['10.1.2.3', 'cloud.example.org', '127.0.0.1', '2001:db8::7', 'localhost', '10.1.2.3']);
    const server = issueKeyPair({ ca, profile: PROFILES.cloudServer, sans });
    writeFileSync(join(dir, 'root.crt'), ca.certPem);
    writeFileSync(join(dir, 'server.crt'), server.certPem);
    for (const name of [
      ['-verify_ip', '10.1.2.3'],
      ['-verify_ip', '2001:db8::7'],
      ['-verify_hostname', 'cloud.example.org'],
    ]) {
      expect(openssl('verify', '-x509_strict', '-purpose', 'sslserver', '-CAfile', 'root.crt', ...name, 'server.crt')).to.contain('OK');
    }
    expect(certificateInfo(server.certPem)).to.deep.include({ commonName: 'KubeEdge', organizations: ['KubeEdge'], ...sans });
    expect(isIssuedBy(server.certPem, ca.certPem)).to.equal(true);
    expect(isIssuedBy(server.certPem, createCa(PROFILES.ca).certPem)).to.equal(false);
  });

  it('signs for the CA of a recorded KubeEdge cloud as KubeEdge did', () => {
    const { csr, certificate } = recorded['v1.18.3'];
    const request = parseCsr(bytes(csr));
    expect(request).to.deep.include({ commonName: 'system:node:edge1', organizations: ['system:nodes'], dnsNames: [], ipAddresses: [] });
    const ca = createCa(PROFILES.ca);
    const ours = certificateInfo(issueCertificate({ ca, profile: PROFILES.edgeClient, subject: request, publicKey: request.publicKey }));
    const theirs = certificateInfo(bytes(certificate));
    expect(ours.spkiSha256).to.equal(theirs.spkiSha256).and.equal(createHash('sha256').update(request.publicKeySpki).digest('hex'));
    expect(ours.organizations).to.deep.equal(theirs.organizations);
    expect(ours.commonName).to.equal(theirs.commonName);
    expect(ours.notAfter.getTime() - ours.notBefore.getTime()).to.equal(theirs.notAfter.getTime() - theirs.notBefore.getTime());
    expect(hasUsage(bytes(certificate), 'clientAuth')).to.equal(true);
    expect(isIssuedBy(bytes(certificate), bytes(recorded['v1.18.3'].ca))).to.equal(true);
  });

  it('keeps the bytes of a pair that came from the secrets of a cluster', () => {
    const ca = createCa(PROFILES.ca);
    const { certDer, keyDer } = keyPairToDer(ca);
    expect(keyPairFromDer(certDer, keyDer)).to.deep.equal(ca);
    expect(() => keyPairFromDer(certDer, Buffer.from('nothing'))).to.throw('neither SEC1 nor PKCS#1');
  });

  it('works for a CA that openssl made, EC P-384 or RSA', function () {
    needs(this, 'openssl');
    for (const [name, ...newKey] of [
      ['p384', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-384'],
      ['rsa', '-newkey', 'rsa:2048'],
    ]) {
      openssl(
        'req',
        '-x509',
        '-nodes',
        ...newKey,
        '-keyout',
        `${name}.key`,
        '-out',
        `${name}.crt`,
        '-subj',
        '/C=DE/O=Müller & Söhne/CN=Root',
      );
      const pem = (file: string): string => execFileSync('cat', [join(dir, file)], { encoding: 'utf8' });
      const ca = { certPem: pem(`${name}.crt`), keyPem: pem(`${name}.key`) };
      writeFileSync(join(dir, 'leaf.crt'), issueKeyPair({ ca, profile: PROFILES.admin }).certPem);
      expect(openssl('verify', '-purpose', 'sslclient', '-CAfile', `${name}.crt`, 'leaf.crt')).to.contain('OK');
    }
  });
});

describe('pki: certificate requests', () => {
  it('writes what openssl and its own reader accept', function () {
    needs(this, 'openssl');
    const keyPem = createKeyPem();
    const csr = createCsr({
      keyPem,
      subject: { commonName: 'system:node:kante', organizations: ['system:nodes'] },
      sans: altNamesOf(['kante.local', '192.0.2.1']),
    });
    const shown = execFileSync('openssl', ['req', '-inform', 'DER', '-verify', '-noout', '-text'], {
      input: csr,
      stdio: 'pipe',
    }).toString();
    expect(shown).to.contain('O = system:nodes, CN = system:node:kante').and.contain('DNS:kante.local, IP Address:192.0.2.1');
    const parsed = parseCsr(csr);
    expect(parsed).to.deep.include({ dnsNames: ['kante.local'], ipAddresses: ['192.0.2.1'] });
    expect(parsed.publicKeySpki).to.deep.equal(publicKeyOf(keyPem).export({ format: 'der', type: 'spki' }));
  });

  it('reads the requests of recorded edges', () => {
    expect(parseCsr(bytes(recorded['v1.14.5'].csr))).to.deep.include({ commonName: 'kubeedge.io', organizations: ['kubeEdge'] });
  });

  it('refuses a changed request, whatever byte was changed', () => {
    const csr = createCsr({ keyPem: createKeyPem(), subject: { commonName: 'x', organizations: [] } });
    for (let index = 0; index < csr.length; index += 1) {
      const changed = Buffer.from(csr);
      changed[index] = (changed[index] ?? 0) ^ 0x55;
      expect(() => parseCsr(changed), `byte ${index}`)
        .to.throw('the certificate request cannot be used')
        .with.property('code', 'CERTIFICATE');
      expect(() => parseCsr(csr.subarray(0, index)), `length ${index}`)
        .to.throw()
        .with.property('code', 'CERTIFICATE');
    }
  });

  it('refuses weak keys, oversize, nesting bombs and certificates', function () {
    needs(this, 'openssl');
    const request = (...newKey: string[]): Buffer =>
      execFileSync('openssl', ['req', '-new', '-nodes', ...newKey, '-keyout', '/dev/null', '-subj', '/CN=a', '-outform', 'DER'], {
        stdio: 'pipe',
      });
    expect(() => parseCsr(request('-newkey', 'rsa:1024'))).to.throw('RSA of at least 2048');
    expect(() => parseCsr(request('-newkey', 'ed25519'))).to.throw('must be EC');
    expect(() => parseCsr(request('-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:secp256k1'))).to.throw('must be EC');
    expect(() => parseCsr(Buffer.alloc(16_385, 0x30))).to.throw('larger than 16384');
    expect(() => parseCsr(Buffer.from('3080'.repeat(5000), 'hex'))).to.throw('cannot be used');
    expect(() => parseCsr(pemToDer(createCa(PROFILES.ca).certPem))).to.throw('cannot be used');
    expect(parseCsr(request('-newkey', 'rsa:2048')).commonName).to.equal('a');
  });
});

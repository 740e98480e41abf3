import { createHash, createHmac } from 'node:crypto';
import { expect } from 'chai';
import { createCa } from '../../../src/pki/certificate.ts';
import { splitToken } from '../../../src/pki/join-token.ts';
import { keyPairToDer } from '../../../src/pki/key-pair.ts';
import { PROFILES } from '../../../src/pki/profiles.ts';
import { createToken, verifyToken } from '../../../src/pki/token.ts';

const { certDer: caCertDer, keyDer: caKeyDer } = keyPairToDer(createCa(PROFILES.ca));
const now = Date.parse('2026-11-21T06:00:00Z');
const expiresAt = new Date(now + 60_000);

async function failure(work: Promise<unknown>): Promise<{ code: string; message: string }> {
  return work.then(
    () => expect.fail('expected a refusal'),
    (error: unknown) => error as { code: string; message: string },
  );
}

describe('pki: join tokens', () => {
  it("are KubeEdge's: hash of the CA, HS256 with the CA key, claim exp", async () => {
    const { caHash, jwt } = splitToken(await createToken({ caCertDer, caKeyDer, expiresAt }));
    expect(caHash).to.equal(createHash('sha256').update(caCertDer).digest('hex'));
    const [header = '', claims = '', signature] = jwt.split('.');
    expect(JSON.parse(Buffer.from(header, 'base64url').toString())).to.deep.equal({ alg: 'HS256', typ: 'JWT' });
    expect(JSON.parse(Buffer.from(claims, 'base64url').toString())).to.deep.equal({ exp: expiresAt.getTime() / 1000 });
    expect(signature).to.equal(createHmac('sha256', caKeyDer).update(`${header}.${claims}`).digest('base64url'));
    expect(await verifyToken(jwt, caKeyDer, now)).to.deep.equal({ expiresAt });
  });

  it('carry their id', async () => {
    const { jwt } = splitToken(await createToken({ caCertDer, caKeyDer, expiresAt, id: 'abc' }));
    expect(await verifyToken(jwt, caKeyDer, now)).to.deep.equal({ expiresAt, id: 'abc' });
  });

  it('are refused when expired, foreign, unsigned or without an end', async () => {
    const { jwt } = splitToken(await createToken({ caCertDer, caKeyDer, expiresAt }));
    const sign = (header: object, claims: object): string => {
      const body = [header, claims].map((part) => Buffer.from(JSON.stringify(part)).toString('base64url')).join('.');
      return `${body}.${createHmac('sha256', caKeyDer).update(body).digest('base64url')}`;
    };
    expect(await failure(verifyToken(jwt, caKeyDer, now + 61_000)))
      .to.include({ code: 'AUTH' })
      .and.property('message')
      .contain('expired');
    const other = keyPairToDer(createCa(PROFILES.ca)).keyDer;
    expect((await failure(verifyToken(jwt, other, now))).message).to.contain('another cloud');
    for (const bad of [
      'a.b.c',
      '',
      sign({ alg: 'none' }, { exp: 9e9 }),
      sign({ alg: 'HS256' }, {}),
      sign({ alg: 'HS256' }, { exp: 'x' }),
    ]) {
      expect(await failure(verifyToken(bad, caKeyDer, now)))
        .to.include({ code: 'AUTH' })
        .and.property('message')
        .contain('malformed');
    }
  });

  it('have four parts', () => {
    for (const bad of ['', 'abc', 'a.b.c.d', `${'0'.repeat(64)}.x.y`]) expect(() => splitToken(bad)).to.throw('not a join token');
    expect(splitToken(` ${'AB'.repeat(32)}.x.y.z\n`)).to.deep.equal({ caHash: 'ab'.repeat(32), jwt: 'x.y.z' });
  });

  it('are compared in constant time: by what does so, and nothing else', async () => {
    const { jwt } = splitToken(await createToken({ caCertDer, caKeyDer, expiresAt }));
    const [header = '', claims = '', signature = ''] = jwt.split('.');
    const { subtle } = globalThis.crypto;
    const verify = subtle.verify.bind(subtle);
    const compared: string[] = [];
    subtle.verify = (algorithm, key, given, data) => {
      compared.push(Buffer.from(given as Uint8Array).toString('base64url'));
      return verify(algorithm, key, given, data);
    };
    try {
      const wrong = signature.replace(/./g, (letter) => (letter === 'A' ? 'B' : 'A'));
      for (const other of [wrong, `${wrong.slice(0, 1)}${signature.slice(1)}`]) {
        expect(await failure(verifyToken(`${header}.${claims}.${other}`, caKeyDer, now))).to.include({ code: 'AUTH' });
      }
      expect(compared).to.have.length(2);
    } finally {
      Reflect.deleteProperty(subtle, 'verify');
    }
    expect(await verifyToken(jwt, caKeyDer, now)).to.deep.equal({ expiresAt });
  });
});

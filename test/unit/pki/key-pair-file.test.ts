import { mkdtempSync, readFileSync, rmSync, writeFileSync, existsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { createCa, issueKeyPair } from '../../../src/pki/certificate.ts';
import { readKeyPair, writeKeyPair } from '../../../src/pki/key-pair-file.ts';
import { PROFILES } from '../../../src/pki/profiles.ts';

describe('pki: the files of a pair', () => {
  const ca = createCa(PROFILES.ca);
  const [old, renewed] = [1, 2].map(() => issueKeyPair({ ca, profile: PROFILES.cloudServer }));
  let dir: string;
  let files: { cert: string; key: string };
  beforeEach(async () => {
    dir = mkdtempSync(join(tmpdir(), 'kedge-pair-'));
    files = { cert: join(dir, 'server.crt'), key: join(dir, 'server.key') };
    await writeKeyPair(files, old!);
  });
  afterEach(() => rmSync(dir, { recursive: true }));

  it('are replaced together and leave nothing else behind', async () => {
    await writeKeyPair(files, renewed!);
    expect(await readKeyPair(files)).to.deep.equal(renewed);
    expect(existsSync(`${files.cert}.next`)).to.equal(false);
  });

  it('hold the old pair when the replacement was interrupted before its key', async () => {
    writeFileSync(`${files.cert}.next`, renewed!.certPem);
    expect(await readKeyPair(files)).to.deep.equal(old);
  });

  it('hold the new pair when it was interrupted after its key', async () => {
    writeFileSync(`${files.cert}.next`, renewed!.certPem);
    writeFileSync(files.key, renewed!.keyPem);
    expect(await readKeyPair(files)).to.deep.equal(renewed);
    expect(readFileSync(files.cert, 'utf8')).to.equal(renewed!.certPem);
    expect(existsSync(`${files.cert}.next`)).to.equal(false);
  });

  it('hold the first pair when its certificate never came to its place', async () => {
    rmSync(files.cert);
    writeFileSync(`${files.cert}.next`, old!.certPem);
    expect(await readKeyPair(files)).to.deep.equal(old);
  });

  it('are refused when they do not belong together', async () => {
    writeFileSync(files.key, renewed!.keyPem);
    const error: unknown = await readKeyPair(files).catch((thrown: unknown) => thrown);
    expect(error).to.include({ code: 'CERTIFICATE' });
  });
});

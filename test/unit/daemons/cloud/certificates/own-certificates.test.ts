import { expect } from 'chai';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { KedgeError } from '../../../../../src/kernel/errors.ts';
import { PROFILES } from '../../../../../src/pki/profiles.ts';
import { ensureCa } from '../../../../../src/daemons/cloud/certificates/own-certificates.ts';

describe('setup: the CA', () => {
  for (const lost of ['cert', 'key'] as const) {
    it(`is not replaced when its ${lost} alone is lost`, async () => {
      const dir = mkdtempSync(join(tmpdir(), 'kedge-ca-'));
      const files = { cert: join(dir, 'rootCA.crt'), key: join(dir, 'rootCA.key') };
      try {
        await ensureCa(files, PROFILES.ca);
        const left = lost === 'cert' ? files.key : files.cert;
        const before = readFileSync(left, 'utf8');
        rmSync(files[lost]);
        const error: unknown = await ensureCa(files, PROFILES.ca).catch((e: unknown) => e);
        expect(error).to.be.instanceOf(KedgeError).with.property('code', 'CERTIFICATE');
        expect(readFileSync(left, 'utf8')).to.equal(before);
        expect(existsSync(files[lost])).to.equal(false);
      } finally {
        rmSync(dir, { recursive: true });
      }
    });
  }
});

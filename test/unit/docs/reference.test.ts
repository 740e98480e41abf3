import { expect } from 'chai';
import { fileURLToPath } from 'node:url';
import { run } from '../../helpers/kedge.ts';

const SCRIPT = fileURLToPath(new URL('../../../scripts/write-reference.js', import.meta.url));

describe('docs/cli.md and docs/errors.md', () => {
  it('are what npm run docs writes', async () => {
    const { status, stderr } = await run(process.execPath, ['--import', 'tsx', SCRIPT, '--check']);
    expect(status, stderr).to.equal(0);
  }).timeout(60_000);
});

import { readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import type { Figure } from '../../bench/support/figure.ts';
import { run } from '../helpers/kedge.ts';

const BENCH = fileURLToPath(new URL('../../bench', import.meta.url));

describe('the measurements', function () {
  this.timeout(600_000);

  it('each give one figure as JSON, and name the peers that are missing', async () => {
    // How fast it is, is not asked here. The large peer is left out for the sake of time.
    const args = ['--import', 'tsx', `${BENCH}/run.ts`, '--quick'];
    const ran = await run(process.execPath, args, { env: { KUBEBUILDER_ASSETS: '' }, timeoutMs: 580_000 });
    expect(ran.status, ran.stderr).to.equal(0);
    const figures = ran.stdout.trim().split('\n').map((line) => JSON.parse(line) as Figure); // prettier-ignore
    const names = readdirSync(BENCH).filter((file) => file.endsWith('.ts') && file !== 'run.ts');
    expect(figures.map(({ name }) => `${name}.ts`)).to.have.members(names);
    for (const { name, kedge, unit } of figures) {
      expect(kedge, name).to.include.keys('n', 'median', 'p95', 'min', 'max');
      expect(kedge.median, `${name}, ${unit}`).to.be.above(0);
    }
    expect(figures.find(({ name }) => name === 'cloud-memory')?.missing).to.have.length(1);
  });

  it('say which figures there are', async () => {
    const ran = await run(process.execPath, ['--import', 'tsx', `${BENCH}/run.ts`, 'speed']);
    expect(ran.status).to.equal(2);
    expect(ran.stderr).to.contain('no such figure: speed').and.to.contain('edge-memory');
  });
});

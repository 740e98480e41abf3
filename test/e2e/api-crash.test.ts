import { join } from 'node:path';
import { expect } from 'chai';
import { homePaths } from '../../src/config/home.ts';
import { loadCloudConfig } from '../../src/config/cloud-config.ts';
import { saveConfig } from '../../src/config/load-config.ts';
import { asker, expectCode, Storm, type Ask } from '../helpers/api-storm/storm.ts';
import { seeded } from '../helpers/seeded.ts';
import { EvictionWriter } from '../helpers/api-storm/eviction-writer.ts';
import { ApplyWriter, FamilyWriter, SequenceWriter, ServiceWriter } from '../helpers/api-storm/writers.ts';
import type { Credentials } from '../../src/kube/credentials.ts';
import { loadCredentials } from '../../src/kube/kubeconfig.ts';
import { eventually } from '../helpers/eventually.ts';
import { Installation, succeed } from '../helpers/installation.ts';
import { kedge, temporaryFolder } from '../helpers/kedge.ts';
import { openWatch } from '../helpers/raw-watch.ts';

const KILLS = Number(process.env['KEDGE_API_CRASH_KILLS'] ?? 3);
const SEED = Number(process.env['KEDGE_API_CRASH_SEED'] ?? 20_261_127);
const MAPS = '/api/v1/namespaces/default/configmaps';
/** Of fourteen addresses. */
const RANGE = '10.96.0.0/28';
const ADDRESSES = 14;
const BUDGET = 40;

describe('kill -9 of a cloud while its Kubernetes API is written to', function () {
  this.timeout(120_000 + KILLS * 30_000);
  const random = seeded(SEED);
  let site: Installation;
  let folder: Awaited<ReturnType<typeof temporaryFolder>>;
  let credentials: Credentials;
  let ask: Ask;
  let sequences: SequenceWriter[];
  let services: ServiceWriter;
  let families: FamilyWriter;
  let evictions: EvictionWriter;
  let storm: Storm;

  before(async () => {
    folder = await temporaryFolder();
    site = await Installation.create({ join: false });
    const { config, adminKubeconfig } = homePaths(site.home).cloud;
    const old = loadCloudConfig(config);
    await saveConfig(config, { ...old, controlPlane: { ...old.controlPlane, serviceClusterIPRange: RANGE } });
    await site.stop('cloud');
    await site.start('cloud');
    credentials = await loadCredentials(adminKubeconfig);
    ask = asker(credentials);
    sequences = ['a', 'b'].map((name) => new SequenceWriter(ask, name));
    services = new ServiceWriter(ask, random);
    families = new FamilyWriter(ask);
    evictions = new EvictionWriter(ask, 'budget', BUDGET);
    const managers = ['one', 'two', 'three'].map((name) => new ApplyWriter(ask, name));
    storm = new Storm([...sequences, ...managers, services, families, evictions]);
    await evictions.prepare();
  });
  after(async () => {
    await (storm as Storm | undefined)?.rest().catch(() => undefined);
    await site.remove();
    await folder.remove();
  });

  it(`loses and doubles nothing (${KILLS} kills, seed ${SEED}; KEDGE_API_CRASH_KILLS, KEDGE_API_CRASH_SEED)`, async () => {
    for (let kill = 1; kill <= KILLS; kill += 1) {
      storm.begin();
      const before = sequences.map(({ answered }) => answered);
      await eventually(() => sequences.every(({ answered }, index) => answered > (before[index] ?? 0) + 5), 'writes');
      await new Promise((resolve) => setTimeout(resolve, random() * 500));
      await site.kill('cloud');
      await storm.rest();
      await site.start('cloud');
      await storm.check();
    }
  });

  it('deletes in the end what it was deleting', async () => {
    expect(await families.finish()).to.be.greaterThan(0);
    await eventually(async () => (await families.left()).length === 0, 'the end of all families');
  });

  it('backs up one moment of it, and goes on from there', async () => {
    storm.begin();
    const before = sequences.map(({ answered }) => answered);
    await eventually(() => sequences.every(({ answered }, index) => answered > (before[index] ?? 0) + 5), 'writes');
    const least = sequences.map(({ answered }) => answered);
    const backup = join(folder.path, 'backup');
    await succeed(kedge(['backup', backup], { home: site.home }));
    const most = sequences.map(({ answered }) => answered + 1);
    await storm.rest();
    await storm.check();
    const newest = (await ask('GET', `${MAPS}?limit=1`)).body.metadata.resourceVersion as string;
    await site.stop('cloud');
    const home = join(folder.path, 'restored');
    await succeed(kedge(['restore', backup], { home }));
    await succeed(kedge(['start', 'cloud'], { home }));
    try {
      await storm.check(false);
      for (const [index, sequence] of sequences.entries()) {
        expect(await sequence.count()).to.be.within(least[index] ?? 0, most[index] ?? 0);
      }
      const now = (await ask('GET', `${MAPS}?limit=1`)).body.metadata.resourceVersion as string;
      expect(Number(now)).to.be.greaterThan(Number(newest));
      const old = await openWatch(credentials, `${MAPS}?resourceVersion=${newest}`);
      expect(old.code === 410 || (await old.until(({ type }) => type === 'ERROR', '410')).object.code === 410).to.equal(true);
      const watch = await openWatch(credentials, `${MAPS}?resourceVersion=${now}`);
      await expectCode(ask('POST', MAPS, { metadata: { name: 'after' } }), [201]);
      await watch.until(({ type, object }) => type === 'ADDED' && object.metadata.name === 'after', 'what is made now');
      watch.close();
    } finally {
      await succeed(kedge(['stop', 'cloud'], { home }));
      await site.start('cloud');
    }
  });

  it('has leaked no address, and spends the budget to its end', async () => {
    await services.fill(ADDRESSES);
    await eventually(async () => {
      await evictions.step();
      return evictions.evicted.size === BUDGET;
    }, 'the end of the budget');
    await evictions.step();
    await evictions.check(true);
    expect(evictions.evicted.size).to.equal(BUDGET);
  });
});

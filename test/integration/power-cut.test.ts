import { join } from 'node:path';
import { expect } from 'chai';
import { controlPlaneMigrations } from '../../src/store/controlplane-schema.ts';
import { openDatabase } from '../../src/store/database.ts';
import { DeviceTwins } from '../../src/store/device-twins.ts';
import { EDGE_MIGRATIONS } from '../../src/store/edge-schema.ts';
import { KubeObjectStore } from '../../src/store/kube-objects.ts';
import { MetaStore } from '../../src/store/meta.ts';
import { TwinHistory } from '../../src/store/twin-history.ts';
import { Outbox } from '../../src/store/outbox.ts';
import { DeviceEdge, deviceObject, HISTORY_LIMITS } from '../helpers/device-edge.ts';
import { needs } from '../helpers/neighbour.ts';
import { FailingDisk } from '../helpers/small-disk.ts';

const CUTS = 8;
const WRITES_BETWEEN = 5;
const KEY = { resource: 'configmaps', namespace: 'default', name: 'c' };
const PATH = { namespace: 'default', type: 'configmap', name: 'c' };
const object = (version: number) => ({ metadata: { name: 'c', namespace: 'default', uid: 'u', resourceVersion: String(version) } });

/**
 * Both databases live on ext4 on a loop device. What was written and not synced is in the kernel's memory; what was synced is in the file
 * behind the device. At each cut that file is copied and mounted, as after a power cut: ext4 replays its journal, SQLite its log.
 * It shows that every sync that a promise needs is asked for, on the files and their folder. It does not show what a device does that
 * lies about its syncs, or that tears a sector; and the kernel may have written more than it was asked to, as it may before a real cut.
 */
describe('a power cut', function () {
  this.timeout(60_000);
  let disk: FailingDisk;

  before(async function () {
    needs(this, 'root');
    disk = await FailingDisk.mount(32);
  });
  after(() => (disk as FailingDisk | undefined)?.unmount());

  it('takes nothing that was acknowledged, at the edge or in the cloud', async () => {
    const edge = new DeviceEdge(undefined, disk.path);
    edge.connected = false;
    await edge.start();
    await edge.store('device', deviceObject([{ name: 'level' }]));
    const meta = new MetaStore(edge.db);
    const cloud = new KubeObjectStore(openDatabase(join(disk.path, 'cloud.db'), controlPlaneMigrations));
    let value = 0;
    for (let cut = 1; cut <= CUTS; cut++) {
      for (let write = 1; write <= WRITES_BETWEEN; write++) {
        value += 1;
        // Resolves where the broker acknowledges; MetaManager acknowledges when `put` returns; the API answers when `write` resolves.
        await edge.report({ level: { actual: { value: String(value) }, metadata: { type: 'int' } } });
        meta.put(PATH, object(value));
        const labels = { value: String(value) };
        await cloud.write((writer) => writer.put(KEY, { metadata: { ...object(value).metadata, labels } }));
      }
      await disk.afterPowerCut((path) => {
        const edgeDb = openDatabase(join(path, 'data.db'), EDGE_MIGRATIONS);
        const cloudDb = openDatabase(join(path, 'cloud.db'), controlPlaneMigrations);
        for (const db of [edgeDb, cloudDb]) expect(db.pragma('integrity_check', { simple: true })).to.equal('ok');
        expect(new DeviceTwins(edgeDb).get('default/sensor1', 'level')?.actual?.value, `report at cut ${cut}`).to.equal(String(value));
        const history = new TwinHistory(edgeDb, HISTORY_LIMITS);
        const reported = history.twinsOf('default/sensor1').flatMap((twin) => [...history.read(twin)].flat());
        expect(
          reported.map((entry) => Number(entry.value)),
          `history at cut ${cut}`,
        ).to.deep.equal(Array.from({ length: value }, (_, n) => n + 1));
        expect(new Outbox(edgeDb).pending('default/sensor1', 'twin', 10).map(({ name }) => name)).to.include('level');
        expect(new MetaStore(edgeDb).get(PATH)?.metadata.resourceVersion, `object at cut ${cut}`).to.equal(String(value));
        expect(new KubeObjectStore(cloudDb).get(KEY)?.metadata.labels, `API at cut ${cut}`).to.deep.equal({ value: String(value) });
        edgeDb.close();
        cloudDb.close();
      });
    }
    cloud.close();
    await edge.stop();
  });
});

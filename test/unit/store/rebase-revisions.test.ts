import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { controlPlaneMigrations } from '../../../src/store/controlplane-schema.ts';
import { openDatabase } from '../../../src/store/database.ts';
import { KubeObjectStore } from '../../../src/store/kube-objects.ts';
import { rebaseRevisions } from '../../../src/store/rebase-revisions.ts';

describe('revisions of a database that is restored', () => {
  it('go up, and are whole numbers, however often it is restored', async () => {
    const dir = mkdtempSync(join(tmpdir(), 'kedge-rebase-'));
    const path = join(dir, 'data.db');
    try {
      const open = (): KubeObjectStore => new KubeObjectStore(openDatabase(path, controlPlaneMigrations));
      const first = open();
      for (const name of ['a', 'b']) {
        await first.write((writer) => writer.put({ resource: 'pods', namespace: 'n', name }, { metadata: { name, namespace: 'n' } }));
      }
      first.close();
      for (let time = 1; time <= 3; time += 1) {
        const { revision } = rebaseRevisions(path);
        const store = open();
        const versions = [...store.list('pods')].map(({ metadata }) => metadata.resourceVersion);
        expect(store.revision).to.equal(revision);
        expect(revision).to.be.greaterThan(time * 1e9);
        expect(versions).to.deep.equal([String(revision - 1), String(revision)]);
        store.close();
      }
    } finally {
      rmSync(dir, { recursive: true });
    }
  });
});

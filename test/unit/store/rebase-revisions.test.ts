import { copyFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { parseRevision } from '../../../src/daemons/controlplane/apiserver/object-read.ts';
import { controlPlaneMigrations } from '../../../src/store/controlplane-schema.ts';
import { openDatabase } from '../../../src/store/database.ts';
import { KubeObjectStore } from '../../../src/store/kube-objects.ts';
import { rebaseRevisions } from '../../../src/store/rebase-revisions.ts';

describe('revisions of a database that is restored', () => {
  let dir: string;
  let path: string;
  const open = (): KubeObjectStore => new KubeObjectStore(openDatabase(path, controlPlaneMigrations));
  const put = (store: KubeObjectStore, name: string): Promise<unknown> =>
    store.write((writer) => writer.put({ resource: 'pods', namespace: 'n', name }, { metadata: { name, namespace: 'n' } }));

  beforeEach(async () => {
    dir = mkdtempSync(join(tmpdir(), 'kedge-rebase-'));
    path = join(dir, 'data.db');
    const store = open();
    for (const name of ['a', 'b']) await put(store, name);
    store.close();
  });
  afterEach(() => rmSync(dir, { recursive: true }));

  it('go up, and are whole numbers, however often it is restored', () => {
    for (const now of [0, 1, 2, Date.UTC(2026, 10, 27), Date.UTC(2254, 11, 31)]) {
      const before = open();
      const { revision: last } = before;
      before.close();
      const { revision } = rebaseRevisions(path, now);
      const store = open();
      const versions = [...store.list('pods')].map(({ metadata }) => metadata.resourceVersion);
      expect(store.revision).to.equal(revision);
      // As a watch may ask for them.
      expect(parseRevision(versions[1])).to.equal(revision);
      expect(revision).to.be.greaterThan(last + 1e8);
      expect(versions).to.deep.equal([String(revision - 1), String(revision)]);
      store.close();
    }
  });

  it('are newer than what was handed out after an earlier restore of the same backup', async () => {
    const backup = join(dir, 'backup.db');
    copyFileSync(path, backup);
    let last = 0;
    for (const now of [Date.UTC(2026, 10, 27), Date.UTC(2026, 10, 27, 0, 1)]) {
      copyFileSync(backup, path);
      rebaseRevisions(path, now);
      const store = open();
      for (const { metadata } of store.list('pods')) expect(Number(metadata.resourceVersion)).to.be.greaterThan(last);
      for (let count = 0; count < 10; count += 1) await put(store, 'a');
      last = store.revision;
      store.close();
    }
  });
});

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { systemClock } from '../../../../../src/kernel/clock.ts';
import { createContext, type ApiContext, type Target } from '../../../../../src/daemons/controlplane/apiserver/api-context.ts';
import { BUILTIN_RESOURCES } from '../../../../../src/daemons/controlplane/apiserver/builtin-resources.ts';
import { listObjects } from '../../../../../src/daemons/controlplane/apiserver/object-read.ts';
import { ObjectWatch } from '../../../../../src/daemons/controlplane/apiserver/object-watch.ts';
import { Registry } from '../../../../../src/daemons/controlplane/apiserver/registry.ts';
import { StatusError } from '../../../../../src/daemons/controlplane/apiserver/status-error.ts';
import { controlPlaneMigrations } from '../../../../../src/store/controlplane-schema.ts';
import { openDatabase } from '../../../../../src/store/database.ts';
import { KubeObjectStore } from '../../../../../src/store/kube-objects.ts';
import { createKeyPem } from '../../../../../src/pki/key-pair.ts';
import { ServiceAccountKey } from '../../../../../src/pki/service-account-token.ts';

describe('watches and lists of a store that forgets', () => {
  let dir: string;
  let context: ApiContext;
  let target: Target;

  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), 'kedge-watch-'));
    const store = new KubeObjectStore(openDatabase(join(dir, 'data.db'), controlPlaneMigrations), { maxChanges: 10 });
    const registry = new Registry(BUILTIN_RESOURCES);
    context = createContext({ store, registry, clock: systemClock, tokenKey: new ServiceAccountKey(createKeyPem()) });
    target = { entry: registry.find('', 'v1', 'configmaps')!, namespace: 'n', name: '', subresource: '' };
  });
  afterEach(() => {
    context.store.close();
    rmSync(dir, { recursive: true });
  });

  const write = (count: number) =>
    Promise.all(
      Array.from({ length: count }, (_, index) =>
        context.store.write((writer) => {
          const key = { resource: 'configmaps', namespace: 'n', name: `m${index % 3}` };
          writer.put(key, { metadata: { name: key.name, namespace: 'n' } });
        }),
      ),
    );
  const codeOf = (run: () => unknown): number | undefined => {
    try {
      run();
      return undefined;
    } catch (error) {
      return (error as StatusError).status.code;
    }
  };

  it('answer 410 to a version or page that is too old', async () => {
    await write(5);
    const page = listObjects(context, target, { limit: 1 });
    await write(2_000);
    const { revision, oldestRevision } = context.store;
    expect(revision - oldestRevision).to.be.within(10, 10 + 500);
    expect(codeOf(() => new ObjectWatch(context, target, { resourceVersion: '5' }))).to.equal(410);
    expect(codeOf(() => listObjects(context, target, { limit: 1, continue: page.metadata.continue }))).to.equal(410);
    expect(codeOf(() => listObjects(context, target, { resourceVersion: '5', resourceVersionMatch: 'Exact' }))).to.equal(410);
    expect(codeOf(() => new ObjectWatch(context, target, { resourceVersion: String(oldestRevision) }).close())).to.equal(undefined);
  });

  it('cut off who falls behind by a thousand events', async () => {
    const watch = new ObjectWatch(context, target, {});
    await write(1_000);
    expect(watch.overrun).to.equal(false);
    await write(1);
    expect([watch.overrun, watch.shift()]).to.deep.equal([true, undefined]);
  });
});

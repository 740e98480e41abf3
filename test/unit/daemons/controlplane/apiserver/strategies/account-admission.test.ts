import { expect } from 'chai';
import type { ApiContext, Target } from '../../../../../../src/daemons/controlplane/apiserver/api-context.ts';
import { awaitDefaultAccount } from '../../../../../../src/daemons/controlplane/apiserver/strategies/account-admission.ts';
import { RESOURCES, type KubeObject } from '../../../../../../src/protocol/kubernetes.ts';
import type { ObjectKey } from '../../../../../../src/store/kube-objects.ts';
import { ManualClock } from '../../../../../helpers/manual-clock.ts';

describe('waiting for the account `default`', () => {
  const clock = new ManualClock();
  const stored = new Set(['namespaces//new']);
  const store = { get: ({ resource, namespace, name }: ObjectKey) => stored.has(`${resource}/${namespace}/${name}`) || undefined };
  const context = { store, clock } as unknown as ApiContext;
  const pod = (spec: object = {}): KubeObject => ({ metadata: { name: 'p' }, spec }) as KubeObject;

  /** How many milliseconds pass until the answer. */
  async function waited(object: KubeObject, namespace = 'new', comesAfter = Infinity): Promise<number> {
    const begun = clock.elapsed();
    const state = { done: false };
    const target = { entry: { resource: RESOURCES.pod }, namespace } as Target;
    void awaitDefaultAccount(context, target, object).then(() => (state.done = true));
    for (;;) {
      await new Promise((resolve) => setImmediate(resolve));
      if (state.done) return clock.elapsed() - begun;
      clock.advance(100);
      if (clock.elapsed() - begun >= comesAfter) stored.add('serviceaccounts/new/default');
    }
  }

  it('ends after a second, or when it is there', async () => {
    expect(await waited(pod())).to.equal(900);
    expect(await waited(pod(), 'new', 300)).to.equal(300);
    expect(await waited(pod())).to.equal(0);
  });

  it('is for new pods that run as `default`, in a namespace that is there', async () => {
    stored.delete('serviceaccounts/new/default');
    expect(await waited(pod({ serviceAccountName: 'robot' }))).to.equal(0);
    expect(await waited(pod(), 'missing')).to.equal(0);
    const mirror = { metadata: { name: 'p', annotations: { 'kubernetes.io/config.mirror': 'x' } } };
    expect(await waited(mirror)).to.equal(0);
    expect(await waited(pod({ serviceAccount: 'default' }))).to.equal(900);
  });
});

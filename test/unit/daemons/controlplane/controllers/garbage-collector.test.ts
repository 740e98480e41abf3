import { expect } from 'chai';
import { GarbageCollector } from '../../../../../src/daemons/controlplane/controllers/garbage-collector/garbage-collector.ts';
import { systemClock } from '../../../../../src/kernel/clock.ts';
import { ApiError } from '../../../../../src/kube/api-error.ts';
import type { DeleteOptions } from '../../../../../src/kube/client.ts';
import { RESOURCES, type ApiResource, type KubeObject } from '../../../../../src/protocol/kubernetes.ts';
import { eventually } from '../../../../helpers/eventually.ts';
import { testScope } from '../../../../helpers/test-scope.ts';

const KEY = { resource: 'configmaps', namespace: 'default', name: 'b' };
const metadata = { name: 'b', namespace: 'default', uid: 'b' };
const ownerReferences = [{ apiVersion: 'v1', kind: 'ConfigMap', name: 'a', uid: 'a' }];

function failure(code: number): ApiError {
  return new ApiError(code, { metadata: {}, status: 'Failure', code }, 'refused');
}

describe('the garbage collector', () => {
  it('does not delete what has lost its last owner reference between the look and the deletion', async () => {
    const scope = testScope();
    let stored: KubeObject | undefined = { metadata: { ...metadata, resourceVersion: '1', ownerReferences } };
    let looks = 0;
    const get = (_: ApiResource, name: string): Promise<KubeObject> => {
      if (name !== 'b' || stored === undefined) return Promise.reject(failure(404));
      looks += 1;
      const seen = stored;
      stored = { metadata: { ...metadata, resourceVersion: '2' } };
      return Promise.resolve(seen);
    };
    const remove = (_: ApiResource, _name: string, _namespace: string | undefined, { preconditions }: DeleteOptions): Promise<void> => {
      const wanted = preconditions?.resourceVersion ?? stored?.metadata.resourceVersion;
      if (wanted !== stored?.metadata.resourceVersion) return Promise.reject(failure(409));
      stored = undefined;
      return Promise.resolve();
    };
    const collector = new GarbageCollector({
      client: { get, delete: remove, patch: () => Promise.reject(failure(500)) } as never,
      clock: systemClock,
      mentioning: () => [{ ...KEY, object: stored! }],
      subscribe: () => () => undefined,
      resourceOf: () => RESOURCES.configMap,
      resourceOfKind: () => RESOURCES.configMap,
    });
    await collector.start(scope);
    await eventually(() => looks > 1 || stored === undefined, 'another look');
    expect(stored).to.have.nested.property('metadata.resourceVersion', '2');
    await scope.end();
  });
});

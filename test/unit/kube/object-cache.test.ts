import { expect } from 'chai';
import { ObjectCache } from '../../../src/kube/object-cache.ts';
import type { KubeObject } from '../../../src/protocol/kubernetes.ts';
import { testScope } from '../../helpers/test-scope.ts';

const object = (name: string, version: number, uid = name): KubeObject => ({
  metadata: { name, namespace: 'n', uid, resourceVersion: String(version) },
});

describe('ObjectCache', () => {
  const follow = (cache: ObjectCache<KubeObject>) => {
    const scope = testScope();
    const told: string[] = [];
    const text = ({ metadata }: KubeObject): string => `${metadata.name}@${metadata.resourceVersion ?? ''}`;
    cache.onChange(scope, {
      added: (added) => told.push(`+${text(added)}`),
      updated: (old, next) => told.push(`${text(old)}>${text(next)}`),
      deleted: (gone) => told.push(`-${text(gone)}`),
    });
    return { told, scope };
  };

  it('tells what a new list changes: deletions, then the rest; nothing for what is the same', () => {
    const cache = new ObjectCache<KubeObject>();
    cache.replace([object('a', 1), object('b', 1), object('c', 1)]);
    const { told } = follow(cache);
    expect(told.splice(0)).to.deep.equal(['+a@1', '+b@1', '+c@1']);
    cache.replace([object('b', 1), object('c', 2), object('d', 3)]);
    expect(told).to.deep.equal(['-a@1', 'c@1>c@2', '+d@3']);
    expect(cache.list().map(({ metadata }) => metadata.name)).to.have.members(['b', 'c', 'd']);
  });

  it('keeps no managedFields, and leaves them in what it was given', () => {
    const cache = new ObjectCache<KubeObject>();
    const given = { metadata: { ...object('a', 1).metadata, managedFields: [{ manager: 'x' }] } };
    cache.put(given);
    expect(cache.get('n/a')).to.deep.equal(object('a', 1));
    expect(given.metadata.managedFields).to.have.lengthOf(1);
  });

  it('takes an object that was re-created meanwhile for another one', () => {
    const cache = new ObjectCache<KubeObject>();
    cache.put(object('a', 1, 'first'));
    const { told } = follow(cache);
    cache.put(object('a', 5, 'second'));
    expect(told).to.deep.equal(['+a@1', '-a@1', '+a@5']);
    expect(cache.get('n/a')?.metadata.uid).to.equal('second');
  });

  it('is not stopped by a handler that throws, and forgets handlers whose scope has ended', async () => {
    const cache = new ObjectCache<KubeObject>();
    cache.onChange(testScope(), {
      added: () => {
        throw new Error('no');
      },
    });
    const { told, scope } = follow(cache);
    cache.put(object('a', 1));
    await scope.end();
    cache.remove(object('a', 2));
    expect(told).to.deep.equal(['+a@1']);
  });
});

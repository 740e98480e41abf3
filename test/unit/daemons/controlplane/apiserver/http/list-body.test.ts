import { expect } from 'chai';
import { RESOURCES, type KubeObject } from '../../../../../../src/protocol/kubernetes.ts';
import { listBody } from '../../../../../../src/daemons/controlplane/apiserver/http/list-body.ts';
import { shapeList, type Shaping } from '../../../../../../src/daemons/controlplane/apiserver/http/represent.ts';
import { builtin } from '../../../../../../src/daemons/controlplane/apiserver/builtin-resources.ts';
import { StoredObject } from '../../../../../../src/store/stored-object.ts';

describe('body of a list', () => {
  const entry = builtin(RESOURCES.configMap);
  const shaping: Shaping = { entry, as: undefined, includeObject: 'Metadata', now: new Date(0) };
  const head = { kind: 'ConfigMapList', apiVersion: 'v1', metadata: { resourceVersion: '7' } };
  const map = (name: string, data = {}) => ({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name }, data });
  const odd = { metadata: { name: 'of-before' }, kind: 'ConfigMap', apiVersion: 'v1', data: {} };
  const stored = (object: KubeObject) => new StoredObject('', object.metadata.name, Buffer.from(JSON.stringify(object)));
  const text = (objects: KubeObject[]) =>
    Buffer.from(listBody({ ...head, items: objects.map(stored) }, shaping, 'application/json') as Buffer).toString();

  for (const [what, objects] of Object.entries({
    'no items': [],
    one: [map('a')],
    'several, some with more than ASCII': [map('a', { k: 'Größe 🌡' }), map('b'), map('c', { quote: '"},{' })],
    'items that were stored in another order of fields': [map('a'), odd, map('b')],
    'an item that is shorter than its head': [{ metadata: { name: '' } }],
  })) {
    it(`is what the objects give: ${what}`, () => {
      expect(text(objects)).to.equal(`${JSON.stringify(shapeList({ ...head, items: objects }, shaping))}\n`);
    });
  }

  it('is in the shape that was asked for', () => {
    const items = [map('a'), map('b')];
    const as = { ...shaping, as: 'PartialObjectMetadataList' as const };
    expect(listBody({ ...head, items: items.map(stored) }, as, 'application/json')).to.deep.equal(shapeList({ ...head, items }, as));
    expect(listBody({ ...head, items: items.map(stored) }, shaping, 'application/yaml')).to.deep.equal(
      shapeList({ ...head, items }, shaping),
    );
  });
});

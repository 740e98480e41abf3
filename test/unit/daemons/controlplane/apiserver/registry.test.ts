import { expect } from 'chai';
import { BUILTIN_RESOURCES } from '../../../../../src/daemons/controlplane/apiserver/builtin-resources.ts';
import { takenNames } from '../../../../../src/daemons/controlplane/apiserver/custom-resources.ts';
import { Registry } from '../../../../../src/daemons/controlplane/apiserver/registry.ts';

const definition = (plural: string, kind: string, versions: string[], group = 'example.org', established = 'True') => ({
  metadata: { name: `${plural}.${group}` },
  spec: {
    group,
    scope: 'Namespaced',
    names: { plural, kind, shortNames: ['x'] },
    versions: versions.map((name, index) => ({
      name,
      served: true,
      storage: index === 0,
      schema: { openAPIV3Schema: { type: 'object' } },
    })),
  },
  status: { acceptedNames: { plural, kind, shortNames: ['x'] }, conditions: [{ type: 'Established', status: established }] },
});

describe('resource registry', () => {
  it("orders versions as Kubernetes does and serves a definition's versions until it is gone", () => {
    const registry = new Registry(BUILTIN_RESOURCES);
    registry.define(definition('lamps', 'Lamp', ['v1alpha1', 'v1', 'v1beta2', 'v2', 'v1beta10', 'other']));
    const group = registry.groups().find(({ name }) => name === 'example.org');
    expect(group?.versions).to.deep.equal(['v2', 'v1', 'v1beta10', 'v1beta2', 'v1alpha1', 'other']);
    expect(registry.find('example.org', 'v1beta2', 'lamps')?.listKind).to.equal('LampList');
    registry.undefine('lamps.example.org');
    expect(registry.find('example.org', 'v1beta2', 'lamps')).to.equal(undefined);
  });

  it('serves nothing of a definition that is not established, and no other pods', () => {
    const registry = new Registry(BUILTIN_RESOURCES);
    registry.define(definition('lamps', 'Lamp', ['v1'], 'example.org', 'False'));
    registry.define(definition('leases', 'Lease', ['v9'], 'coordination.k8s.io'));
    expect(registry.all.map(({ resource }) => resource.plural)).to.not.include('lamps');
    expect(registry.groups().find(({ name }) => name === 'coordination.k8s.io')?.versions).to.deep.equal(['v1']);
  });

  it('sees names that another definition of the group holds', () => {
    const held = definition('lamps', 'Lamp', ['v1']);
    const other = definition('bulbs', 'Lamp', ['v1']);
    expect(takenNames(other, [held, other])).to.deep.equal(['Lamp', 'x']);
    expect(takenNames(definition('bulbs', 'Lamp', ['v1'], 'example.com'), [held])).to.deep.equal([]);
  });
});

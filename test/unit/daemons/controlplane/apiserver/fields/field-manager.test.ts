import { expect } from 'chai';
import fc from 'fast-check';
import { ApplyConflict } from '../../../../../../src/daemons/controlplane/apiserver/fields/conflict.ts';
import { apply, managersAfterUpdate, type Writer } from '../../../../../../src/daemons/controlplane/apiserver/fields/field-manager.ts';
import { pathsOf, type FieldSet } from '../../../../../../src/daemons/controlplane/apiserver/fields/field-set.ts';
import { fieldType } from '../../../../../../src/daemons/controlplane/apiserver/fields/field-type.ts';
import {
  encodeManagers,
  managerKey,
  NO_MANAGERS,
  type Managers,
} from '../../../../../../src/daemons/controlplane/apiserver/fields/managed-fields.ts';
import { showPath } from '../../../../../../src/daemons/controlplane/apiserver/fields/path-element.ts';
import { withNamedFields } from '../../../../../../src/daemons/controlplane/apiserver/fields/remove.ts';
import { toFieldSet } from '../../../../../../src/daemons/controlplane/apiserver/fields/to-field-set.ts';
import type { Versions } from '../../../../../../src/daemons/controlplane/apiserver/fields/versions.ts';
import type { SchemaNode } from '../../../../../../src/daemons/controlplane/apiserver/schema/schema-node.ts';

const text: SchemaNode = { type: 'string' };
const schema: SchemaNode = {
  type: 'object',
  properties: {
    spec: {
      type: 'object',
      properties: {
        a: text,
        b: text,
        labels: { type: 'object', additionalProperties: text },
        whole: { type: 'object', 'x-kubernetes-map-type': 'atomic', additionalProperties: text },
        tags: { type: 'array', items: text, 'x-kubernetes-list-type': 'set' },
        words: { type: 'array', items: text },
        parts: {
          type: 'array',
          'x-kubernetes-list-type': 'map',
          'x-kubernetes-list-map-keys': ['name'],
          items: { type: 'object', properties: { name: text, note: text, more: { type: 'object', additionalProperties: text } } },
        },
      },
    },
  },
};
const type = fieldType(schema);
const versions: Versions = { apiVersion: 'v1', at: (value, version) => (version === 'v1' ? { type, value } : undefined) };
const writer = (name: string, now = '2026-01-01T00:00:00Z'): Writer => ({ name, subresource: '', now, filter: (set) => set });

interface State {
  readonly object: unknown;
  readonly managers: Managers;
}
const NOTHING: State = { object: {}, managers: NO_MANAGERS };

function applied({ object, managers }: State, name: string, config: unknown, force = false, now?: string): State {
  return apply(versions, { live: object, config, managers }, writer(name, now), force);
}
function updated({ object, managers }: State, name: string, next: unknown, now?: string): State {
  const before = managers.size === 0 ? undefined : object;
  return { object: next, managers: managersAfterUpdate(versions, { before, after: next, managers }, writer(name, now)) };
}
const owners = ({ managers }: State): Record<string, string[]> => {
  const result: Record<string, string[]> = {};
  for (const { name, set } of managers.values()) result[name] = [...(result[name] ?? []), ...shown(set)];
  return result;
};
const shown = (set: FieldSet): string[] => [...pathsOf(set)].map(showPath).sort();

const value = fc.constantFrom('1', '2');
const names = (list: readonly string[]) => fc.subarray([...list]);
const part = fc.record({ note: value, more: fc.dictionary(fc.constantFrom('x', 'y'), value, { minKeys: 1 }) }, { requiredKeys: [] });
const spec = fc.record(
  {
    a: value,
    b: value,
    labels: fc.dictionary(fc.constantFrom('k', 'l', 'm'), value, { minKeys: 1 }),
    whole: fc.dictionary(fc.constantFrom('k', 'l'), value, { minKeys: 1 }),
    tags: names(['s', 't', 'u']).filter((list) => list.length > 0),
    words: fc.array(value, { minLength: 1, maxLength: 2 }),
    parts: fc
      .tuple(names(['p', 'q', 'r']), fc.array(part, { minLength: 3, maxLength: 3 }))
      .map(([chosen, rest]) => chosen.map((name, index) => ({ name, ...rest[index] })))
      .filter((list) => list.length > 0),
  },
  { requiredKeys: [] },
);
const config = spec.map((one) => ({ spec: one }));
const step = fc.record({
  kind: fc.constantFrom('apply', 'force', 'update'),
  name: fc.constantFrom<string>('one', 'two', 'three'),
  config,
});
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

/** What happens to an object; an apply that meets a conflict changes nothing. */
function after(steps: readonly Step[], start = NOTHING): State {
  return steps.reduce<State>((state, { kind, name, config: wanted }) => {
    if (kind === 'update') return updated(state, name, wanted);
    try {
      return applied(state, name, wanted, kind === 'force');
    } catch (error) {
      if (error instanceof ApplyConflict) return state;
      throw error;
    }
  }, start);
}

/** Without what is empty: a map that others put something into stays behind. */
function filled(object: unknown): unknown {
  if (Array.isArray(object)) return object.map(filled).sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1));
  if (typeof object !== 'object' || object === null) return object;
  const entries = Object.entries(object).map(([key, child]) => [key, filled(child)] as const);
  return Object.fromEntries(
    entries.filter(([, child]) => child !== null && !(typeof child === 'object' && Object.keys(child).length === 0)),
  );
}

const RUNS = { seed: 11, numRuns: 200 };

describe('field managers, whatever happens to an object,', () => {
  it('own what is applied twice as what is applied once', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 5 }), step, (steps, { name, config: wanted }) => {
        const once = applied(after(steps), name, wanted, true);
        const twice = applied(once, name, wanted, false, '2026-02-02T00:00:00Z');
        expect(twice.object).to.deep.equal(once.object);
        expect(encodeManagers(twice.managers)).to.deep.equal(encodeManagers(once.managers));
      }),
      RUNS,
    );
  });

  it('leave nothing behind when they give up what they applied beside others', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 5 }), config, (steps, wanted) => {
        const before = after(steps);
        const [between] = [after([{ kind: 'apply', name: 'guest', config: wanted }], before)];
        const gone = applied(between, 'guest', {});
        expect(filled(gone.object)).to.deep.equal(filled(before.object));
        expect(owners(gone)).to.deep.equal(owners(before));
      }),
      RUNS,
    );
  });

  it('never own what is not there, and what is there has an owner', () => {
    fc.assert(
      fc.property(fc.array(step, { minLength: 1, maxLength: 6 }), (steps) => {
        const state = after(steps);
        const there = new Set(shown(withNamedFields(type, toFieldSet(type, state.object))));
        const owned = new Set(Object.values(owners(state)).flat());
        for (const path of owned) expect(there, path).to.include(path);
        for (const path of shown(toFieldSet(type, filled(state.object)))) expect(owned, path).to.include(path);
      }),
      RUNS,
    );
  });

  it('have what they apply, or are told who is in the way', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 5 }), config, (steps, wanted) => {
        const before = after(steps);
        try {
          const { object } = applied(before, 'new', wanted);
          expect(owned(wanted)).to.satisfy((list: string[]) => list.every((path) => owned(object).includes(path)));
        } catch (error) {
          if (!(error instanceof ApplyConflict)) throw error;
          for (const { field } of error.causes) expect(Object.values(owners(before)).flat()).to.include(field);
        }
      }),
      RUNS,
    );
  });
  const owned = (object: unknown): string[] => shown(toFieldSet(type, object));
});

describe('field managers', () => {
  const base = updated(NOTHING, 'creator', { spec: { a: '1', labels: { k: '1' }, parts: [{ name: 'p', note: '1' }] } });

  it('take fields from others by force alone', () => {
    expect(() => applied(base, 'me', { spec: { a: '2', labels: { k: '1' } } })).to.throw(
      ApplyConflict,
      'Apply failed with 1 conflict: conflict with "creator" using v1: .spec.a',
    );
    const forced = applied(base, 'me', { spec: { a: '2', labels: { k: '1' } } }, true);
    expect(owners(forced)).to.deep.equal({
      creator: [
        '.spec',
        '.spec.labels',
        '.spec.labels.k',
        '.spec.parts',
        '.spec.parts[name="p"]',
        '.spec.parts[name="p"].name',
        '.spec.parts[name="p"].note',
      ],
      me: ['.spec.a', '.spec.labels.k'],
    });
  });

  it('name each field that is in the way, by manager', () => {
    const both = applied(base, 'two', { spec: { labels: { k: '1' }, tags: ['t'] } });
    const conflict = caught(() => applied(both, 'me', { spec: { a: '2', labels: { k: '2' }, parts: [{ name: 'p', note: '2' }] } }));
    expect(conflict.message).to.equal(
      'Apply failed with 4 conflicts: conflicts with "creator" using v1:\n- .spec.a\n- .spec.labels.k\n- .spec.parts[name="p"].note\n' +
        'conflicts with "two":\n- .spec.labels.k',
    );
    expect(conflict.causes[3]).to.deep.equal({
      reason: 'FieldManagerConflict',
      message: 'conflict with "two"',
      field: '.spec.labels.k',
    });
  });

  it('say through which subresource they wrote', () => {
    const status = { ...writer('kubelet'), subresource: 'status' };
    const managers = managersAfterUpdate(versions, { before: {}, after: { spec: { a: '1' } }, managers: NO_MANAGERS }, status);
    const conflict = caught(() => applied({ object: { spec: { a: '1' } }, managers }, 'me', { spec: { a: '2' } }));
    expect(conflict.message).to.equal('Apply failed with 1 conflict: conflict with "kubelet" with subresource "status" using v1: .spec.a');
  });

  it('put new elements behind the neighbours that they are applied with', () => {
    const live = { spec: { parts: ['p', 'x', 'q', 'y'].map((name) => ({ name })) } };
    const ordered = applied({ object: live, managers: NO_MANAGERS }, 'me', {
      spec: { parts: ['n', 'q', 'p', 'o'].map((name) => ({ name })) },
    });
    const list = (ordered.object as typeof live).spec.parts.map(({ name }) => name);
    expect(list).to.deep.equal(['x', 'n', 'q', 'y', 'p', 'o']);
  });

  it('keep their time when an apply changes nothing, and have a new one when it does', () => {
    const first = applied(NOTHING, 'me', { spec: { a: '1' } }, false, '2026-01-01T00:00:00Z');
    const timeOf = ({ managers }: State) => managers.get(key)?.time;
    const key = managerKey({ name: 'me', operation: 'Apply', apiVersion: 'v1', subresource: '' });
    expect(timeOf(applied(first, 'me', { spec: { a: '1' } }, false, '2026-01-02T00:00:00Z'))).to.equal('2026-01-01T00:00:00Z');
    expect(timeOf(applied(first, 'me', { spec: { a: '2' } }, false, '2026-01-02T00:00:00Z'))).to.equal('2026-01-02T00:00:00Z');
  });

  it('of a version that is served no longer are forgotten', () => {
    const old = {
      name: 'old',
      operation: 'Apply',
      apiVersion: 'v0',
      subresource: '',
      time: undefined,
      set: toFieldSet(type, base.object),
    } as const;
    const managers = new Map(base.managers).set(managerKey(old), old);
    expect(owners(applied({ object: base.object, managers }, 'me', { spec: { b: '1' } }))).to.have.keys('creator', 'me');
  });

  it('beyond ten that update become one, the oldest first', () => {
    let state = NOTHING;
    for (let index = 0; index < 14; index += 1) {
      const labels = { ...(state.object as { spec?: { labels?: object } }).spec?.labels, [`l${index}`]: '1' };
      state = updated(state, `m${index}`, { spec: { labels } }, `2026-01-01T00:00:${10 + index}Z`);
    }
    expect([...state.managers.values()].map(({ name }) => name)).to.have.members([
      'ancient-changes',
      ...range(5, 14).map((index) => `m${index}`),
    ]);
    expect(owners(state)['ancient-changes']).to.deep.equal([
      '.spec',
      '.spec.labels',
      ...range(0, 5).map((index) => `.spec.labels.l${index}`),
    ]);
    const ancient = [...state.managers.values()].find(({ name }) => name === 'ancient-changes');
    expect(ancient?.time).to.equal('2026-01-01T00:00:14Z');
  });

  it('by the ten thousand, each with a field of its own, become one in no time', () => {
    const count = 20_000;
    const managers = new Map(
      range(0, count).map((index) => {
        const set = toFieldSet(type, { spec: { labels: { [`l${index}`]: '1' } } });
        const manager = { name: `m${index}`, operation: 'Update', apiVersion: 'v1', subresource: '', time: undefined, set } as const;
        return [managerKey(manager), manager] as const;
      }),
    );
    const labels = Object.fromEntries(range(0, count).map((index) => [`new${index}`, '1']));
    // When the square of them is done, this takes minutes.
    const state = updated({ object: {}, managers }, 'me', { spec: { labels } });
    expect(owners(state))
      .to.have.property('me')
      .with.length(count + 2);
    const ancient = owners(state)['ancient-changes'];
    expect(state.managers.size).to.equal(10);
    expect(ancient).to.have.length(count - 8);
  });
});

const range = (from: number, to: number): number[] => Array.from({ length: to - from }, (_, index) => from + index);

function caught(work: () => unknown): ApplyConflict {
  try {
    work();
  } catch (error) {
    if (error instanceof ApplyConflict) return error;
    throw error;
  }
  throw new Error('nothing was in the way');
}

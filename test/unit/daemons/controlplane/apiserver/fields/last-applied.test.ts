import { expect } from 'chai';
import { ApplyConflict } from '../../../../../../src/daemons/controlplane/apiserver/fields/conflict.ts';
import { fieldType } from '../../../../../../src/daemons/controlplane/apiserver/fields/field-type.ts';
import { decodeFields } from '../../../../../../src/daemons/controlplane/apiserver/fields/fields-v1.ts';
import {
  conflictBeyondLastApplied,
  LAST_APPLIED,
  withLastApplied,
} from '../../../../../../src/daemons/controlplane/apiserver/fields/last-applied.ts';
import type { Versions } from '../../../../../../src/daemons/controlplane/apiserver/fields/versions.ts';
import { definitionFor } from '../../../../../../src/daemons/controlplane/apiserver/schema/openapi-data.ts';

const type = fieldType(definitionFor({ group: '', version: 'v1', kind: 'ConfigMap' }) ?? {});
const versions: Versions = { apiVersion: 'v1', at: (value) => ({ type, value }) };
const manager = {
  name: 'kubectl-client-side-apply',
  operation: 'Update',
  apiVersion: 'v1',
  subresource: '',
  time: undefined,
  set: new Map(),
} as const;
const conflictOn = (...keys: string[]) =>
  new ApplyConflict([{ manager, fields: decodeFields({ 'f:data': Object.fromEntries(keys.map((key) => [`f:${key}`, {}])) }) }]);
const noted = (data: object, note: unknown) => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name: 'a', annotations: { [LAST_APPLIED]: typeof note === 'string' ? note : JSON.stringify(note) } },
  data,
});
const config = (data: object) => ({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'a' }, data });

describe('what kubectl applied on the client’s side', () => {
  const live = noted({ a: '1', b: '2', c: '3' }, config({ a: '1', b: 'old' }));

  it('is in nobody’s way when it still is as it was applied', () => {
    expect(conflictBeyondLastApplied(versions, live, conflictOn('a'))).to.equal(undefined);
  });

  it('is when somebody changed it since, as is everything else', () => {
    const left = conflictBeyondLastApplied(versions, live, conflictOn('a', 'b', 'c'));
    expect(left?.causes.map(({ field }) => field)).to.deep.equal(['.data.b', '.data.c']);
  });

  for (const note of ['', 'not JSON', '[]', { ...config({ a: '1' }), apiVersion: 'v2' }, { ...config({ a: '1' }), unknown: 1 }]) {
    it(`is nothing in a note like ${JSON.stringify(note)}`, () => {
      expect(conflictBeyondLastApplied(versions, noted({ a: '1' }, note), conflictOn('a'))?.message).to.equal(conflictOn('a').message);
    });
  }

  it('is noted anew for whoever goes back to it', () => {
    const applied = { ...config({ a: '9' }), metadata: { name: 'a', annotations: { [LAST_APPLIED]: 'old', other: 'x' } } };
    const result = withLastApplied(live, applied) as typeof live;
    const note = JSON.parse(result.metadata.annotations[LAST_APPLIED]) as unknown;
    expect(note).to.deep.equal({ ...config({ a: '9' }), metadata: { name: 'a', annotations: { other: 'x' } } });
    expect(applied.metadata.annotations[LAST_APPLIED]).to.equal('old');
    const plain = config({ a: '1' });
    expect(withLastApplied(plain, applied)).to.equal(plain);
  });
});

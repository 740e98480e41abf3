import { expect } from 'chai';
import { inNamespace, parseManifests } from '../../../src/client/manifest.ts';
import { parsePairs } from '../../../src/client/pairs.ts';
import { KedgeError } from '../../../src/kernel/errors.ts';
import { RESOURCES } from '../../../src/protocol/kubernetes.ts';

const parse = (text: string) => parseManifests(text, 'f.yaml', RESOURCES.device);
const head = 'apiVersion: devices.kubeedge.io/v1beta1\nkind: Device\n';
const failure = async (text: string): Promise<KedgeError> => {
  const error: unknown = await parse(text).catch((thrown: unknown) => thrown);
  expect(error).to.be.instanceOf(KedgeError).and.include({ code: 'INVALID_INPUT' });
  return error as KedgeError;
};
const refusal = async (text: string): Promise<string> => (await failure(text)).message;

describe('parseManifests', () => {
  it('reads documents, lists and JSON', async () => {
    const named = (name: string): string => `${head}metadata: {name: ${name}}\n`;
    const list = `---\nkind: List\nitems:\n- {apiVersion: devices.kubeedge.io/v1beta1, kind: Device, metadata: {name: c}}\n`;
    const objects = await parse(`# comment\n---\n${named('a')}---\n---\n${named('b')}${list}`);
    expect(objects.map(({ metadata }) => metadata.name)).to.deep.equal(['a', 'b', 'c']);
    expect(await parse(JSON.stringify(objects[0]))).to.deep.equal([objects[0]]);
  });

  it('reads YAML 1.1, as kubectl does', async () => {
    const [object] = await parse(`${head}metadata: {name: a}\nspec: {on: yes, mode: 0755}\n`);
    expect(object).to.have.deep.property('spec', { true: true, mode: 493 });
  });

  it('names the line, the kind or the key that is wrong', async () => {
    expect(await refusal(`${head}metadata:\n  name: a\n bad: [`)).to.match(/^f\.yaml:\d: /);
    expect(await refusal(`${head}metadata: {name: a}\n---\nkind: Pod\napiVersion: v1\n`)).to.contain('object 2 is a v1 Pod');
    expect(await refusal('kind: Device\napiVersion: devices.kubeedge.io/v1alpha2\n')).to.contain(
      'v1alpha2 Device, not a devices.kubeedge.io/v1beta1 Device',
    );
    expect(await refusal(head)).to.contain('metadata.name is missing');
    expect(await refusal('kind: Foo\nmetadata: {name: a}\n')).to.equal('f.yaml, object 1: apiVersion is missing');
    expect(await refusal('just a text')).to.contain('no Kubernetes object');
    expect(await refusal('')).to.contain('holds no Device');
    expect(await refusal(`${head}kind: Device`)).to.match(/f\.yaml:3: .*unique/);
  });

  it('says what to do with a file of both kinds', async () => {
    const { hint } = await failure(`${head.replace('Device', 'DeviceModel')}metadata: {name: m}\n`);
    expect(hint).to.contain('kedge device model create -f FILE');
    expect(await failure('kind: Device\napiVersion: devices.kubeedge.io/v1alpha1\n')).to.have.property('hint', undefined);
  });

  it('refuses an object that is too large for the API', async () => {
    const large = `${head}metadata: {name: a}\nspec: {nodeName: ${'n'.repeat(3 * 1024 * 1024)}}\n`;
    expect(await refusal(large)).to.equal('f.yaml, object 1 is too large: the API takes 3145728 bytes');
  });

  it('is not blown up by aliases', async () => {
    const bomb = [
      'a: &a [x,x,x,x,x,x,x,x,x,x]',
      ...'bcdefgh'.split('').map((name, n) => `${name}: &${name} [${`*${'abcdefg'[n]!},`.repeat(9)}]`),
    ];
    expect(await refusal(bomb.join('\n'))).to.contain('alias');
  });
});

describe('inNamespace', () => {
  it('takes the object’s word before the default and refuses a contradiction', () => {
    const object = { metadata: { name: 'a', namespace: 'n' } };
    expect(inNamespace(object, undefined).metadata.namespace).to.equal('n');
    expect(inNamespace({ metadata: { name: 'a' } }, undefined).metadata).to.include({ namespace: 'default' });
    expect(() => inNamespace(object, 'other')).to.throw(KedgeError, 'n');
  });
});

describe('parsePairs', () => {
  it('splits at the first = and refuses other forms', () => {
    expect([...parsePairs(['a=b=c', 'd=e'], { example: '' })]).to.deep.equal([['a', 'b=c'], ['d', 'e']]); // prettier-ignore
    for (const pairs of [['a'], ['=b'], ['a='], ['a=1', 'a=2']])
      expect(() => parsePairs(pairs, { example: '' }), pairs.join()).to.throw(KedgeError);
    expect(() => parsePairs(['a='], { example: '' })).to.throw(KedgeError, 'a is given no value: an empty one cannot be set');
  });
});

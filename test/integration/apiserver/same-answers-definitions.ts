import type { Step } from './same-answers.ts';

const CRDS = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions';
const GO = 'Go says where in its own structures, and quotes the bytes around the mistake';

/** A dry run of a definition whose objects have a field `l` with this schema. */
const schema = (say: string, l: unknown, rest: Partial<Step> = {}): Step => {
  const names = { plural: 'drafts', singular: 'draft', kind: 'Draft' };
  const openAPIV3Schema = { type: 'object', properties: { l } };
  const versions = [{ name: 'v1', served: true, storage: true, schema: { openAPIV3Schema } }];
  const spec = { group: 'drafts.org', scope: 'Namespaced', names, versions };
  return { say, method: 'POST', path: `${CRDS}?dryRun=All`, body: { metadata: { name: 'drafts.drafts.org' }, spec }, ...rest };
};
const items = (say: string, below: unknown, rest: Partial<Step> = {}): Step => schema(say, { type: 'array', items: below }, rest);
const values = (say: string, below: unknown, rest: Partial<Step> = {}): Step =>
  schema(say, { type: 'object', additionalProperties: below }, rest);

/** Schemas with what is no schema, below what may be one or something else. */
export const DEFINITION_STEPS: readonly Step[] = [
  items('null for the schema of items', null),
  items('nulls in it', { type: 'string', pattern: null, enum: null, not: null }),
  items('null for its properties', { type: 'object', properties: null, required: null }),
  items('null for one of them', { type: 'object', properties: { a: null } }),
  items('null in allOf', { type: 'string', allOf: [null] }),
  items('null for items of items', { type: 'object', properties: { m: { type: 'array', items: null } } }),
  items('nulls that say nothing', { type: 'object', default: null, oneOf: null, properties: { m: { type: 'string', nullable: null } } }),
  items('empty lists in it', { type: 'object', required: [], allOf: [], properties: { m: { type: 'string', enum: [] } } }),
  items('a text for a schema', 'text'),
  items('a list of no schemas', []),
  items('a list of schemas', [{ type: 'string' }]),
  items('a type that is a number', { type: 5 }, { otherText: GO }),
  items('a length that is a text', { type: 'object', properties: { m: { type: 'string', maxLength: '5' } } }, { otherText: GO }),
  items('an unknown word', { type: 'string', unknown: 'x' }),
  items('dependencies', { type: 'object', dependencies: { a: ['b'] } }),
  items('definitions and an id', { type: 'object', id: 'x', definitions: { a: { type: 'string' } } }),
  items('patternProperties', { type: 'object', patternProperties: { '^a': { type: 'string' } } }),
  items('additionalItems', { type: 'array', items: { type: 'string' }, additionalItems: false }),
  values('null for the schema of values', null),
  values('yes for it', true),
  values('no for it', false),
  values('nulls in it', { type: 'object', properties: { a: null }, allOf: [null] }),
  values('a text for it', 'text', { otherText: GO }),
  values('a list for it', [], { otherText: GO }),
  values('a list for its properties', { type: 'object', properties: ['a'] }, { otherText: GO }),
];

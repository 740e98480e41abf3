import { expect } from 'chai';
import {
  CRDS,
  definition,
  HostileClient,
  JSON_PATCH,
  JSON_TYPE,
  list,
  map,
  MAPS,
  MERGE,
  STRATEGIC,
  WORDS,
} from '../../helpers/hostile-client.ts';
import { eventually } from '../../helpers/eventually.ts';
import { openWatch } from '../../helpers/raw-watch.ts';

describe('hostile amounts to the embedded API server', function () {
  this.timeout(60_000);
  let client: HostileClient;

  before(async () => {
    client = await HostileClient.start();
  });
  after(() => client.stop());

  describe('patterns of a definition', () => {
    it('that backtrack without end elsewhere are matched in a moment', async () => {
      const text = `${'a'.repeat(100_000)}!`;
      const { body } = await client.refused('POST', WORDS, { metadata: { name: 'slow' }, text }, JSON_TYPE, [422]);
      expect(body.details.causes[0].field).to.equal('text');
      expect((await client.ask('POST', WORDS, { metadata: { name: 'slow' }, text: 'aaa' })).code).to.equal(201);
    });

    it('are Go’s', async () => {
      const changed = await client.ask('PATCH', `${CRDS}/words.hostile.example.org`, [
        { op: 'replace', path: '/spec/versions/0/schema/openAPIV3Schema/properties/text/pattern', value: String.raw`(?i)^abc\z` },
      ], JSON_PATCH); // prettier-ignore
      expect(changed.code).to.equal(200);
      expect((await client.ask('POST', WORDS, { metadata: { name: 'go' }, text: 'ABC' })).code).to.equal(201);
      await client.refused('POST', WORDS, { metadata: { name: 'go2' }, text: 'abcd' }, JSON_TYPE, [422]);
    });

    for (const pattern of ['((a{1000}){1000}){1000}', 'a{1001}', '('.repeat(2_000), '(?=a)', 'a'.repeat(20_000)]) {
      it(`of ${pattern.slice(0, 30)} are refused, wherever they stand`, async () => {
        const properties = { a: { type: 'string', anyOf: [{ pattern }, { minLength: 1 }] }, b: { type: 'string', pattern } };
        const { spec } = definition('x');
        const versions = [{ ...spec.versions[0], schema: { openAPIV3Schema: { type: 'object', properties } } }];
        const names = { plural: 'others', kind: 'Other' };
        const other = { metadata: { name: 'others.hostile.example.org' }, spec: { ...spec, names, versions } };
        const { body } = await client.refused('POST', CRDS, other, JSON_TYPE, [422]);
        expect(body.details.causes).to.have.length(2);
      });
    }
  });

  describe('very many', () => {
    it('labels, annotations, finalizers and owners', async () => {
      const metadata = {
        labels: map(10_000, (index) => [`l${index}`, 'v']),
        annotations: map(10_000, (index) => [`a${index}`, 'v']),
        finalizers: list(10_000, (index) => `x.io/f${index}`),
      };
      expect((await client.ask('POST', MAPS, { metadata: { ...metadata, name: 'many' } })).code).to.equal(201);
      const other = list(10_000, (index) => `y.io/f${index}`);
      expect(
        (await client.ask('PATCH', `${MAPS}/many`, { metadata: { finalizers: other } }, STRATEGIC)).body.metadata.finalizers.length,
      ).to.equal(20_000);
      expect((await client.ask('PATCH', `${MAPS}/many`, { metadata: { finalizers: null, labels: null } }, MERGE)).code).to.equal(200);
      // Owners that are not there: the garbage collector looks for each.
      const owner = { apiVersion: 'v1', kind: 'ConfigMap', name: 'many' };
      const owners = list(10_000, (index) => ({ ...owner, uid: `u${index}` }));
      expect((await client.ask('POST', MAPS, { metadata: { name: 'owned', ownerReferences: owners } })).code).to.equal(201);
      expect((await client.ask('DELETE', `${MAPS}/many`)).code).to.equal(200);
    });

    it('mistakes are answered with some of them', async () => {
      const labels = map(30_000, (index) => [`_${index}`, '!']);
      const { body, text } = await client.refused('POST', MAPS, { metadata: { name: 'wrong', labels } }, JSON_TYPE, [422]);
      expect([body.details.causes.length, text.length < 200_000]).to.deep.equal([100, true]);
      expect(body.message).to.match(/, and 59900 more\]$/);
      const kinds = list(20_000, (index) => `k${index}`);
      const { text: enums } = await client.refused('POST', WORDS, { metadata: { name: 'wrong' }, kinds }, JSON_TYPE, [422]);
      expect(enums.length).to.be.lessThan(8 * 1024 * 1024);
    });

    it('unknown fields are warned of by headers that fit, and not all told when refused', async () => {
      const free = map(50_000, (index) => [`unknown-${index}`, 1]);
      for (const path of [MAPS, WORDS]) {
        const { code, headers } = await client.ask('POST', `${path}?dryRun=All`, { metadata: { name: 'fields' }, ...free });
        expect([code, (headers['warning'] as string).length < 8_192]).to.deep.equal([201, true]);
        const { body } = await client.refused(
          'POST',
          `${path}?fieldValidation=Strict`,
          { metadata: { name: 'fields' }, ...free },
          JSON_TYPE,
          [400],
        );
        expect((body.message as string).match(/unknown field/g)).to.have.length(100);
      }
    });

    it('bytes in one object, patch by patch', async () => {
      const free = (index: number) => ({ free: { [`k${index}`]: 'x'.repeat(1024 * 1024) } });
      expect((await client.ask('POST', WORDS, { metadata: { name: 'big' }, ...free(0) })).code).to.equal(201);
      expect((await client.ask('PATCH', `${WORDS}/big`, free(1), MERGE)).code).to.equal(200);
      const { body } = await client.refused('PATCH', `${WORDS}/big`, free(2), MERGE, [413]);
      expect([body.reason, body.message]).to.satisfy(([reason, message]: [string, string]) => reason === 'RequestEntityTooLarge' && message.endsWith('limit is 3145728'));
      expect((await client.ask('DELETE', `${WORDS}/big`)).code).to.equal(200);
    }); // prettier-ignore
  });

  describe('queries', () => {
    for (const [query, code] of [
      ['limit=x', 400],
      ['limit=99999999999999999999', 400],
      ['timeoutSeconds=x', 400],
      ['watch=1&timeoutSeconds=x', 400],
      ['continue=e30', 400],
      [`continue=${Buffer.from('{"revision":-1,"namespace":"default","name":"a"}').toString('base64url')}`, 410],
      ['resourceVersion=-1', 400],
      ['resourceVersionMatch=Exact', 422],
      ['resourceVersion=1&resourceVersionMatch=Foo', 422],
      ['resourceVersion=0&resourceVersionMatch=Exact', 422],
      ['watch=1&resourceVersion=1&resourceVersionMatch=Exact', 422],
      ['fieldSelector=__proto__%3Da', 400],
      [`labelSelector=${encodeURIComponent(`${'a.'.repeat(5_000)}!`)}`, 400],
      [`labelSelector=${'('.repeat(14_000)}`, 400],
    ] as const) {
      it(query.slice(0, 60), () => client.refused('GET', `${MAPS}?${query}`, undefined, JSON_TYPE, [code]).then(() => undefined));
    }

    it('of very many parameters, and of values beyond reason', async () => {
      const many = list(2_000, (index) => `a${index}=b`).join('&');
      for (const query of [many, 'limit=-1', 'pretty=x', 'watch=0', 'watch=False']) {
        expect((await client.ask('GET', `${MAPS}?${query}`)).body?.kind, query.slice(0, 30)).to.equal('ConfigMapList');
      }
    });

    it('of a watch that does not read large objects, which is cut off before they are many', async () => {
      expect((await client.ask('POST', WORDS, { metadata: { name: 'large' } })).code).to.equal(201);
      const watch = await openWatch(client.credentials, `${WORDS}?fieldSelector=metadata.name%3Dlarge`);
      watch.response.pause();
      const filler = 'x'.repeat(1024 * 1024);
      for (let index = 0; index < 40; index += 1) {
        expect((await client.ask('PATCH', `${WORDS}/large`, { free: { filler, index } }, MERGE)).code).to.equal(200);
      }
      watch.response.resume();
      await eventually(() => watch.ended(), 'the end of the watch');
      expect(watch.events.length).to.be.lessThan(40);
      expect((await client.ask('DELETE', `${WORDS}/large`)).code).to.equal(200);
    });

    it('of a watch for longer than timers can say', async () => {
      const watch = await openWatch(client.credentials, `${MAPS}?timeoutSeconds=999999999999999`);
      await client.ask('PATCH', `${MAPS}/a`, { data: { watched: 'yes' } }, MERGE);
      await watch.until(({ object }) => object.data?.watched === 'yes', 'a change');
      expect(watch.ended()).to.equal(false);
      watch.close();
    });
  });
});

import { expect } from 'chai';
import { expectCode, type Ask, type StormWriter } from './storm.ts';

const MAPS = '/api/v1/namespaces/default/configmaps';
const SECRETS = '/api/v1/namespaces/default/secrets';
const SERVICES = '/api/v1/namespaces/default/services';
const MERGE = 'application/merge-patch+json';
const APPLY = 'application/apply-patch+yaml';

interface Item {
  metadata: { name: string; uid: string; deletionTimestamp?: string; finalizers?: string[]; managedFields?: ManagedFields[] };
  data?: Record<string, string>;
  spec?: { clusterIP?: string };
}
interface ManagedFields {
  manager: string;
  fieldsV1: { 'f:data'?: Record<string, object> };
}

/** What a list has. */
export async function itemsOf(ask: Ask, path: string): Promise<Item[]> {
  return (await expectCode(ask('GET', path), [200])).body.items as Item[];
}

/** Makes objects one after the other, in two resources by turns: whoever sees one must see all before it. */
export class SequenceWriter implements StormWriter {
  answered = 0;
  readonly #ask: Ask;
  readonly #name: string;

  constructor(ask: Ask, name: string) {
    this.#ask = ask;
    this.#name = name;
  }

  async step(): Promise<void> {
    const name = `${this.#name}-${this.answered}`;
    await expectCode(this.#ask('POST', this.answered % 2 === 0 ? MAPS : SECRETS, { metadata: { name } }), [201, 409]);
    this.answered += 1;
  }

  async check(answered: boolean): Promise<void> {
    const count = await this.count();
    if (answered) expect(count, this.#name).to.be.within(this.answered, this.answered + 1);
  }

  /** How many there are. */
  async count(): Promise<number> {
    const items = [...(await itemsOf(this.#ask, MAPS)), ...(await itemsOf(this.#ask, SECRETS))];
    const names = items.map(({ metadata: { name } }) => name).filter((name) => name.startsWith(`${this.#name}-`));
    expect(names, `${this.#name}: none without those before it`).to.have.members(names.map((_, index) => `${this.#name}-${index}`));
    return names.length;
  }
}

/** Applies fields of its own to objects that others apply to, one that all want, and one that it gives up each second time. */
export class ApplyWriter implements StormWriter {
  readonly #ask: Ask;
  readonly #manager: string;
  readonly #answered = new Map<string, number>();
  #tried = 0;

  constructor(ask: Ask, manager: string) {
    this.#ask = ask;
    this.#manager = manager;
  }

  async step(): Promise<void> {
    const value = (this.#tried += 1);
    const [manager, name] = [this.#manager, `shared-${value % 3}`];
    const extra = Math.floor(value / 3) % 2 === 0 ? {} : { [`${manager}-extra`]: 'x' };
    const data = { [manager]: String(value), last: `${manager} ${value}`, ...extra };
    const config = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name }, data };
    await expectCode(this.#ask('PATCH', `${MAPS}/${name}?fieldManager=${manager}&force=true`, config, APPLY), [200, 201]);
    this.#answered.set(name, value);
  }

  async check(answered: boolean): Promise<void> {
    const manager = this.#manager;
    const items = await itemsOf(this.#ask, MAPS);
    for (const [name, least] of this.#answered) {
      const item = items.find(({ metadata }) => metadata.name === name);
      if (!answered && item?.data?.[manager] === undefined) continue;
      const { data = {}, metadata } = item ?? { metadata: {} };
      const value = Number(data[manager]);
      if (answered) expect(value, `${manager} in ${name}`).to.be.within(least, this.#tried);
      const isExtra = Math.floor(value / 3) % 2 === 1;
      expect(Object.hasOwn(data, `${manager}-extra`), `${manager}-extra in ${name} at ${value}`).to.equal(isExtra);
      const own = (metadata as Item['metadata']).managedFields?.filter((entry) => entry.manager === manager) ?? [];
      const isLast = data['last']?.startsWith(`${manager} `) === true;
      if (isLast) expect(data['last']).to.equal(`${manager} ${value}`);
      const fields = [manager, ...(isExtra ? [`${manager}-extra`] : []), ...(isLast ? ['last'] : [])].map((field) => `f:${field}`);
      expect(
        own.map(({ fieldsV1 }) => Object.keys(fieldsV1['f:data'] ?? {}).sort()),
        name,
      ).to.deep.equal([fields.sort()]);
    }
  }
}

/** Makes and deletes Services in a small range of addresses. */
export class ServiceWriter implements StormWriter {
  readonly #ask: Ask;
  readonly #random: () => number;
  /** Addresses by name; undefined: perhaps there. What is not in it is not there. */
  readonly #known = new Map<string, string | undefined>();

  constructor(ask: Ask, random: () => number) {
    this.#ask = ask;
    this.#random = random;
  }

  async step(): Promise<void> {
    const name = `service-${Math.floor(this.#random() * 20)}`;
    const isThere = this.#known.has(name);
    this.#known.set(name, undefined);
    if (isThere) {
      await expectCode(this.#ask('DELETE', `${SERVICES}/${name}`), [200, 404]);
      this.#known.delete(name);
    } else {
      const { code, body } = await expectCode(this.#ask('POST', SERVICES, service(name)), [201, 500]);
      if (code === 201) this.#known.set(name, body.spec.clusterIP as string);
      else this.#known.delete(name);
      if (code === 500) expect(body.message).to.contain('range is full');
    }
  }

  async check(answered: boolean): Promise<void> {
    const items = await itemsOf(this.#ask, SERVICES);
    const found = new Map(items.map(({ metadata, spec }) => [metadata.name, spec?.clusterIP ?? '']));
    expect(new Set(found.values()).size, 'no address twice').to.equal(items.length);
    if (!answered) return;
    for (const [name, address] of this.#known) if (address !== undefined) expect(found.get(name), name).to.equal(address);
    for (const name of found.keys()) if (name.startsWith('service-')) expect(this.#known.has(name), `${name} was deleted`).to.equal(true);
    for (const name of [...this.#known.keys()]) {
      if (found.has(name)) this.#known.set(name, found.get(name));
      else this.#known.delete(name);
    }
  }

  /** Fills the range: it has room for so many, and what one gives back the next gets. */
  async fill(size: number): Promise<void> {
    for (let index = 0; index <= size; index += 1) await expectCode(this.#ask('POST', SERVICES, service(`full-${index}`)), [201, 500]);
    const items = await itemsOf(this.#ask, SERVICES);
    expect(items.length, 'addresses that are given out').to.equal(size);
    await this.check(false);
    const free = items.find(({ metadata }) => metadata.name !== 'kubernetes');
    await expectCode(this.#ask('DELETE', `${SERVICES}/${free?.metadata.name ?? ''}`), [200]);
    const { body } = await expectCode(this.#ask('POST', SERVICES, service('again')), [201]);
    expect(body.spec.clusterIP).to.equal(free?.spec?.clusterIP);
  }
}

const service = (name: string) => ({ metadata: { name }, spec: { ports: [{ port: 80 }] } });

/** Deletes owners in the foreground, one dependent of which is held by a finalizer for a while. */
export class FamilyWriter implements StormWriter {
  readonly #ask: Ask;
  #family = 0;
  #uid = '';
  #stage = 0;

  constructor(ask: Ask) {
    this.#ask = ask;
  }

  async step(): Promise<void> {
    const [owner, held] = [`owner-${this.#family}`, `child-${this.#family}-0`];
    const stages = [
      async () => {
        await expectCode(this.#ask('POST', MAPS, { metadata: { name: owner } }), [201, 409]);
        this.#uid = (await expectCode(this.#ask('GET', `${MAPS}/${owner}`), [200])).body.metadata.uid as string;
      },
      ...[0, 1, 2].map((index) => async () => {
        const reference = { apiVersion: 'v1', kind: 'ConfigMap', name: owner, uid: this.#uid, blockOwnerDeletion: true };
        const finalizers = index === 0 ? ['test.example.org/hold'] : [];
        const metadata = { name: `child-${this.#family}-${index}`, ownerReferences: [reference], finalizers };
        await expectCode(this.#ask('POST', MAPS, { metadata }), [201, 409]);
      }),
      () => expectCode(this.#ask('DELETE', `${MAPS}/${owner}?propagationPolicy=Foreground`), [200, 202]),
      // From here on it may be released.
      () => Promise.resolve(),
      () => expectCode(this.#ask('PATCH', `${MAPS}/${held}`, { metadata: { finalizers: null } }, MERGE), [200, 404]),
    ];
    await stages[this.#stage]?.();
    this.#stage += 1;
    if (this.#stage < stages.length) return;
    this.#stage = 0;
    this.#family += 1;
  }

  async check(answered: boolean): Promise<void> {
    if (!answered || this.#stage !== 5) return;
    const items = await itemsOf(this.#ask, MAPS);
    const owner = items.find(({ metadata }) => metadata.name === `owner-${this.#family}`);
    expect(
      items.some(({ metadata }) => metadata.name === `child-${this.#family}-0`),
      'a dependent that is held',
    ).to.equal(true);
    expect(owner?.metadata.deletionTimestamp, 'an owner whose dependent is held').to.be.a('string');
    expect(owner?.metadata.finalizers).to.deep.equal(['foregroundDeletion']);
  }

  /** Ends the family that is under way. @returns how many there were */
  async finish(): Promise<number> {
    do await this.step();
    while (this.#stage !== 0);
    return this.#family;
  }

  /** Names of what is still there of all families. */
  async left(): Promise<string[]> {
    return (await itemsOf(this.#ask, MAPS)).map(({ metadata }) => metadata.name).filter((name) => /^(owner|child)-/.test(name));
  }
}

import { expect } from 'chai';
import { RESOURCES } from '../../../src/protocol/kubernetes.ts';
import { definitionFor } from '../../../src/daemons/controlplane/apiserver/schema/openapi-data.ts';
import { send, type RawAnswer, type TestControlPlane } from '../control-plane.ts';
import { eventually } from '../eventually.ts';
import { APPLY, CRDS, JSON_PATCH, JSON_TYPE, MERGE, STRATEGIC } from '../hostile-client.ts';
import { openWatch, type RawWatch } from '../raw-watch.ts';
import { brokenJson, mutate, nastyValue } from './mutate.ts';
import { Random } from './random.ts';
import { sample } from './sample.ts';
import { validObjects, validReviews } from './valid-objects.ts';

const TABLE = { accept: 'application/json;as=Table;g=meta.k8s.io;v=v1' };
const NO_FINALIZERS = { metadata: { finalizers: null } };
const SUBRESOURCES = ['', '', '', '', '/status', '/status', '/scale', '/approval', '/finalize'];
const DELETE_OPTIONS = {
  kind: 'DeleteOptions',
  apiVersion: 'v1',
  gracePeriodSeconds: 0,
  propagationPolicy: 'Background',
  preconditions: { uid: 'x', resourceVersion: '1' },
  dryRun: ['All'],
};
const QUERIES = [
  '',
  '',
  '',
  '',
  '?fieldValidation=Strict',
  '?fieldValidation=Ignore',
  '?dryRun=All',
  '?fieldManager=other',
  '?pretty=true',
];

/** A kind that is kept: where, and what it looks like. */
interface Kept {
  readonly collection: string;
  readonly apiVersion: string;
  readonly kind: string;
  readonly valid: object;
}

interface Sent {
  readonly method: string;
  readonly path: string;
  readonly body?: string | undefined;
  readonly type?: string | undefined;
}

/** Asks an API server for what valid requests turn into, and looks what becomes of it. What each step does follows from its seed. */
export class Fuzzer {
  readonly #controlPlane: TestControlPlane;
  readonly #kept: readonly Kept[];
  readonly #watches = new Map<string, readonly RawWatch[]>();
  /** Versions that watches must have seen, by collection. */
  readonly #accepted = new Map<string, Set<string>>();
  #made = 0;
  /** How many answers had each code. */
  readonly codes: Record<number, number> = {};

  private constructor(controlPlane: TestControlPlane, kept: readonly Kept[]) {
    this.#controlPlane = controlPlane;
    this.#kept = kept;
  }

  static async start(controlPlane: TestControlPlane): Promise<Fuzzer> {
    const { credentials } = controlPlane;
    const valid = validObjects();
    await send(credentials, 'POST', CRDS, { body: valid[CRDS] });
    const kept: Kept[] = [];
    for (const [collection, object] of Object.entries(valid)) {
      const [, core, ...rest] = collection.split('/');
      const version = core === 'api' ? String(rest[0]) : `${String(rest[0])}/${String(rest[1])}`;
      const { body } = await send(credentials, 'GET', `/${core === 'api' ? 'api' : 'apis'}/${version}`);
      const { kind } = (body.resources as { name: string; kind: string }[]).find(({ name }) => name === collection.split('/').at(-1)) ?? {};
      kept.push({ collection, apiVersion: version, kind: String(kind), valid: object });
    }
    const fuzzer = new Fuzzer(controlPlane, kept);
    for (const { collection } of kept) {
      const from = `${collection}?resourceVersion=${controlPlane.revision()}&timeoutSeconds=3600`;
      fuzzer.#watches.set(collection, [await openWatch(credentials, from), await openWatch(credentials, from, TABLE)]);
    }
    return fuzzer;
  }

  /** The collections whose kinds are tried. */
  get collections(): string[] {
    return this.#kept.map(({ collection }) => collection);
  }

  /** One changed request, and all that must hold after it. `changes` are seeds, too. @throws AssertionError */
  async step(seed: number, changes: readonly number[]): Promise<void> {
    const random = new Random(seed);
    const changed = (value: unknown): unknown => changes.reduce((now, change) => mutate(now, new Random(change)), structuredClone(value));
    if (random.once(10)) return this.#review(random, changed);
    const kept = random.of(this.#kept);
    this.#made += 1;
    const name = `f${this.#made}`;
    if (random.once(3)) {
      const sent = {
        method: 'POST',
        path: kept.collection + random.of(QUERIES),
        body: brokenJson(changed(this.#object(kept, name, random)), random),
      };
      return this.#settle(kept, sent, await this.#try(sent));
    }
    const made = await this.#ask({ method: 'POST', path: kept.collection, body: JSON.stringify(this.#object(kept, name)) });
    expect(made.code, `${kept.kind}: ${made.text}`).to.equal(201);
    const sent = await this.#write(kept, made.body as Record<string, unknown>, random, changed);
    const answer = await this.#try(sent);
    await this.#settle(kept, sent, answer);
    await this.#remove(kept, made.body.metadata.name as string);
  }

  /** Waits until each watch has shown what was accepted. @throws AssertionError when one has ended instead */
  async watched(): Promise<void> {
    for (const [collection, watches] of this.#watches) {
      for (const watch of watches) expect(watch.ended(), `the watch of ${collection}`).to.equal(false);
      const seen = () => new Set(watches[0]?.events.map(({ object }) => String(object.metadata.resourceVersion)));
      const accepted = [...(this.#accepted.get(collection) ?? [])];
      await eventually(() => accepted.every((version) => seen().has(version)), `changes of ${collection}`);
    }
  }

  stop(): void {
    for (const watch of [...this.#watches.values()].flat()) watch.close();
  }

  #object({ collection, apiVersion, kind, valid }: Kept, name: string, random?: Random): Record<string, unknown> {
    // A definition's name follows from what it defines.
    const own = JSON.parse(JSON.stringify(valid).replaceAll('gadget', name).replaceAll('Gadget', `F${name}`)) as Record<string, unknown>;
    const isDefinition = collection.endsWith('definitions');
    const metadata = { ...(own['metadata'] as object), ...(isDefinition ? {} : { name }) };
    const resource = Object.values(RESOURCES).find((known) => known.kind === kind && apiVersion.endsWith(known.version));
    const schema = random?.once(2) && resource !== undefined && !isDefinition ? definitionFor(resource) : undefined;
    const sampled = schema === undefined || random === undefined ? {} : (sample(schema, random) as object | null);
    const parts = Object.entries(sampled ?? {}).filter(([key]) => !['apiVersion', 'kind', 'metadata'].includes(key));
    return { apiVersion, kind, ...own, ...Object.fromEntries(parts), metadata };
  }

  /** A changed write to an object that is there. */
  async #write(kept: Kept, now: Record<string, any>, random: Random, changed: (value: unknown) => unknown): Promise<Sent> { // eslint-disable-line @typescript-eslint/no-explicit-any -- an object of any kind
    const object = `${kept.collection}/${String(now['metadata'].name)}`;
    const query = random.of(QUERIES);
    if (random.once(8)) {
      const options = Object.fromEntries(Object.entries(DELETE_OPTIONS).filter(() => random.once(2)));
      return { method: 'DELETE', path: object + query.replace(/\?field.*/, ''), body: brokenJson(changed(options), random), type: JSON_TYPE };
    }
    const subresource = random.of(SUBRESOURCES);
    const path = object + subresource + query;
    const { body: scale } = subresource === '/scale' ? await this.#ask({ method: 'GET', path: object + subresource }) : {};
    const base = subresource === '/scale' ? scale : { ...now, ...this.#object(kept, String(now['metadata'].name), random) };
    switch (random.below(6)) {
      case 0:
      case 1:
        return { method: 'PUT', path, body: brokenJson(changed(base), random), type: JSON_TYPE };
      case 2: {
        const managed = { ...base, metadata: { name: now['metadata'].name } };
        const force = random.once(2) ? 'force=true&' : '';
        return { method: 'PATCH', path: `${object + subresource}?${force}fieldManager=${random.of(['a', 'b'])}`, body: brokenJson(changed(managed), random), type: APPLY };
      }
      case 3:
        return { method: 'PATCH', path, body: brokenJson(changed(operations(base, random)), random), type: JSON_PATCH };
      default: {
        const [, value = {}] = random.of([...Object.entries(base as object).map(([key, inner]) => [key, { [key]: inner }] as const), ['', base] as const]);
        return { method: 'PATCH', path, body: brokenJson(changed(value), random), type: random.once(2) ? MERGE : STRATEGIC };
      }
    }
  } // prettier-ignore

  async #review(random: Random, changed: (value: unknown) => unknown): Promise<void> {
    const [path, valid] = random.of(Object.entries(validReviews()));
    await this.#try({ method: 'POST', path, body: brokenJson(changed(valid), random) });
  }

  /** Sends what may be refused, but not change anything then. */
  async #try(sent: Sent): Promise<RawAnswer> {
    const before = this.#controlPlane.revision();
    const answer = await this.#ask(sent);
    if (answer.code >= 400) {
      expect(answer.body?.kind, shown(sent, answer)).to.equal('Status');
      expect(this.#controlPlane.revision(), shown(sent, answer)).to.equal(before);
    }
    return answer;
  }

  async #ask(sent: Sent, headers: Record<string, string> = {}): Promise<RawAnswer> {
    const { method, path, body, type = JSON_TYPE } = sent;
    const answer = await send(this.#controlPlane.credentials, method, path, { body, headers: { 'content-type': type, ...headers } });
    this.codes[answer.code] = (this.codes[answer.code] ?? 0) + 1;
    expect(answer.code, shown(sent, answer)).to.be.lessThan(500);
    return answer;
  }

  /** What was accepted can be read, listed, shown, written back unchanged, and deleted. */
  async #settle(kept: Kept, sent: Sent, answer: RawAnswer): Promise<void> {
    const name: unknown = answer.body?.metadata?.name;
    if (answer.code >= 300 || /dryRun=All/.test(sent.path) || sent.method === 'DELETE' || typeof name !== 'string') return;
    const path = `${kept.collection}/${encodeURIComponent(name)}`;
    const now = await this.#ask({ method: 'GET', path });
    const why = shown(sent, now);
    // A change may have been the last of an object that waited for it.
    if (now.code === 404) return;
    expect(now.code, why).to.equal(200);
    const version = String(now.body.metadata.resourceVersion);
    this.#accepted.set(kept.collection, (this.#accepted.get(kept.collection) ?? new Set()).add(version));
    const again = await this.#ask({ method: 'PUT', path, body: now.text });
    expect(again.code, `written back after ${why}: ${again.text}`).to.equal(200);
    // What a definition says of its names follows from all others.
    if (kept.kind !== 'CustomResourceDefinition')
      expect(again.body.metadata.resourceVersion, `written back after ${why}: ${again.text}`).to.equal(version);
    const list = await this.#ask({
      method: 'GET',
      path: `${kept.collection}?fieldSelector=metadata.name%3D${encodeURIComponent(name.replaceAll(/[\\,=]/g, '\\$&'))}`,
    });
    expect(list.body.items, why).to.have.length(1);
    for (const shownAs of [path, kept.collection]) {
      const table = await this.#ask({ method: 'GET', path: shownAs }, TABLE);
      expect(table.body.kind, `as a table after ${why}`).to.equal('Table');
    }
    await this.#remove(kept, name);
  }

  async #remove({ collection, kind }: Kept, name: string): Promise<void> {
    const path = `${collection}/${encodeURIComponent(name)}`;
    const merge = (body: object): Promise<RawAnswer> => this.#ask({ method: 'PATCH', path, body: JSON.stringify(body), type: MERGE });
    await merge(NO_FINALIZERS);
    await this.#ask({ method: 'DELETE', path: `${path}?gracePeriodSeconds=0` });
    if (kind === 'Namespace') {
      const left = await this.#ask({ method: 'GET', path });
      if (left.code === 200) await this.#ask({ method: 'PUT', path: `${path}/finalize`, body: JSON.stringify({ ...left.body, spec: { finalizers: [] } }) });
    } // prettier-ignore
    await merge(NO_FINALIZERS);
    expect((await this.#ask({ method: 'GET', path })).code, `deleted ${path}`).to.equal(404);
  }
}

function operations(base: unknown, random: Random): object[] {
  const pointers: string[] = [''];
  const walk = (value: unknown, at: string): void => {
    if (typeof value !== 'object' || value === null) return;
    for (const [key, inner] of Object.entries(value)) {
      pointers.push(`${at}/${key.replaceAll('~', '~0').replaceAll('/', '~1')}`);
      walk(inner, pointers.at(-1) ?? '');
    }
  };
  walk(base, '');
  const pointer = (): string => random.of(pointers) + (random.once(4) ? random.of(['/-', '/0', '/a', '/__proto__', '/~', '/']) : '');
  return Array.from({ length: 1 + random.below(3) }, () => ({
    op: random.of(['add', 'replace', 'remove', 'copy', 'move', 'test']),
    path: pointer(),
    from: pointer(),
    value: nastyValue(random),
  }));
}

function shown({ method, path, body = '', type = '' }: Sent, { code, text }: RawAnswer): string {
  return `${method} ${path} ${type} ${body.slice(0, 3_000)} → ${code} ${text.slice(0, 1_000)}`;
}

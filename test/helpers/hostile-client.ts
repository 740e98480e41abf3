import { expect } from 'chai';
import { send, startControlPlane, type RawAnswer, type TestControlPlane } from './control-plane.ts';
import { eventually } from './eventually.ts';

export const MAPS = '/api/v1/namespaces/default/configmaps';
export const PODS = '/api/v1/namespaces/default/pods';
export const CRDS = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions';
export const WORDS = '/apis/hostile.example.org/v1/namespaces/default/words';
export const JSON_TYPE = 'application/json';
export const MERGE = 'application/merge-patch+json';
export const STRATEGIC = 'application/strategic-merge-patch+json';
export const JSON_PATCH = 'application/json-patch+json';
export const APPLY = 'application/apply-patch+yaml';

export const list = <T>(length: number, make: (index: number) => T): T[] => Array.from({ length }, (_, index) => make(index));
export const map = <T>(length: number, make: (index: number) => readonly [string, T]): Record<string, T> =>
  Object.fromEntries(list(length, make));

/** A definition whose objects have a `text` of this pattern. */
export const definition = (pattern: string) => ({
  metadata: { name: 'words.hostile.example.org' },
  spec: {
    group: 'hostile.example.org',
    scope: 'Namespaced',
    names: { plural: 'words', kind: 'Word' },
    versions: [
      {
        name: 'v1',
        served: true,
        storage: true,
        schema: {
          openAPIV3Schema: {
            type: 'object',
            properties: {
              text: { type: 'string', pattern },
              kinds: { type: 'array', items: { type: 'string', enum: list(1_000, (index) => `allowed-${index}`) } },
              free: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true },
            },
          },
        },
      },
    ],
  },
});

/** An embedded control plane with a ConfigMap `a`, a Pod `p` and the definition of Words, and how to ask it. */
export class HostileClient {
  readonly #controlPlane: TestControlPlane;

  private constructor(controlPlane: TestControlPlane) {
    this.#controlPlane = controlPlane;
  }

  static async start(): Promise<HostileClient> {
    const client = new HostileClient(await startControlPlane());
    expect((await client.ask('POST', MAPS, { metadata: { name: 'a' }, data: { x: '1' } })).code).to.equal(201);
    const container = { name: 'c', image: 'i', env: [{ name: 'A', value: '1' }] };
    const pod = { metadata: { name: 'p', finalizers: ['x.io/a'] }, spec: { containers: [container] } };
    expect((await client.ask('POST', PODS, pod)).code).to.equal(201);
    expect((await client.ask('POST', CRDS, definition('^(a+)+$'))).code).to.equal(201);
    // What the controllers make at the start would come in between.
    let [last, times] = ['', 0];
    await eventually(async () => {
      const now = await client.revision();
      times = now === last ? times + 1 : 0;
      last = now;
      return times >= 5;
    }, 'the controllers to rest');
    return client;
  }

  get credentials(): TestControlPlane['credentials'] {
    return this.#controlPlane.credentials;
  }

  ask(method: string, path: string, body?: unknown, type = JSON_TYPE, headers: Record<string, string> = {}): Promise<RawAnswer> {
    return send(this.credentials, method, path, { body, headers: { 'content-type': type, ...headers } });
  }

  /** Of the newest write of all. */
  async revision(): Promise<string> {
    return (await this.ask('GET', `${PODS}?limit=1`)).body.metadata.resourceVersion as string;
  }

  /** Asks what must be refused with one of these codes, and change nothing. */
  async refused(method: string, path: string, body: unknown, type: string, codes: readonly number[]): Promise<RawAnswer> {
    const before = await this.revision();
    const answer = await this.ask(method, path, body, type);
    const shown = `${method} ${path.slice(0, 100)} ${type} ${(typeof body === 'string' ? body : JSON.stringify(body ?? '')).slice(0, 100)}`;
    expect(answer.code, `${shown}: ${answer.text.slice(0, 300)}`).to.be.oneOf(codes);
    expect(answer.body?.kind, shown).to.equal('Status');
    expect(await this.revision(), shown).to.equal(before);
    return answer;
  }

  stop(): Promise<void> {
    return this.#controlPlane.stop();
  }
}

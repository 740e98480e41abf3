import { expect } from 'chai';
import { expectCode, type Ask, type StormWriter } from './storm.ts';
import { itemsOf } from './writers.ts';

const PODS = '/api/v1/namespaces/default/pods';
const BUDGETS = '/apis/policy/v1/namespaces/default/poddisruptionbudgets';
const MERGE = 'application/merge-patch+json';

/** Evicts pods that a budget lets go, until it is spent, and tries on. */
export class EvictionWriter implements StormWriter {
  readonly budget: number;
  readonly evicted = new Set<string>();
  readonly #ask: Ask;
  readonly #name: string;
  #pod = 0;

  constructor(ask: Ask, name: string, budget: number) {
    this.#ask = ask;
    this.#name = name;
    this.budget = budget;
  }

  async prepare(): Promise<void> {
    const spec = { minAvailable: 1, selector: { matchLabels: { app: this.#name } } };
    await expectCode(this.#ask('POST', BUDGETS, { metadata: { name: this.#name }, spec }), [201]);
    const status = { observedGeneration: 1, disruptionsAllowed: this.budget, currentHealthy: 1, desiredHealthy: 1, expectedPods: 1 };
    await expectCode(this.#ask('PATCH', `${BUDGETS}/${this.#name}/status`, { status }, MERGE), [200]);
  }

  async step(): Promise<void> {
    const name = `${this.#name}-${this.#pod}`;
    const metadata = { name, labels: { app: this.#name } };
    await expectCode(this.#ask('POST', PODS, { metadata, spec: { containers: [{ name: 'c', image: 'i' }] } }), [201, 409]);
    const status = { phase: 'Running', conditions: [{ type: 'Ready', status: 'True' }] };
    await expectCode(this.#ask('PATCH', `${PODS}/${name}/status`, { status }, MERGE), [200]);
    const { code } = await expectCode(this.#ask('POST', `${PODS}/${name}/eviction`, { metadata: { name } }), [201, 429]);
    if (code !== 201) return;
    this.evicted.add(name);
    this.#pod += 1;
  }

  async check(answered: boolean): Promise<void> {
    const { status } = (await expectCode(this.#ask('GET', `${BUDGETS}/${this.#name}`), [200])).body;
    const gone = Object.keys((status.disruptedPods ?? {}) as object);
    expect(gone.length, 'what was let go, and what is left of the budget').to.equal(this.budget - (status.disruptionsAllowed as number));
    const there = (await itemsOf(this.#ask, PODS)).map(({ metadata }) => metadata.name);
    expect(
      there.filter((name) => gone.includes(name)),
      'pods that were let go',
    ).to.deep.equal([]);
    if (!answered) return;
    expect(gone).to.include.members([...this.evicted]);
    // An eviction that nobody answered may have been done; that pod is not made again.
    if (gone.includes(`${this.#name}-${this.#pod}`)) {
      this.evicted.add(`${this.#name}-${this.#pod}`);
      this.#pod += 1;
    }
    expect([...this.evicted]).to.have.members(gone);
  }
}

import { expect } from 'chai';
import { array, assert, asyncProperty, integer } from 'fast-check';
import { send, startControlPlane, type TestControlPlane } from '../../helpers/control-plane.ts';
import { Fuzzer } from '../../helpers/fuzz/fuzzer.ts';

/** For more and others: `KEDGE_FUZZ_SEED=7 KEDGE_FUZZ_SECONDS=600`. */
const SEED = Number(process.env['KEDGE_FUZZ_SEED'] ?? 1);
const SECONDS = Number(process.env['KEDGE_FUZZ_SECONDS'] ?? 10);
const RUNS = 50 * SECONDS;

describe('requests that somebody broke, to the embedded API server', function () {
  this.timeout(60_000 + SECONDS * 1_000);
  let controlPlane: TestControlPlane;
  let fuzzer: Fuzzer;

  before(async () => {
    // What controllers write would come in between.
    controlPlane = await startControlPlane({ apiOnly: true });
    // Nor is there one that makes the account of pods.
    const account = { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'default' } };
    await send(controlPlane.credentials, 'POST', '/api/v1/namespaces/default/serviceaccounts', { body: account });
    fuzzer = await Fuzzer.start(controlPlane);
  });
  after(async () => {
    fuzzer.stop();
    await controlPlane.stop();
  });

  it('are refused and change nothing, or can be read, listed, watched, shown, written back and deleted', async () => {
    const property = asyncProperty(integer(), array(integer(), { maxLength: 3 }), (seed, changes) => fuzzer.step(seed, changes));
    // A slow machine tries fewer. A failure says which request it was; there is nothing to shrink in numbers.
    await assert(property, { seed: SEED, numRuns: RUNS, endOnFailure: true, interruptAfterTimeLimit: SECONDS * 1_000 });
    await fuzzer.watched();
    expect(fuzzer.codes).to.include.keys('200', '201', '400', '422');
  });

  it('found: a DaemonSet whose status is replaced keeps the generation of its template', async () => {
    const path = '/apis/apps/v1/namespaces/default/daemonsets';
    const template = { metadata: { labels: { a: 'b' } }, spec: { containers: [{ name: 'c', image: 'i' }] } };
    const body = { metadata: { name: 'status' }, spec: { selector: { matchLabels: { a: 'b' } }, template } };
    const ask = (method: string, at: string) => send(controlPlane.credentials, method, at, { body });
    const { annotations } = (await ask('POST', path)).body.metadata as { annotations: object };
    expect((await ask('PUT', `${path}/status/status`)).body.metadata.annotations).to.deep.equal(annotations);
    await ask('DELETE', `${path}/status`);
  });

  it('are of every kind that is kept', async () => {
    const read = async (path: string) => (await send(controlPlane.credentials, 'GET', path)).body as Record<string, unknown>;
    const groups = (await read('/apis'))['groups'] as { preferredVersion: { groupVersion: string } }[];
    const roots = ['/api/v1', ...groups.map(({ preferredVersion }) => `/apis/${preferredVersion.groupVersion}`)];
    const kept: string[] = [];
    for (const root of roots) {
      const { resources } = (await read(root)) as unknown as { resources: { name: string; namespaced: boolean; verbs: string[] }[] };
      for (const { name, namespaced, verbs } of resources) {
        if (verbs.includes('create') && verbs.includes('list')) kept.push(`${root}/${namespaced ? 'namespaces/default/' : ''}${name}`);
      }
    }
    expect(fuzzer.collections).to.have.members(kept);
  });
});

import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { startControlPlane, type TestControlPlane } from '../../helpers/control-plane.ts';
import { digestOf, KubectlRecording } from '../../helpers/kubectl-recording.ts';
import { KubectlUser, type KubectlAnswers } from '../../helpers/kubectl-user.ts';
import { needs } from '../../helpers/neighbour.ts';
import { startRealApiServer, type RealApiServer } from '../../helpers/real-apiserver.ts';
import { DIFFERENCES } from './kubectl-steps/differences.ts';
import { TOPICS } from './kubectl-steps/topics.ts';
import { nameOf, type KubectlStep } from './kubectl-steps/kubectl-step.ts';

/** The controllers that the embedded control plane has, too. */
const CONTROLLERS = [
  ...['garbagecollector', 'namespace', 'serviceaccount', 'root-ca-cert-publisher', 'nodelifecycle', 'clusterrole-aggregation'],
  'csrsigning',
];

/** What the real one said. It is asked itself, and takes three times as long, where the steps or kubectl are others, or `KEDGE_TEST_LIVE=1`. */
const RECORDING = fileURLToPath(new URL('../../fixtures/apiserver/kubectl.json', import.meta.url));
const ASKED = TOPICS.map(({ namespace, steps }) => ({ namespace, steps: [{ line: `create namespace ${namespace}` }, ...steps] }));
const RECORDS = process.env['KEDGE_SNAPSHOTS'] === 'write';
const LIVE = RECORDS || process.env['KEDGE_TEST_LIVE'] === '1';

describe('kubectl 1.32 on the embedded API server and on the real one', function () {
  this.timeout(300_000);
  let real: RealApiServer | undefined;
  let embedded: TestControlPlane | undefined;
  let dir = '';
  let recording: KubectlRecording | undefined;
  let users: readonly KubectlAnswers[] = [];
  /** Which difference was seen in which step. */
  const seen = new Set<string>();

  before(async function () {
    needs(this, 'kubectl');
    const asked = await digestOf([CONTROLLERS, ASKED]);
    recording = LIVE ? undefined : KubectlRecording.open(RECORDING, asked);
    if (recording === undefined) needs(this, 'a Kubernetes API server', 'openssl');
    dir = await mkdtemp(join(tmpdir(), 'kedge-kubectl-'));
    const editor = join(dir, 'editor');
    await writeFile(editor, '#!/bin/sh\nexec sed -i -e "$EDIT" "$1"\n');
    await chmod(editor, 0o755);
    const user = (kubeconfigPath: string, cache: string): KubectlUser =>
      new KubectlUser({ kubeconfigPath, cache: join(dir, cache), editor });
    embedded = await startControlPlane({ nodeMonitorGracePeriodSeconds: 3600 });
    if (recording === undefined) {
      real = await startRealApiServer(CONTROLLERS);
      recording = KubectlRecording.of(user(real!.kubeconfigPath, 'real'), RECORDING, asked);
    }
    users = [recording, user(embedded.kubeconfigPath, 'embedded')];
  });
  after(async () => {
    await Promise.all([real?.stop(), embedded?.stop()]);
    if (dir !== '') await rm(dir, { recursive: true, force: true });
  });

  for (const [index, { namespace, steps }] of ASKED.entries()) {
    it(`says the same of ${TOPICS[index]!.about}`, async () => {
      const found: string[] = [];
      for (const step of steps) {
        const [theirs = '', ours = ''] = await Promise.all(users.map((user) => user.does(step, namespace)));
        const rest = unexplained(step, difference(theirs, ours));
        if (rest.length > 0) found.push(`$ kubectl ${step.line} (${nameOf(step)})\n${rest.join('\n')}`);
      }
      if (found.length > 0)
        throw new Error(`${found.length} steps differ; - is the real server, + the embedded one\n${found.join('\n\n')}`);
    });
  }

  it('differs on purpose only where it does differ', () => {
    const listed = DIFFERENCES.flatMap((each) => each.steps.map((name) => `${name}: ${each.reason}`));
    expect(listed.filter((each) => !seen.has(each))).to.deep.equal([]);
    if (RECORDS) recording!.save();
  });

  /** The lines that no listed difference of this step accounts for. */
  function unexplained(step: KubectlStep, lines: readonly string[]): string[] {
    const name = nameOf(step);
    const known = DIFFERENCES.filter(({ steps }) => steps.includes(name));
    return lines.filter((each) => {
      const causes = known.filter(({ lines: pattern }) => pattern.test(each.slice(2)));
      for (const { reason } of causes) seen.add(`${name}: ${reason}`);
      return causes.length === 0;
    });
  }
});

/** The lines that only one of two texts has, in their order: `- theirs`, `+ ours`. */
function difference(theirs: string, ours: string): string[] {
  const [left, right] = [theirs.split('\n'), ours.split('\n')];
  // Lengths of the longest common subsequences of what is left of both.
  const common = Array.from({ length: left.length + 1 }, () => new Uint32Array(right.length + 1));
  for (let i = left.length - 1; i >= 0; i--)
    for (let j = right.length - 1; j >= 0; j--)
      common[i]![j] = left[i] === right[j] ? common[i + 1]![j + 1]! + 1 : Math.max(common[i + 1]![j]!, common[i]![j + 1]!);
  const result: string[] = [];
  for (let [i, j] = [0, 0]; i < left.length || j < right.length;) {
    if (i < left.length && j < right.length && left[i] === right[j]) [i, j] = [i + 1, j + 1];
    else if (j === right.length || (i < left.length && common[i + 1]![j]! >= common[i]![j + 1]!)) result.push(`- ${left[i++]!}`);
    else result.push(`+ ${right[j++]!}`);
  }
  return result;
}

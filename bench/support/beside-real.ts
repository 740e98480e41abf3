import type { KubeClient } from '../../src/kube/client.ts';
import { createKubeClient } from '../../src/kube/http-client.ts';
import { loadCredentials } from '../../src/kube/kubeconfig.ts';
import { Installation } from '../../test/helpers/installation.ts';
import { startRealApiServer } from '../../test/helpers/real-apiserver.ts';
import { sample } from './figure.ts';
import type { Measured } from './figure.ts';
import { cpuMs } from './processes.ts';

const PEER = 'etcd and kube-apiserver';

/** A Kubernetes API under measurement. */
export interface Target {
  readonly kube: KubeClient;
  /** Of all its processes. */
  readonly pids: readonly number[];
}

export interface Work<T> {
  readonly rounds: number;
  /** Once for each server, before the first round. */
  readonly prepare: (target: Target) => Promise<T>;
  /** The figure of one round. */
  readonly round: (target: Target, prepared: T) => Promise<number>;
  readonly finish?: (target: Target, prepared: T) => Promise<void>;
}

/**
 * Does the same with kedge's cloud daemon and with etcd and kube-apiserver, whose disk is synced as kedge's is, round by round in turn, so that
 * what else happens on the machine hits both. `more` has the CPU time of the servers in their rounds, s.
 */
export async function besideReal<T>(work: Work<T>): Promise<Measured> {
  const site = await Installation.create({ join: false });
  try {
    const kedge = { kube: site.kube, pids: [await site.pid('cloud')] };
    const real = await startRealApiServer([], { durable: true });
    if (real === undefined) return { kedge: sample((await inTurn([kedge], work))[0]?.values ?? []), missing: [PEER] };
    const kube = createKubeClient(await loadCredentials(real.kubeconfigPath));
    try {
      const [ours, theirs] = await inTurn([kedge, { kube, pids: real.pids }], work);
      const more = { kedgeCpuSeconds: ours?.cpuSeconds ?? NaN, peerCpuSeconds: theirs?.cpuSeconds ?? NaN };
      return { kedge: sample(ours?.values ?? []), peers: [{ name: PEER, ...sample(theirs?.values ?? []) }], more };
    } finally {
      kube.close();
      await real.stop();
    }
  } finally {
    await site.remove();
  }
}

async function inTurn<T>(targets: readonly Target[], work: Work<T>): Promise<{ values: number[]; cpuSeconds: number }[]> {
  const runs: { target: Target; prepared: T; values: number[]; cpuSeconds: number }[] = [];
  for (const target of targets) runs.push({ target, prepared: await work.prepare(target), values: [], cpuSeconds: 0 });
  for (let round = 0; round < work.rounds; round += 1) {
    for (const run of runs) {
      const before = cpuSeconds(run.target);
      run.values.push(await work.round(run.target, run.prepared));
      run.cpuSeconds += cpuSeconds(run.target) - before;
    }
  }
  for (const { target, prepared } of runs) await work.finish?.(target, prepared);
  return runs;
}

function cpuSeconds({ pids }: Target): number {
  return pids.reduce((sum, pid) => sum + cpuMs(pid), 0) / 1000;
}

/** How often per second `once` is done by `width` callers that each wait for their answer. */
export async function ratePerSecond(times: number, width: number, once: (index: number) => Promise<unknown>): Promise<number> {
  const begun = performance.now();
  let next = 0;
  const caller = async (): Promise<void> => {
    while (next < times) {
      const index = next;
      next += 1;
      await once(index);
    }
  };
  await Promise.all(Array.from({ length: width }, caller));
  return times / ((performance.now() - begun) / 1000);
}

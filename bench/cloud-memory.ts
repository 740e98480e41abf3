import { setTimeout as wait } from 'node:timers/promises';
import { startRealApiServer } from '../test/helpers/real-apiserver.ts';
import { sample } from './support/figure.ts';
import type { Bench, Sample } from './support/figure.ts';
import { residentMegabytes } from './support/processes.ts';
import { withSite } from './support/site.ts';

const PEER = 'etcd and kube-apiserver (without cloudcore)';

export default {
  figure: 'resident memory of an idle cloud with its control plane, one edge, one device',
  unit: 'MB',
  goal: { atMost: 130 },
  run: async (quick) => {
    const observe = async (...pids: number[]): Promise<Sample> => {
      const values: number[] = [];
      await wait(quick ? 0 : 30_000);
      for (let index = 0; index < (quick ? 1 : 10); index += 1) {
        if (index > 0) await wait(1_000);
        values.push(residentMegabytes(...pids));
      }
      return sample(values);
    };
    const kedge = await withSite(async (site) => observe(await site.pid('cloud')));
    const peer = await startRealApiServer();
    if (peer === undefined) return { kedge, missing: [PEER] };
    try {
      return { kedge, peers: [{ name: PEER, ...(await observe(...peer.pids)) }] };
    } finally {
      await peer.stop();
    }
  },
} satisfies Bench;

import { createKubeClient } from '../src/kube/http-client.ts';
import { loadCredentials } from '../src/kube/kubeconfig.ts';
import { eventually } from '../test/helpers/eventually.ts';
import { Installation } from '../test/helpers/installation.ts';
import { startRealApiServer } from '../test/helpers/real-apiserver.ts';
import { sample } from './support/figure.ts';
import type { Bench } from './support/figure.ts';
import { end, spawnDaemon } from './support/processes.ts';

const PEER = 'etcd and kube-apiserver';

export default {
  figure: 'from the start of the cloud daemon until its Kubernetes API is ready (/readyz)',
  unit: 's',
  goal: { atMost: 1.5 },
  run: async (quick) => {
    const site = await Installation.create({ join: false });
    const values: number[] = [];
    try {
      await site.stop('cloud');
      for (let index = 0; index < (quick ? 1 : 7); index += 1) values.push(await start(site));
    } finally {
      await site.remove();
    }
    const kedge = sample(values);
    const peers: number[] = [];
    for (let index = 0; index < (quick ? 1 : 3); index += 1) {
      const peer = await startRealApiServer();
      if (peer === undefined) return { kedge, missing: [PEER] };
      peers.push(peer.startedInMs / 1000);
      await peer.stop();
    }
    return { kedge, peers: [{ name: PEER, ...sample(peers) }] };
  },
} satisfies Bench;

async function start({ home }: Installation): Promise<number> {
  const kube = createKubeClient(await loadCredentials(`${home}/cloud/admin.kubeconfig`));
  const begun = performance.now();
  const daemon = spawnDaemon('cloud', home);
  try {
    await eventually(() => kube.raw('/readyz'), 'a ready API', 60_000);
    return (performance.now() - begun) / 1000;
  } finally {
    kube.close();
    await end(daemon);
  }
}

import { RESOURCES } from '../src/protocol/kubernetes.ts';
import type { Node } from '../src/protocol/kubernetes.ts';
import { eventually } from '../test/helpers/eventually.ts';
import type { Installation } from '../test/helpers/installation.ts';
import { sample } from './support/figure.ts';
import type { Bench } from './support/figure.ts';
import { end, spawnDaemon } from './support/processes.ts';
import { withSite } from './support/site.ts';

export default {
  figure: 'from the start of the edge daemon until the API has its Node, Ready',
  unit: 's',
  goal: { atMost: 1 },
  run: (quick) =>
    withSite(async (site) => {
      const values: number[] = [];
      await site.stop('edge');
      for (let index = 0; index < (quick ? 1 : 10); index += 1) values.push(await start(site));
      return { kedge: sample(values), missing: ['edgecore of KubeEdge'] };
    }),
} satisfies Bench;

async function start({ kube, home }: Installation): Promise<number> {
  // A Node that stays Ready for its grace period would be no sign of life.
  await kube.delete(RESOURCES.node, 'edge-1');
  const begun = performance.now();
  const daemon = spawnDaemon('edge', home);
  try {
    await eventually(async () => isReady(await kube.get<Node>(RESOURCES.node, 'edge-1')), 'a Ready node', 60_000);
    return (performance.now() - begun) / 1000;
  } finally {
    await end(daemon);
  }
}

function isReady({ status }: Node): boolean {
  return status?.conditions?.some(({ type, status: value }) => type === 'Ready' && value === 'True') === true;
}

import { bareWebsocketKilobytes } from './support/bare-websockets.ts';
import { sample } from './support/figure.ts';
import type { Bench } from './support/figure.ts';
import { simulate } from './support/simulate.ts';

export default {
  figure: 'resident memory of the cloud for each idle edge: session, Node, Lease, certificate record, caches',
  unit: 'KB',
  goal: { atMost: 75 },
  run: async (quick) => {
    const edges = quick ? 5 : 5_000;
    const { cloudMemory, readyMs } = await simulate({ edges, seconds: quick ? 1 : 60 });
    const bare = await bareWebsocketKilobytes(quick ? 5 : 1_000);
    const more = { edges, readyMs, endMB: (cloudMemory?.endBytes ?? NaN) / 1e6, peakMB: (cloudMemory?.peakBytes ?? NaN) / 1e6 };
    return {
      kedge: sample([Math.max(1, (cloudMemory?.perEdgeBytes ?? NaN) / 1000)]),
      peers: [{ name: 'a websocket over TLS with client certificates and nothing else (ws)', ...sample([bare]) }],
      more,
    };
  },
} satisfies Bench;

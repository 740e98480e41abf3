import { sample } from './support/figure.ts';
import type { Bench } from './support/figure.ts';
import { simulate } from './support/simulate.ts';

export default {
  figure: "from a report of an edge until the cloud's confirmation, 50 edges with 10 devices each, one report a second and device",
  unit: 'ms',
  goal: { atMost: 50 },
  run: async (quick) => {
    const { reports, bytesPerMessage, cloudMemory } = await simulate({
      edges: quick ? 2 : 50,
      devices: quick ? 2 : 10,
      seconds: quick ? 3 : 60,
    });
    const { p50, p95, max } = reports.confirmMs ?? { p50: NaN, p95: NaN, max: NaN };
    const more = {
      perSecond: reports.perSecond,
      bytesUp: bytesPerMessage.up,
      bytesDown: bytesPerMessage.down,
      peakMB: (cloudMemory?.peakBytes ?? NaN) / 1e6,
    };
    return { kedge: { ...sample([p50]), n: reports.confirmed, p95, max }, more };
  },
} satisfies Bench;

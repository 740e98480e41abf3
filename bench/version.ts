import { KEDGE, timeCommands } from './support/command.ts';
import { sample } from './support/figure.ts';
import type { Bench } from './support/figure.ts';

const PEER = 'node -e 0';

export default {
  figure: 'kedge --version',
  unit: 'ms',
  goal: { ratioAtMost: 2 },
  run: (quick) => {
    const [kedge = sample([]), peer] = timeCommands(quick ? 1 : 30, [
      [process.execPath, KEDGE, '--version'],
      [process.execPath, '-e', '0'],
    ]);
    return Promise.resolve({ kedge, ...(peer === undefined ? { missing: [PEER] } : { peers: [{ name: PEER, ...peer }] }) });
  },
} satisfies Bench;

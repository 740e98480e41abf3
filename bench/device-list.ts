import { join } from 'node:path';
import { KEDGE, timeCommands } from './support/command.ts';
import { sample } from './support/figure.ts';
import type { Bench } from './support/figure.ts';
import { withSite } from './support/site.ts';

const PEER = 'kubectl get devices, on the same API';

export default {
  figure: 'kedge device list',
  unit: 'ms',
  goal: { ratioAtMost: 2.5 },
  run: (quick) =>
    withSite(({ home }) => {
      const kubectl = ['kubectl', '--kubeconfig', join(home, 'cloud', 'admin.kubeconfig'), '--cache-dir', join(home, 'cache')];
      const [kedge = sample([]), peer] = timeCommands(
        quick ? 1 : 20,
        [
          [process.execPath, KEDGE, 'device', 'list', '--all-namespaces'],
          [...kubectl, 'get', 'devices', '--all-namespaces'],
        ],
        { KEDGE_HOME: home },
      );
      return Promise.resolve({ kedge, ...(peer === undefined ? { missing: [PEER] } : { peers: [{ name: PEER, ...peer }] }) });
    }),
} satisfies Bench;

import { join } from 'node:path';
import type { EdgeConfig } from './edge-config.ts';
import type { EdgePaths } from './home.ts';

/** Where KubeEdge's mappers look for the edge. */
export const KUBEEDGE_DIR = '/etc/kubeedge';

/** Where mappers are to find DMI: the first of these at which nobody else listens. Only root may be where KubeEdge's mappers look. */
export function dmiSockets(
  { deviceTwin }: Pick<EdgeConfig, 'deviceTwin'>,
  paths: Pick<EdgePaths, 'dmiSocket'>,
  uid = process.getuid?.(),
): string[] {
  if (deviceTwin.dmiSocket !== undefined) return [deviceTwin.dmiSocket];
  return uid === 0 ? [join(KUBEEDGE_DIR, 'dmi.sock'), paths.dmiSocket] : [paths.dmiSocket];
}

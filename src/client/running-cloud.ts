import { loadCloudConfig } from '../config/cloud-config.ts';
import type { CloudConfig } from '../config/cloud-config.ts';
import { homePaths } from '../config/home.ts';
import { KedgeError } from '../kernel/errors.ts';
import { readStatus } from './status.ts';
import type { DaemonStatus } from './status.ts';

export interface RunningCloud {
  /** Where edges enrol. */
  readonly host: string;
  readonly port: number;
  readonly config: CloudConfig;
  readonly peers: DaemonStatus['peers'];
}

/** The cloud of this home as it runs. @throws KedgeError UNREACHABLE when it does not, NOT_INSTALLED, INVALID_CONFIG */
export async function findRunningCloud(home: string): Promise<RunningCloud> {
  const [status] = await readStatus(home, 'cloud');
  const port = status?.ports['cloudhub-https'];
  if (status?.pid == null || port === undefined) {
    throw new KedgeError('UNREACHABLE', `the cloud in ${home} is not running`, { hint: 'kedge start cloud' });
  }
  const config = loadCloudConfig(homePaths(home).cloud.config);
  return { host: config.cloudHub.advertiseAddress[0] ?? '127.0.0.1', port, config, peers: status.peers };
}

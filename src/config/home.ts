import { homedir } from 'node:os';
import { join, resolve } from 'node:path';

/** The folder of a kedge when none is named: `/var/lib/kedge` for root, `~/.kedge` for others. */
export function defaultHome(): string {
  return process.getuid?.() === 0 ? '/var/lib/kedge' : join(homedir(), '.kedge');
}

/** Where one daemon keeps its files. */
export interface DaemonPaths {
  readonly dir: string;
  readonly config: string;
  readonly pki: string;
  readonly database: string;
  readonly socket: string;
  readonly log: string;
}

/** The files of the cloud or the edge in this home. */
export function daemonPaths(home: string, role: 'cloud' | 'edge'): DaemonPaths {
  const dir = join(resolve(home), role);
  return {
    dir,
    config: join(dir, 'config.yaml'),
    pki: join(dir, 'pki'),
    database: join(dir, 'data.db'),
    socket: join(dir, 'admin.sock'),
    log: join(dir, 'log'),
  };
}

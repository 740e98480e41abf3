import { lstatSync, readdirSync } from 'node:fs';
import { rm, rmdir } from 'node:fs/promises';
import { homedir } from 'node:os';
import { runSteps } from '../cli/steps.ts';
import type { Ui } from '../cli/ui.ts';
import { loadCloudConfig } from '../config/cloud-config.ts';
import { loadEdgeConfig } from '../config/edge-config.ts';
import { KedgeError, messageOf, systemCode } from '../kernel/errors.ts';
import { DaemonProcess } from './daemon-process.ts';
import type { Role } from './daemon-process.ts';

export interface ResetResult {
  readonly role: Role;
  readonly home: string;
  readonly removed: readonly string[];
  /** False when there was nothing to remove, or a person said no. */
  readonly changed: boolean;
  /** What stays elsewhere, and how to remove it. */
  readonly notes: readonly string[];
}

export interface ResetOptions {
  readonly role: Role;
  readonly home: string;
  /** Asked once it is clear what will be removed. */
  readonly confirm: (what: readonly string[]) => Promise<boolean>;
}

/** What kedge makes in a daemon's folder, to the last temporary file; a folder with none of it is not kedge's. */
const OWN = /^(config\.yaml|pki|data\.db|admin\.sock|admin\.kubeconfig|daemon\.pid|log)(\.[\w.]+|-wal|-shm|-journal)?$/;

/**
 * Stops the daemon of one role and removes its folder, and the home when that leaves it empty. Whatever an interrupted init or join has
 * left is as good as a whole one.
 * @throws KedgeError INVALID_INPUT or CONFLICT for a folder that is not kedge's, PERMISSION, and what stopping throws
 */
export async function reset({ role, home, confirm }: ResetOptions, ui: Ui): Promise<ResetResult> {
  const daemon = new DaemonProcess(role, home);
  const nothing = { role, home: daemon.home, removed: [], changed: false, notes: [] };
  refuseForeign(role, daemon.home, daemon.paths.dir);
  const dir = toRemove(daemon);
  if (dir === undefined) return nothing;
  const notes = notesOf(role, daemon.paths.config);
  if (!(await confirm([dir]))) return nothing;
  await runSteps(
    [
      {
        title: `Stop the ${role}`,
        run: async () => {
          const stopped = (await daemon.stop()) !== undefined;
          const unit = (await daemon.removeService()) ? '; its systemd unit is removed' : '';
          return `${stopped ? 'it has ended' : 'it was not running'}${unit}`;
        },
      },
      { title: 'Remove its files', run: () => remove(daemon.home, dir) },
    ],
    ui,
  );
  return { ...nothing, removed: [dir], changed: true, notes };
}

/** The daemon's folder; the home where an init or join that was killed made no more than that. */
function toRemove(daemon: DaemonProcess): string | undefined {
  const { dir } = daemon.paths;
  if (entriesOf(dir) !== undefined || daemon.hasService) return dir;
  return entriesOf(daemon.home)?.length === 0 ? daemon.home : undefined;
}

async function remove(home: string, dir: string): Promise<string> {
  try {
    // A daemon that a killed init has just started may write here until it sees that its home is gone.
    await rm(dir, { recursive: true, force: true, maxRetries: 5 });
  } catch (error) {
    throw new KedgeError('PERMISSION', `${dir} cannot be removed: ${messageOf(error)}`, {
      hint: 'run it as the user whose home it is',
      cause: error,
    });
  }
  // The other daemon's folder, or a stranger's file, keeps it.
  await rmdir(home).catch(() => undefined);
  return dir;
}

function refuseForeign(role: Role, home: string, dir: string): void {
  if (home === '/' || home === homedir()) {
    throw new KedgeError('INVALID_INPUT', `${home} is not the home of a kedge`, { hint: `kedge reset ${role} --home FOLDER` });
  }
  const entries = entriesOf(dir) ?? [];
  if (entries.length === 0 || entries.some((name) => OWN.test(name))) return;
  throw new KedgeError('CONFLICT', `${dir} holds nothing that kedge has made: ${entries.slice(0, 3).join(', ')}`, {
    hint: 'name another --home, or remove that folder by hand',
  });
}

/** Undefined where there is no such folder. */
function entriesOf(dir: string): string[] | undefined {
  try {
    if (!lstatSync(dir).isDirectory()) throw new KedgeError('CONFLICT', `${dir} is not a folder`, { hint: `look at it: ls -l ${dir}` });
    return readdirSync(dir);
  } catch (error) {
    if (error instanceof KedgeError) throw error;
    if (systemCode(error) === 'ENOENT') return undefined;
    throw new KedgeError('PERMISSION', `${dir} cannot be read: ${messageOf(error)}`, { hint: 'run it as that user', cause: error });
  }
}

/** What is not on this machine. A configuration that cannot be read tells nothing. */
function notesOf(role: Role, config: string): string[] {
  try {
    if (role === 'edge') {
      const { nodeName } = loadEdgeConfig(config);
      return [`The cloud still has the node; there: kubectl delete node ${nodeName}`];
    }
    const { kubeconfig } = loadCloudConfig(config).controlPlane;
    if (kubeconfig === undefined) return [];
    const kubectl = `kubectl --kubeconfig ${kubeconfig}`;
    return [
      `The cluster keeps the CA, the join tokens, the nodes and the devices. To remove the CA and tokens: ${kubectl} delete namespace kubeedge`,
      `To remove all devices with their definitions: ${kubectl} delete crd ${DEFINITIONS.join(' ')}`,
    ];
  } catch {
    return [];
  }
}

const DEFINITIONS = [
  'devices.devices.kubeedge.io',
  'devicemodels.devices.kubeedge.io',
  'devicestatuses.devices.kubeedge.io',
  'objectsyncs.reliablesyncs.kubeedge.io',
  'clusterobjectsyncs.reliablesyncs.kubeedge.io',
];

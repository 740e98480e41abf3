import { existsSync } from 'node:fs';
import { copyFile, mkdir, open, rename, rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { runSteps } from '../cli/steps.ts';
import type { Ui } from '../cli/ui.ts';
import { homePaths } from '../config/home.ts';
import { KedgeError, messageOf } from '../kernel/errors.ts';
import { ensureDir0700, syncFolderOf } from '../kernel/secret-file.ts';
import { rebaseRevisions } from '../store/rebase-revisions.ts';
import { checkIntegrity } from '../store/snapshot.ts';
import { DATABASE, KEYS, readBackup, type Backup } from './backup-contents.ts';
import { DaemonProcess } from './daemon-process.ts';

export interface RestoreResult {
  readonly home: string;
  readonly backup: Backup;
  /** Of the restored database; 0 when the objects are in a cluster. */
  readonly objects: number;
  /** Where the cloud is now that was in the home before. */
  readonly before?: string;
  /** False when a person said no. */
  readonly changed: boolean;
}

export interface RestoreOptions {
  readonly home: string;
  readonly folder: string;
  /** Asked when there is a cloud in the home that will be moved aside. */
  readonly confirm: (aside: string) => Promise<boolean>;
}

/**
 * Puts a backup in the place of a home's cloud, which must not run; what was there is moved aside, not removed. Everything is ready
 * before the first file of the home is touched.
 * @throws KedgeError NOT_FOUND, INVALID_INPUT or INVALID_CONFIG for what is no whole backup of a kedge that is not newer, CONFLICT while
 * the cloud runs, PERMISSION
 */
export async function restore({ home, folder: given, confirm }: RestoreOptions, ui: Ui): Promise<RestoreResult> {
  const folder = resolve(given);
  const backup = await readBackup(folder);
  const { cloud, home: root } = homePaths(home);
  if (new DaemonProcess('cloud', root).pid !== undefined) {
    throw new KedgeError('CONFLICT', `the cloud of ${root} is running`, { hint: `kedge stop cloud --home ${root}` });
  }
  const aside = existsSync(cloud.dir) ? asideOf(cloud.dir) : undefined;
  if (aside !== undefined && !(await confirm(aside))) return { home: root, backup, objects: 0, changed: false };
  const ready = `${cloud.dir}.restoring`;
  let objects = 0;
  try {
    await runSteps(
      [
        { title: 'Copy the backup', run: () => copy(folder, backup, root, ready) },
        {
          title: 'Check the database',
          run: async () => {
            if (!backup.files.includes(DATABASE)) return Promise.resolve('there is none: the objects are in the cluster');
            checkIntegrity(join(ready, DATABASE));
            ({ objects } = rebaseRevisions(join(ready, DATABASE), Date.now()));
            return `${objects} objects, each in a new version`;
          },
        },
        { title: 'Put it in place', run: () => place(cloud.dir, ready, aside) },
      ],
      ui,
    );
  } catch (error) {
    await rm(ready, { recursive: true, force: true });
    throw error;
  }
  return { home: root, backup, objects, ...(aside !== undefined && { before: aside }), changed: true };
}

function asideOf(dir: string): string {
  return `${dir}.before-${new Date().toISOString().replaceAll(/[:.]/g, '-')}`;
}

async function copy(folder: string, { files }: Backup, root: string, ready: string): Promise<string> {
  try {
    await mkdir(root, { recursive: true, mode: 0o700 });
    await rm(ready, { recursive: true, force: true });
    await ensureDir0700(ready);
    await ensureDir0700(join(ready, KEYS));
    for (const path of files) await copySecret(join(folder, path), join(ready, path));
  } catch (error) {
    throw new KedgeError('PERMISSION', `the backup cannot be copied to ${ready}: ${messageOf(error)}`, { cause: error });
  }
  return `${files.length} files`;
}

/** Where file systems can, the blocks are shared. */
async function copySecret(from: string, to: string): Promise<void> {
  await copyFile(from, to);
  const file = await open(to, 'r+');
  try {
    await file.chmod(0o600);
    await file.sync();
  } finally {
    await file.close();
  }
}

async function place(dir: string, ready: string, aside: string | undefined): Promise<string> {
  await syncFolderOf(join(ready, DATABASE));
  if (aside !== undefined) await rename(dir, aside);
  try {
    await rename(ready, dir);
  } catch (error) {
    if (aside !== undefined) await rename(aside, dir);
    throw error;
  }
  await syncFolderOf(dir);
  return aside === undefined ? dir : `${dir}; what was there is now ${aside}`;
}

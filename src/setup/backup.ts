import { existsSync } from 'node:fs';
import { readFile, readdir, rm } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { runSteps } from '../cli/steps.ts';
import type { Ui } from '../cli/ui.ts';
import type { CloudPaths } from '../config/home.ts';
import { KedgeError, messageOf, systemCode } from '../kernel/errors.ts';
import { ensureDir0700, writeSecretFile } from '../kernel/secret-file.ts';
import { checkIntegrity, snapshotDatabase } from '../store/snapshot.ts';
import { BACKUP_FILE, DATABASE, filesOf, installedCloud, KEYS, type Backup } from './backup-contents.ts';

export interface BackupResult extends Backup {
  readonly folder: string;
}

export interface BackupOptions {
  readonly home: string;
  /** Made when it is missing; must be empty. */
  readonly folder: string;
  /** Of this kedge. */
  readonly version: string;
}

/**
 * Copies what a cloud keeps into a folder: its database as it is at one moment, its keys and its configuration. The cloud may run.
 * @throws KedgeError NOT_INSTALLED, CONFLICT for a folder with something in it, PERMISSION; what was begun is removed
 */
export async function backUp({ home, folder: given, version }: BackupOptions, ui: Ui): Promise<BackupResult> {
  const cloud = await installedCloud(home);
  const folder = resolve(given);
  await refuseFull(folder);
  const written: string[] = [];
  try {
    await runSteps(
      [
        { title: 'Copy the database', run: () => copyDatabase(cloud, folder, written) },
        { title: 'Copy keys and configuration', run: () => copyFiles(cloud, folder, written) },
      ],
      ui,
    );
    const backup: Backup = { format: 1, version, createdAt: new Date().toISOString(), home: resolve(home), files: written };
    await writeSecretFile(join(folder, BACKUP_FILE), `${JSON.stringify(backup, null, 2)}\n`);
    return { ...backup, folder };
  } catch (error) {
    for (const path of [...written, BACKUP_FILE, DATABASE, KEYS]) await rm(join(folder, path), { recursive: true, force: true });
    throw error;
  }
}

async function refuseFull(folder: string): Promise<void> {
  try {
    const entries = await readdir(folder);
    if (entries.length > 0) throw new KedgeError('CONFLICT', `${folder} is not empty`, { hint: 'name a folder that is not there yet' });
  } catch (error) {
    if (error instanceof KedgeError) throw error;
    if (systemCode(error) !== 'ENOENT')
      throw new KedgeError('PERMISSION', `${folder} cannot be used: ${messageOf(error)}`, { cause: error });
  }
}

async function copyDatabase({ database }: CloudPaths, folder: string, written: string[]): Promise<string> {
  await ensureDir0700(folder).catch((error: unknown) => {
    throw new KedgeError('PERMISSION', `${folder} cannot be made: ${messageOf(error)}`, { cause: error });
  });
  if (!existsSync(database)) return 'there is none: the objects are in the cluster';
  snapshotDatabase(database, join(folder, DATABASE));
  written.push(DATABASE);
  checkIntegrity(join(folder, DATABASE));
  return 'it is whole';
}

async function copyFiles(cloud: CloudPaths, folder: string, written: string[]): Promise<string> {
  await ensureDir0700(join(folder, KEYS));
  for (const path of await filesOf(cloud)) {
    const data = await readFile(join(cloud.dir, path)).catch((error: unknown) => {
      throw new KedgeError('PERMISSION', `${join(cloud.dir, path)} cannot be read: ${messageOf(error)}`, { cause: error });
    });
    await writeSecretFile(join(folder, path), data);
    written.push(path);
  }
  return `${written.length} files in ${dirname(join(folder, 'x'))}`;
}

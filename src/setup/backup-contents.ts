import { existsSync } from 'node:fs';
import * as v from 'valibot';
import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { CloudPaths } from '../config/home.ts';
import { homePaths } from '../config/home.ts';
import { KedgeError, messageOf, systemCode } from '../kernel/errors.ts';

/** The file that is written last: a folder without it is no whole backup. */
export const BACKUP_FILE = 'backup.json';
/** Names in a backup are those of a cloud's folder. */
export const DATABASE = 'data.db';
export const KEYS = 'pki';

const backupSchema = v.object({
  /** Of this layout. */
  format: v.literal(1),
  /** Of the kedge that made it. */
  version: v.string(),
  createdAt: v.pipe(v.string(), v.isoTimestamp()),
  /** Where it was made. */
  home: v.string(),
  /** Paths in the folder, beside this file. */
  files: v.array(
    v.pipe(
      v.string(),
      v.regex(/^[\w.-]+(\/[\w.-]+)?$/),
      v.check((path) => !path.split('/').includes('..')),
    ),
  ),
});

/** What a backup says of itself. */
export type Backup = v.InferOutput<typeof backupSchema>;

/** The files of a cloud that a backup has, beside its database: paths in its folder. On a real cluster there is no kubeconfig of its own. */
export async function filesOf({ dir, pki, config, adminKubeconfig }: CloudPaths): Promise<string[]> {
  const keys = (await readdir(pki)).filter((name) => /\.(crt|key|token)$/.test(name)).map((name) => `${KEYS}/${name}`);
  return [config, adminKubeconfig]
    .filter(existsSync)
    .map((path) => path.slice(dir.length + 1))
    .concat(keys.sort());
}

/** @throws KedgeError NOT_FOUND or INVALID_INPUT for a folder that is no backup */
export async function readBackup(folder: string): Promise<Backup> {
  const path = join(folder, BACKUP_FILE);
  const hint = 'name the folder that kedge backup has made';
  try {
    return v.parse(backupSchema, JSON.parse(await readFile(path, 'utf8')));
  } catch (error) {
    if (systemCode(error) === 'ENOENT')
      throw new KedgeError('NOT_FOUND', `there is no whole backup in ${folder}: ${path} is missing`, { hint });
    throw new KedgeError('INVALID_INPUT', `${path} cannot be used: ${messageOf(error)}`, { hint, cause: error });
  }
}

/** The paths of the cloud of a home. @throws KedgeError NOT_INSTALLED */
export async function installedCloud(home: string): Promise<CloudPaths> {
  const { cloud } = homePaths(home);
  const entries = await readdir(cloud.dir).catch((): string[] => []);
  if (entries.includes('config.yaml')) return cloud;
  throw new KedgeError('NOT_INSTALLED', `there is no cloud in ${home}`, { hint: 'name its home: --home FOLDER' });
}

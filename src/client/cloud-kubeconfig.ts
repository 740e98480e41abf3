import { readFile } from 'node:fs/promises';
import { loadCloudConfig } from '../config/cloud-config.ts';
import { homePaths } from '../config/home.ts';
import { KedgeError } from '../kernel/errors.ts';
import { notInstalled } from './admin-client.ts';

export interface CloudKubeconfig {
  readonly path: string;
  /** The file's text. */
  readonly kubeconfig: string;
}

/**
 * The kubeconfig with which the cloud of this home works: the built-in API's administrator, or what init was given.
 * @throws KedgeError NOT_INSTALLED, NOT_FOUND
 */
export async function readCloudKubeconfig(home: string): Promise<CloudKubeconfig> {
  const { cloud } = homePaths(home);
  const path = configured(home, cloud.config) ?? cloud.adminKubeconfig;
  try {
    return { path, kubeconfig: await readFile(path, 'utf8') };
  } catch (error) {
    throw new KedgeError('NOT_FOUND', `the kubeconfig ${path} cannot be read`, { hint: 'run kedge init cloud again', cause: error });
  }
}

function configured(home: string, path: string): string | undefined {
  try {
    return loadCloudConfig(path).controlPlane.kubeconfig;
  } catch (error) {
    throw error instanceof KedgeError && error.code === 'NOT_INSTALLED' ? notInstalled(home, 'cloud') : error;
  }
}

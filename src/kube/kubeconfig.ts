import { homedir } from 'node:os';
import { delimiter, join } from 'node:path';
import * as v from 'valibot';
import { KedgeError, messageOf, systemCode } from '../kernel/errors.ts';
import { readBounded } from '../kernel/read-bounded.ts';
import { KubeconfigSchema } from '../protocol/kubeconfig.ts';
import type { Kubeconfig } from '../protocol/kubeconfig.ts';
import type { Credentials } from './credentials.ts';
import { clusterCredentials, userCredentials } from './kubeconfig-entry.ts';

const MAX_BYTES = 4 * 1024 * 1024;

interface LoadedFile {
  readonly path: string;
  readonly content: Kubeconfig;
}

/** The kubeconfig files that are meant when none is named: those of KUBECONFIG, else `~/.kube/config`. */
export function defaultKubeconfigs(): string[] {
  const named = (process.env['KUBECONFIG'] ?? '').split(delimiter).filter((path) => path !== '');
  return named.length > 0 ? named : [join(homedir(), '.kube', 'config')];
}

/**
 * Reads one context (the current one if none is named). Without a path: the default files, of which the first to name a thing wins.
 * @throws KedgeError NOT_FOUND (no such file) or INVALID_CONFIG, naming the file and the key.
 */
export async function loadCredentials(path?: string, context?: string): Promise<Credentials> {
  const paths = path === undefined ? defaultKubeconfigs() : [path];
  const files = await readAll(paths);
  const where = paths.join(', ');
  const contextName = context ?? files.map(({ content }) => content['current-context']).find((name) => name !== '');
  if (!contextName)
    throw new KedgeError('INVALID_CONFIG', `${where}: current-context is not set`, { hint: 'set it with kubectl config use-context NAME' });
  const { cluster, user } = find(files, 'contexts', contextName, 'current-context', where).entry.context;
  const clusterEntry = find(files, 'clusters', cluster, `contexts[${contextName}].context.cluster`, where);
  const clusterPart = await clusterCredentials(clusterEntry.entry.cluster, clusterEntry.path, `clusters[${cluster}].cluster`);
  if (user === '') return clusterPart;
  const userEntry = find(files, 'users', user, `contexts[${contextName}].context.user`, where);
  const userPart = await userCredentials(userEntry.entry.user, userEntry.path, `users[${user}].user`);
  return { ...clusterPart, ...userPart };
}

/** As kubectl does: of several files those that do not exist are left out, as long as one is there. */
async function readAll(paths: readonly string[]): Promise<LoadedFile[]> {
  const files: LoadedFile[] = [];
  let missing: unknown;
  for (const path of paths) {
    try {
      files.push({ path, content: await parseFile(path, await readBounded(path, MAX_BYTES)) });
    } catch (error) {
      if (systemCode(error) !== 'ENOENT') throw unreadable(path, error);
      missing = error;
    }
  }
  if (files.length > 0) return files;
  throw new KedgeError('NOT_FOUND', `there is no kubeconfig at ${paths.join(', ')}`, { hint: 'name one with KUBECONFIG', cause: missing });
}

async function parseFile(path: string, text: string): Promise<Kubeconfig> {
  const { readYaml } = await import('../protocol/yaml.ts');
  let value: unknown;
  try {
    value = readYaml(text, { version: '1.1' });
  } catch (error) {
    throw new KedgeError('INVALID_CONFIG', `${path} is not YAML: ${messageOf(error).split('\n')[0] ?? ''}`);
  }
  const result = v.safeParse(KubeconfigSchema, value);
  if (result.success) return result.output;
  const [issue] = result.issues;
  throw new KedgeError('INVALID_CONFIG', `${path}: ${v.getDotPath(issue) ?? 'the file'}: ${issue.message}`);
}

function unreadable(path: string, error: unknown): KedgeError {
  if (error instanceof KedgeError) return error;
  const code = systemCode(error) === 'EACCES' ? 'PERMISSION' : 'INVALID_CONFIG';
  return new KedgeError(code, `cannot read the kubeconfig ${path}`, { cause: error });
}

function find<K extends 'clusters' | 'users' | 'contexts'>(
  files: readonly LoadedFile[],
  list: K,
  name: string,
  key: string,
  where: string,
): { path: string; entry: Kubeconfig[K][number] } {
  for (const { path, content } of files) {
    const entry = (content[list] as Kubeconfig[K][number][]).find((candidate) => candidate.name === name);
    if (entry !== undefined) return { path, entry };
  }
  throw new KedgeError('INVALID_CONFIG', `${where}: ${key} names "${name}", which ${list} does not have`);
}

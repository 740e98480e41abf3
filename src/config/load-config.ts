import { readFileSync, statSync } from 'node:fs';
import * as v from 'valibot';
import { stringify } from 'yaml';
import { KedgeError, messageOf, systemCode } from '../kernel/errors.ts';
import { writeSecretFile } from '../kernel/secret-file.ts';
import { readYaml as parseYaml } from '../protocol/yaml.ts';

const MAX_CONFIG_BYTES = 1024 * 1024;

/**
 * Reads a YAML file through a schema and freezes what comes out.
 * @throws KedgeError INVALID_CONFIG naming the file and the key, NOT_INSTALLED when there is no file, PERMISSION
 */
export function loadConfig<T>(path: string, schema: v.GenericSchema<unknown, T>): T {
  return checkConfig(path, readYaml(path), schema);
}

/** The same check for a value that is about to be saved as `path`; fills in the defaults. */
export function checkConfig<T>(path: string, value: unknown, schema: v.GenericSchema<unknown, T>): T {
  if (Array.isArray(value))
    throw new KedgeError('INVALID_CONFIG', `${path}: the file holds a list where a mapping is needed`, { hint: `correct ${path}` });
  const result = v.safeParse(schema, value);
  if (result.success) return deepFreeze(result.output);
  const [issue] = result.issues;
  throw new KedgeError('INVALID_CONFIG', `${path}: ${v.getDotPath(issue) ?? 'the file'}: ${issue.message}`, {
    hint: `correct this key in ${path}`,
  });
}

/** Writes a configuration as YAML that only its owner can read. */
export async function saveConfig(path: string, value: object): Promise<void> {
  await writeSecretFile(path, stringify(value));
}

function readYaml(path: string): unknown {
  try {
    if (statSync(path).size > MAX_CONFIG_BYTES)
      throw new KedgeError('INVALID_CONFIG', `${path} is larger than ${MAX_CONFIG_BYTES} bytes`, { hint: `correct ${path}` });
    return parseYaml(readFileSync(path, 'utf8'), { version: '1.2' }) ?? {};
  } catch (error) {
    throw readFailure(path, error);
  }
}

function readFailure(path: string, error: unknown): KedgeError {
  if (error instanceof KedgeError) return error;
  if (systemCode(error) === 'ENOENT') return new KedgeError('NOT_INSTALLED', `there is no configuration at ${path}`, { cause: error });
  if (systemCode(error) === 'EACCES') return new KedgeError('PERMISSION', `${path} may not be read by this user`, { cause: error });
  // What follows the first line are lines of the file, which may hold a secret.
  const [why = ''] = messageOf(error).split('\n');
  return new KedgeError('INVALID_CONFIG', `${path} is not YAML: ${why.replace(/:$/, '')}`, { hint: `correct ${path}` });
}

function deepFreeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null) {
    Object.values(value).forEach(deepFreeze);
    Object.freeze(value);
  }
  return value;
}

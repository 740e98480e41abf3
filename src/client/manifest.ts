import { KedgeError, messageOf, systemCode } from '../kernel/errors.ts';
import { readBounded } from '../kernel/read-bounded.ts';
import { apiVersionOf } from '../protocol/kubernetes.ts';
import type { ApiResource, KubeObject } from '../protocol/kubernetes.ts';

const MAX_BYTES = 4 * 1024 * 1024;
/** What Kubernetes' API server takes as one request. */
const MAX_OBJECT_BYTES = 3 * 1024 * 1024;

/** Reads a file, or stdin for `-`. @throws KedgeError NOT_FOUND, PERMISSION or INVALID_INPUT */
export async function readInput(path: string): Promise<string> {
  if (path === '-') return readStdin();
  try {
    return await readBounded(path, MAX_BYTES);
  } catch (error) {
    if (error instanceof KedgeError) throw error;
    const code = systemCode(error) === 'ENOENT' ? 'NOT_FOUND' : systemCode(error) === 'EACCES' ? 'PERMISSION' : 'INVALID_INPUT';
    const hint = 'give a file that is there and that you may read, or - for standard input';
    throw new KedgeError(code, `cannot read ${path}: ${messageOf(error)}`, { hint, cause: error });
  }
}

/**
 * The objects of a YAML or JSON text: one document each, or the items of a List. All must be of this resource, in its version or one of
 * `olderVersions`.
 * @throws KedgeError INVALID_INPUT with the line of a mistake, or the kind that was not expected
 */
export async function parseManifests<T extends KubeObject>(
  text: string,
  source: string,
  resource: ApiResource,
  olderVersions: readonly string[] = [],
): Promise<T[]> {
  const { readDocuments, valueOf } = await import('../protocol/yaml.ts');
  const documents = convert(() => readDocuments(text, { version: '1.1' }), source);
  const objects = documents.flatMap((document) => {
    const [error] = document.errors;
    if (error !== undefined) {
      const line = error.linePos?.[0].line;
      throw new KedgeError(
        'INVALID_INPUT',
        `${source}${line === undefined ? '' : `:${line}`}: ${error.message.split(' at line ')[0] ?? ''}`,
      );
    }
    const value = convert(() => valueOf(document), source);
    if (value === null) return [];
    return isRecord(value) && Array.isArray(value['items']) ? (value['items'] as unknown[]) : [value];
  });
  if (objects.length === 0) throw new KedgeError('INVALID_INPUT', `${source} holds no ${resource.kind}`);
  return objects.map((object, index) => checkKind<T>(object, `${source}, object ${index + 1}`, resource, olderVersions));
}

function checkKind<T extends KubeObject>(object: unknown, where: string, resource: ApiResource, olderVersions: readonly string[]): T {
  const apiVersion = apiVersionOf(resource);
  const known = [apiVersion, ...olderVersions.map((version) => apiVersionOf({ ...resource, version }))];
  if (!isRecord(object)) throw new KedgeError('INVALID_INPUT', `${where} is no Kubernetes object`);
  if (object['apiVersion'] === undefined) throw new KedgeError('INVALID_INPUT', `${where}: apiVersion is missing`);
  if (object['kind'] !== resource.kind || !known.includes(text(object['apiVersion']))) {
    const is = `${text(object['apiVersion'])} ${text(object['kind'])}`;
    throw new KedgeError('INVALID_INPUT', `${where} is a ${is}, not a ${apiVersion} ${resource.kind}`, {
      hint: kindHint(object['kind'], resource),
    });
  }
  const { metadata } = object;
  if (!isRecord(metadata) || typeof metadata['name'] !== 'string' || metadata['name'] === '') {
    throw new KedgeError('INVALID_INPUT', `${where}: metadata.name is missing`);
  }
  const { namespace } = metadata;
  if (namespace !== undefined && typeof namespace !== 'string')
    throw new KedgeError('INVALID_INPUT', `${where}: metadata.namespace is not a text`);
  if (Buffer.byteLength(convert(() => JSON.stringify(object), where)) > MAX_OBJECT_BYTES)
    throw new KedgeError('INVALID_INPUT', `${where} is too large: the API takes ${MAX_OBJECT_BYTES} bytes`);
  return object as unknown as T;
}

/** KubeEdge's samples have both kinds in one file. */
function kindHint(kind: unknown, resource: ApiResource): string | undefined {
  if (kind === resource.kind || (kind !== 'Device' && kind !== 'DeviceModel')) return undefined;
  return 'give each kind a file of its own: kedge device model create -f FILE, then kedge device create -f FILE';
}

/** The object in its namespace: its own, or the one of the `-n` flag. @throws KedgeError USAGE when the two differ */
export function inNamespace<T extends KubeObject>(object: T, flag: string | undefined): T {
  const own = object.metadata.namespace;
  if (own !== undefined && flag !== undefined && own !== flag) {
    throw new KedgeError('USAGE', `${object.metadata.name} is in namespace ${own}, but -n says ${flag}`);
  }
  return { ...object, metadata: { ...object.metadata, namespace: own ?? flag ?? 'default' } };
}

function convert<T>(work: () => T, source: string): T {
  try {
    return work();
  } catch (error) {
    throw new KedgeError('INVALID_INPUT', `${source}: ${messageOf(error)}`);
  }
}

async function readStdin(): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of process.stdin as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > MAX_BYTES) throw new KedgeError('INVALID_INPUT', `stdin is larger than ${MAX_BYTES} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function text(value: unknown): string {
  return typeof value === 'string' && value !== '' ? value : '(nothing)';
}

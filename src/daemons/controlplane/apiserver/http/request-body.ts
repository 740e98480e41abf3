import type { IncomingMessage } from 'node:http';
import { badRequest, tooLarge, unsupportedMediaType } from '../status-error.ts';
import { decodeProtobuf, PROTOBUF_TYPE } from './protobuf.ts';
import { messageOf } from '../../../../kernel/errors.ts';
import { parseJson as parseDeepJson, TooDeep } from '../../../../protocol/json.ts';
import { MAX_OBJECT_DEPTH } from '../schema/json.ts';
import { readYaml } from '../../../../protocol/yaml.ts';

/** Who is still sending does not see an answer: of a body that is too large so much more is read, and thrown away. */
const DISCARDED_BYTES = 13 * 1024 * 1024;
/** Nobody else is served while a text is read. */
const MAX_YAML_PARTS = 100_000;
const OBJECT_TYPES = ['application/json', 'application/yaml'];

/** The media type of a body, in lower case and without parameters. */
export function contentType(request: IncomingMessage): string {
  return (request.headers['content-type'] ?? 'application/json').split(';')[0]?.trim().toLowerCase() ?? '';
}

/** Reads the body of at most `limit` bytes as text. @throws StatusError 413 */
export async function readText(request: IncomingMessage, limit: number): Promise<string> {
  return (await readBytes(request, limit)).toString('utf8');
}

/** @throws StatusError 413 */
async function readBytes(request: IncomingMessage, limit: number): Promise<Buffer> {
  const refuse = () => tooLarge(`Request entity too large: limit is ${limit}`);
  if (Number(request.headers['content-length'] ?? 0) > limit + DISCARDED_BYTES) throw refuse();
  const chunks: Buffer[] = [];
  let length = 0;
  // Leaving early must not close the connection: the refusal has to go out on it.
  for await (const chunk of request.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length > limit + DISCARDED_BYTES) throw refuse();
    if (length > limit) chunks.length = 0;
    else chunks.push(chunk);
  }
  if (length > limit) throw refuse();
  return Buffer.concat(chunks);
}

/**
 * Reads the body of at most `limit` bytes as an object in JSON, YAML or, for some kinds, protobuf; undefined when it is empty.
 * @throws StatusError 400, 413, 415
 */
export async function readObject(request: IncomingMessage, limit: number): Promise<unknown> {
  const type = contentType(request);
  if (type === PROTOBUF_TYPE) return parseProtobuf(await readBytes(request, limit));
  if (!OBJECT_TYPES.includes(type)) throw unsupportedMediaType(OBJECT_TYPES);
  const text = await readText(request, limit);
  if (text.trim() === '') return undefined;
  return type === 'application/yaml' ? parseYamlText(text) : parseJson(text);
}

function parseProtobuf(bytes: Buffer): unknown {
  if (bytes.length === 0) return undefined;
  let object: unknown;
  try {
    object = decodeProtobuf(bytes);
  } catch (error) {
    throw badRequest(`cannot read the body as protobuf: ${messageOf(error)}`);
  }
  if (object === undefined) throw unsupportedMediaType(OBJECT_TYPES);
  return object;
}

/** @throws StatusError 400 */
export function parseJson(text: string): unknown {
  try {
    return parseDeepJson(text, MAX_OBJECT_DEPTH);
  } catch (error) {
    if (error instanceof TooDeep) throw badRequest(`the object is ${error.message}`);
    throw badRequest(`couldn't get version/kind; json parse error: ${messageOf(error)}`);
  }
}

/** The body of an apply: YAML, of which JSON is a part. @throws StatusError 400 */
export function parseApplied(text: string): unknown {
  const isJson = text.trimStart().startsWith('{');
  try {
    if (isJson) return parseDeepJson(text, MAX_OBJECT_DEPTH);
  } catch (error) {
    if (error instanceof TooDeep) throw badRequest(`the object is ${error.message}`);
    // Braces are YAML's, too.
  }
  return parseYamlText(text, 'error decoding YAML: ');
}

function parseYamlText(text: string, prefix = ''): unknown {
  let json: string;
  try {
    // YAML knows dates, binary and more; what is left is what JSON can say.
    json = JSON.stringify(readYaml(text, { version: '1.1', merge: true, maxParts: MAX_YAML_PARTS }));
  } catch (error) {
    throw badRequest(`${prefix}error converting YAML to JSON: ${messageOf(error)}`);
  }
  return parseJson(json);
}

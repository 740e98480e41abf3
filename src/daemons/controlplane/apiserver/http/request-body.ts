import type { IncomingMessage } from 'node:http';
import { parse as parseYaml } from 'yaml';
import { badRequest, tooLarge, unsupportedMediaType } from '../status-error.ts';
import { decodeProtobuf, PROTOBUF_TYPE } from './protobuf.ts';
import { messageOf } from '../../../../kernel/errors.ts';

/** What Kubernetes' API server takes. */
const MAX_BODY_BYTES = 3 * 1024 * 1024;
/** Who is still sending does not see an answer: of a body that is too large so much is read, and thrown away. */
const MAX_DISCARDED_BYTES = 16 * 1024 * 1024;
const MAX_DEPTH = 200;
const MAX_YAML_ALIASES = 100;
const OBJECT_TYPES = ['application/json', 'application/yaml'];

/** The media type of a body, in lower case and without parameters. */
export function contentType(request: IncomingMessage): string {
  return (request.headers['content-type'] ?? 'application/json').split(';')[0]?.trim().toLowerCase() ?? '';
}

/** Reads the body as text. @throws StatusError 413 */
export async function readText(request: IncomingMessage): Promise<string> {
  return (await readBytes(request)).toString('utf8');
}

/** @throws StatusError 413 */
async function readBytes(request: IncomingMessage): Promise<Buffer> {
  const refuse = () => tooLarge(`Request entity too large: limit is ${MAX_BODY_BYTES}`);
  if (Number(request.headers['content-length'] ?? 0) > MAX_DISCARDED_BYTES) throw refuse();
  const chunks: Buffer[] = [];
  let length = 0;
  // Leaving early must not close the connection: the refusal has to go out on it.
  for await (const chunk of request.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length > MAX_DISCARDED_BYTES) throw refuse();
    if (length > MAX_BODY_BYTES) chunks.length = 0;
    else chunks.push(chunk);
  }
  if (length > MAX_BODY_BYTES) throw refuse();
  return Buffer.concat(chunks);
}

/** Reads the body as an object in JSON, YAML or, for some kinds, protobuf; undefined when it is empty. @throws StatusError 400, 413, 415 */
export async function readObject(request: IncomingMessage): Promise<unknown> {
  const type = contentType(request);
  if (type === PROTOBUF_TYPE) return parseProtobuf(await readBytes(request));
  if (!OBJECT_TYPES.includes(type)) throw unsupportedMediaType(OBJECT_TYPES);
  const text = await readText(request);
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
  if (nesting(text) > MAX_DEPTH) throw badRequest(`the object is nested more than ${MAX_DEPTH} levels deep`);
  try {
    return JSON.parse(text);
  } catch (error) {
    throw badRequest(`couldn't get version/kind; json parse error: ${messageOf(error)}`);
  }
}

function parseYamlText(text: string): unknown {
  let value: unknown;
  try {
    value = parseYaml(text, { version: '1.1', maxAliasCount: MAX_YAML_ALIASES, merge: true });
  } catch (error) {
    throw badRequest(`error converting YAML to JSON: ${messageOf(error)}`);
  }
  // YAML knows dates, binary and more; what is left is what JSON can say.
  return parseJson(JSON.stringify(value));
}

/** How deep brackets nest in a JSON text. */
function nesting(text: string): number {
  let depth = 0;
  let deepest = 0;
  let inString = false;
  for (let index = 0; index < text.length; index += 1) {
    const code = text.charCodeAt(index);
    if (inString) {
      if (code === 0x5c) index += 1;
      else if (code === 0x22) inString = false;
    } else if (code === 0x22) inString = true;
    else if (code === 0x7b || code === 0x5b) deepest = Math.max(deepest, ++depth);
    else if (code === 0x7d || code === 0x5d) depth -= 1;
  }
  return deepest;
}

import { accessSync, constants, existsSync } from 'node:fs';
import { request } from 'node:http';
import type { IncomingMessage } from 'node:http';
import { basename, dirname, join } from 'node:path';
import { ERROR_TABLE, KedgeError, messageOf, systemCode } from '../kernel/errors.ts';
import type { ErrorCode } from '../kernel/errors.ts';
import { parseJson } from '../protocol/json.ts';

const MAX_BODY_BYTES = 64 * 1024 * 1024;
const TIMEOUT_MS = 30_000;

/**
 * One request to a daemon's admin socket; the answer is one of the types in protocol/admin.ts.
 * @throws KedgeError NOT_INSTALLED or UNREACHABLE when no daemon listens, or what the daemon itself says
 */
export async function adminRequest<T>(
  socketPath: string,
  method: 'GET' | 'POST' | 'DELETE',
  path: string,
  body?: unknown,
  timeoutMs = TIMEOUT_MS,
): Promise<T> {
  const signal = AbortSignal.timeout(timeoutMs);
  try {
    const response = await open(socketPath, { method, path, body, signal });
    const text = await readText(response);
    if ((response.statusCode ?? 500) >= 400) throw refusal(text);
    return (text === '' ? undefined : parseAnswer(text)) as T;
  } catch (error) {
    if (signal.aborted) throw new KedgeError('TIMEOUT', `the daemon behind ${socketPath} did not answer within ${timeoutMs / 1000} s`);
    throw explain(socketPath, error);
  }
}

/** The JSON documents that a daemon streams, until it ends or the signal aborts (then it throws the signal's reason). */
export async function* adminStream<T>(socketPath: string, path: string, signal: AbortSignal): AsyncGenerator<T> {
  try {
    const response = await open(socketPath, { method: 'GET', path, signal });
    if ((response.statusCode ?? 500) >= 400) throw refusal(await readText(response));
    let pending = '';
    for await (const chunk of response.setEncoding('utf8') as AsyncIterable<string>) {
      const lines = (pending + chunk).split('\n');
      pending = lines.pop() ?? '';
      if (pending.length > MAX_BODY_BYTES) throw new Error('the answer is too large');
      for (const line of lines) if (line !== '') yield parseAnswer(line) as T;
    }
  } catch (error) {
    signal.throwIfAborted();
    throw explain(socketPath, error);
  }
}

interface Ask {
  readonly method: string;
  readonly path: string;
  readonly body?: unknown;
  readonly signal: AbortSignal;
}

function open(socketPath: string, { method, path, body, signal }: Ask): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const headers = body === undefined ? {} : { 'content-type': 'application/json' };
    const outgoing = request({ socketPath, method, path, headers, signal }, resolve);
    outgoing.on('error', reject);
    outgoing.end(body === undefined ? undefined : JSON.stringify(body));
  });
}

async function readText(response: IncomingMessage): Promise<string> {
  let text = '';
  for await (const chunk of response.setEncoding('utf8') as AsyncIterable<string>) {
    text += chunk;
    if (text.length > MAX_BODY_BYTES) throw new Error('the answer is too large');
  }
  return text;
}

/** Every answer is an object or a list. */
function parseAnswer(text: string): object {
  const answer = parseJson(text);
  if (typeof answer === 'object' && answer !== null) return answer;
  throw new KedgeError('BUG', `the daemon answered ${JSON.stringify(text.slice(0, 200))}`);
}

/** The daemon's own words (an AdminError). */
function refusal(text: string): KedgeError {
  try {
    const { code, message, hint } = parseAnswer(text) as { code?: unknown; message?: unknown; hint?: unknown };
    const known = typeof code === 'string' && Object.hasOwn(ERROR_TABLE, code) ? (code as ErrorCode) : 'BUG';
    return new KedgeError(known, String(message), { hint: typeof hint === 'string' ? hint : undefined });
  } catch {
    return new KedgeError('BUG', `the daemon answered ${JSON.stringify(text.slice(0, 200))}`);
  }
}

function explain(socketPath: string, error: unknown): KedgeError {
  if (error instanceof KedgeError) return error;
  const dir = dirname(socketPath);
  const role = basename(dir);
  const code = systemCode(error);
  if (code === 'EACCES') {
    return new KedgeError('PERMISSION', `the ${role} in ${dirname(dir)} belongs to another user`, {
      hint: 'run it as that user',
      cause: error,
    });
  }
  if (!existsSync(join(dir, 'config.yaml'))) return notInstalled(dirname(dir), role);
  const why = code === 'ENOENT' || code === 'ECONNREFUSED' ? 'is not running' : `does not answer: ${messageOf(error)}`;
  return new KedgeError('UNREACHABLE', `the ${role} in ${dirname(dir)} ${why}`, { hint: `kedge start ${role}`, cause: error });
}

/** There is no such daemon in this home, or this user may not look. @param role `cloud`, `edge`, or `cloud or edge` */
export function notInstalled(home: string, role: string): KedgeError {
  if (role.split(' or ').some((one) => isClosed(join(home, one, 'config.yaml')))) {
    return new KedgeError('PERMISSION', `${home} belongs to another user`, { hint: 'run it as that user, or name another --home' });
  }
  const hint = role === 'edge' ? 'kedge join edge --cloud HOST:10002 --token TOKEN' : 'kedge init cloud';
  return new KedgeError('NOT_INSTALLED', `there is no ${role} in ${home}`, { hint: `${hint}, or name another --home` });
}

function isClosed(path: string): boolean {
  try {
    accessSync(path, constants.R_OK);
    return false;
  } catch (error) {
    return systemCode(error) === 'EACCES';
  }
}

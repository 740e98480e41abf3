import { KedgeError, messageOf } from '../kernel/errors.ts';
import { readBounded } from '../kernel/read-bounded.ts';

const MAX_TOKEN_BYTES = 16 * 1024;

/**
 * Reads a join token from a file, or from standard input for `-`.
 * @throws KedgeError INVALID_INPUT
 */
export function readTokenFile(path: string): Promise<string> {
  return readSecretText(path, 'token');
}

/** The same for another secret; `what` names it. */
export async function readSecretText(path: string, what: string): Promise<string> {
  const text = path === '-' ? await readStdin(what) : await readText(path, what);
  if (text.trim() === '') throw new KedgeError('INVALID_INPUT', `${path === '-' ? 'standard input' : path} holds no ${what}`);
  return text.trim();
}

async function readText(path: string, what: string): Promise<string> {
  try {
    return await readBounded(path, MAX_TOKEN_BYTES);
  } catch (error) {
    throw new KedgeError('INVALID_INPUT', `the ${what} file cannot be read: ${messageOf(error)}`);
  }
}

async function readStdin(what: string): Promise<string> {
  let text = '';
  for await (const chunk of process.stdin.setEncoding('utf8') as AsyncIterable<string>) {
    text += chunk;
    if (text.length > MAX_TOKEN_BYTES) throw new KedgeError('INVALID_INPUT', `standard input holds more than a ${what}`);
  }
  return text;
}

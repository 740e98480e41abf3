import { createServer } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { KedgeError, messageOf } from '../kernel/errors.ts';
import type { ErrorCode } from '../kernel/errors.ts';
import { listenUnix } from '../kernel/listen-unix.ts';
import type { Scope } from '../kernel/module.ts';
import type { AdminError } from '../protocol/admin.ts';
import { parseJson, TooDeep } from '../protocol/json.ts';
import { readBody } from './read-body.ts';

export interface AdminRequest {
  /** What stands in the place of each `:name` of the route's path. */
  readonly params: Readonly<Record<string, string>>;
  readonly query: URLSearchParams;
  /** The parsed JSON body; undefined when there is none. */
  readonly body: unknown;
  /** Aborts when the asker is gone or the daemon stops. */
  readonly signal: AbortSignal;
}

export interface AdminRoute {
  readonly method: 'GET' | 'POST' | 'DELETE';
  /** Such as `/tokens/:id`. */
  readonly path: string;
  /** The answer as JSON; undefined is 204; an async iterable is streamed as one JSON document a line. */
  readonly handle: (request: AdminRequest) => unknown;
}

const MAX_BODY_BYTES = 64 * 1024;
const HTTP_STATUS: Partial<Record<ErrorCode, number>> = {
  USAGE: 400,
  INVALID_INPUT: 400,
  NOT_FOUND: 404,
  AUTH: 401,
  CERTIFICATE: 403,
  PERMISSION: 403,
  CONFLICT: 409,
  UNREACHABLE: 503,
  TIMEOUT: 504,
};

/**
 * Serves JSON over HTTP on a unix socket that its owner alone may open. A socket file that nobody listens on is replaced.
 * @throws KedgeError INVALID_INPUT when the path is too long, CONFLICT when another process listens on it
 */
export async function serveUnixHttp(scope: Scope, path: string, routes: readonly AdminRoute[]): Promise<void> {
  const stopping = new AbortController();
  const server = createServer((request, response) => {
    void answer(request, response, routes, AbortSignal.any([stopping.signal, goneOf(response)])).catch((error: unknown) => {
      scope.log.warn({ err: error, url: request.url }, 'an admin request failed');
    });
  });
  scope.defer(async () => {
    stopping.abort();
    await closeServer(server);
  });
  await listenUnix(server, path, { shorten: 'choose a shorter home with --home', other: 'another daemon of this home' });
}

function closeServer(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => {
      resolve();
    });
    server.closeAllConnections();
  });
}

function goneOf(response: ServerResponse): AbortSignal {
  const gone = new AbortController();
  response.once('close', () => {
    gone.abort();
  });
  return gone.signal;
}

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  routes: readonly AdminRoute[],
  signal: AbortSignal,
): Promise<void> {
  try {
    const url = new URL(request.url ?? '/', 'http://unix');
    const { route, params } = find(routes, request.method ?? '', url.pathname);
    const body = await readJson(request);
    const result = await route.handle({ params, query: url.searchParams, body, signal });
    if (isAsyncIterable(result)) await stream(response, result, signal);
    else send(response, result === undefined ? 204 : 200, result);
  } catch (error) {
    // A body that was not read to its end cannot be followed by another request.
    if (!request.complete && !response.headersSent) response.setHeader('connection', 'close');
    if (response.headersSent) response.destroy();
    else send(response, error instanceof KedgeError ? (HTTP_STATUS[error.code] ?? 500) : 500, errorBody(error));
    if (!(error instanceof KedgeError) && !signal.aborted) throw error;
  }
}

function errorBody(error: unknown): AdminError {
  if (!(error instanceof KedgeError)) return { code: 'BUG', message: messageOf(error) };
  return { code: error.code, message: error.message, ...(error.hint === undefined ? {} : { hint: error.hint }) };
}

function find(routes: readonly AdminRoute[], method: string, path: string): { route: AdminRoute; params: Record<string, string> } {
  for (const route of routes) {
    const params = route.method === method ? match(route.path, path) : undefined;
    if (params !== undefined) return { route, params };
  }
  throw new KedgeError('NOT_FOUND', `this daemon has no ${method} ${path}`);
}

function match(pattern: string, path: string): Record<string, string> | undefined {
  const wanted = pattern.split('/');
  const given = path.split('/');
  if (wanted.length !== given.length) return undefined;
  const params: Record<string, string> = {};
  for (const [index, part] of wanted.entries()) {
    const value = given[index] ?? '';
    if (part.startsWith(':')) {
      try {
        params[part.slice(1)] = decodeURIComponent(value);
      } catch {
        return undefined;
      }
    } else if (part !== value) return undefined;
  }
  return params;
}

async function readJson(request: IncomingMessage): Promise<unknown> {
  const body = await readBody(request, MAX_BODY_BYTES);
  if (body === undefined) throw new KedgeError('INVALID_INPUT', `the request body is larger than ${MAX_BODY_BYTES} bytes`);
  if (body.length === 0) return undefined;
  try {
    return parseJson(body.toString('utf8'));
  } catch (error) {
    const why = error instanceof TooDeep ? `is ${error.message}` : 'is not JSON';
    throw new KedgeError('INVALID_INPUT', `the request body ${why}`, { cause: error });
  }
}

function send(response: ServerResponse, status: number, body: unknown): void {
  if (body === undefined) {
    response.writeHead(status).end();
    return;
  }
  response.writeHead(status, { 'content-type': 'application/json' }).end(`${JSON.stringify(body)}\n`);
}

async function stream(response: ServerResponse, items: AsyncIterable<unknown>, signal: AbortSignal): Promise<void> {
  response.writeHead(200, { 'content-type': 'application/x-ndjson' }).flushHeaders();
  for await (const item of items) {
    if (signal.aborted) return;
    if (!response.write(`${JSON.stringify(item)}\n`)) await drained(response, signal);
  }
  response.end();
}

/** Waits for a reader that is slower than what it reads. */
function drained(response: ServerResponse, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      response.removeListener('drain', done);
      signal.removeEventListener('abort', done);
      resolve();
    };
    response.once('drain', done);
    signal.addEventListener('abort', done, { once: true });
    if (signal.aborted) done();
  });
}

function isAsyncIterable(value: unknown): value is AsyncIterable<unknown> {
  return typeof value === 'object' && value !== null && Symbol.asyncIterator in value;
}

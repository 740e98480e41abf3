import http from 'node:http';
import type { IncomingMessage } from 'node:http';
import https from 'node:https';
import type { Clock } from '../kernel/clock.ts';
import { systemClock } from '../kernel/clock.ts';
import { KedgeError, systemCode } from '../kernel/errors.ts';
import { networkReason } from '../kernel/network-error.ts';
import type { Credentials } from './credentials.ts';

export interface TransportLimits {
  /** A whole request, ms; for a watch the time until the server accepts it. */
  readonly requestTimeoutMs: number;
  /** A watch without a byte for this long, ms, is dead. API servers send bookmarks about once a minute. */
  readonly inactivityMs: number;
  /** Largest answer, and largest line of a watch. */
  readonly maxBodyBytes: number;
  readonly clock: Clock;
}

const DEFAULTS: TransportLimits = { requestTimeoutMs: 30_000, inactivityMs: 90_000, maxBodyBytes: 64 * 1024 * 1024, clock: systemClock };

export interface HttpRequest {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** Path and query below the server's URL. */
  readonly path: string;
  readonly body?: unknown;
  readonly contentType?: string;
  /** Beside those that every request has. */
  readonly headers?: http.OutgoingHttpHeaders;
  readonly signal?: AbortSignal | undefined;
}

export interface HttpAnswer {
  readonly code: number;
  readonly text: string;
}

/** HTTP to one API server over one keep-alive agent, with limits on time and size. Failures are KedgeErrors. */
export class Transport {
  readonly limits: TransportLimits;
  readonly #credentials: Credentials;
  readonly #base: URL;
  readonly #agent: http.Agent;

  constructor(credentials: Credentials, limits: Partial<TransportLimits> = {}) {
    this.limits = { ...DEFAULTS, ...limits };
    this.#credentials = credentials;
    this.#base = new URL(credentials.server);
    this.#agent = agentOf(this.#base, credentials);
  }

  /** One request and its whole answer, whatever its status. */
  request(request: HttpRequest): Promise<HttpAnswer> {
    return this.#inTime(request, async (signal) => this.#answer(await this.#open(request, signal)));
  }

  /** Sends a request whose answer has no end; the caller reads and destroys the response. A refusal is read here. */
  stream(request: HttpRequest & { readonly signal: AbortSignal }): Promise<IncomingMessage | HttpAnswer> {
    return this.#inTime(request, async (signal) => {
      const response = await this.#open(request, signal);
      return response.statusCode === 200 ? response : this.#answer(response);
    });
  }

  /** What a broken request or stream means to people. */
  explain(request: HttpRequest, error: unknown): KedgeError {
    if (error instanceof KedgeError) return error;
    const code = systemCode(error) ?? '';
    if (/CERT|SELF_SIGNED|UNABLE_TO_VERIFY/.test(code)) {
      const hint = 'the kubeconfig must hold the CA of this very server';
      return new KedgeError('CERTIFICATE', `the API server at ${this.#base.origin} is not trusted: ${networkReason(error)}`, {
        hint,
        cause: error,
      });
    }
    const hint = 'check that it runs and that the kubeconfig names the right server';
    return new KedgeError('UNREACHABLE', `${this.#describe(request)} failed: ${networkReason(error)}`, { hint, cause: error });
  }

  close(): void {
    this.#agent.destroy();
  }

  async #inTime<R>(request: HttpRequest, run: (signal: AbortSignal) => Promise<R>): Promise<R> {
    const { requestTimeoutMs, clock } = this.limits;
    const timeout = new AbortController();
    const cancel = clock.after(requestTimeoutMs, () => {
      timeout.abort(new KedgeError('TIMEOUT', `${this.#describe(request)}: no answer within ${requestTimeoutMs} ms`));
    });
    const signal = request.signal === undefined ? timeout.signal : AbortSignal.any([request.signal, timeout.signal]);
    try {
      return await run(signal);
    } catch (error) {
      signal.throwIfAborted();
      throw this.explain(request, error);
    } finally {
      cancel();
    }
  }

  async #answer(response: IncomingMessage): Promise<HttpAnswer> {
    const { maxBodyBytes } = this.limits;
    const chunks: Buffer[] = [];
    let size = 0;
    for await (const chunk of response as AsyncIterable<Buffer>) {
      size += chunk.length;
      if (size > maxBodyBytes) throw new KedgeError('INVALID_INPUT', `an answer of the API is larger than ${maxBodyBytes} bytes`);
      chunks.push(chunk);
    }
    return { code: response.statusCode ?? 0, text: Buffer.concat(chunks).toString('utf8') };
  }

  /** Resolves with the response's head. A kept-alive connection that turns out dead is replaced once, for GET only. */
  async #open(request: HttpRequest, signal: AbortSignal): Promise<IncomingMessage> {
    const { token } = this.#credentials;
    const bearer = typeof token === 'function' ? await token() : token;
    const body = request.body === undefined ? undefined : JSON.stringify(request.body);
    const headers = {
      accept: 'application/json',
      'user-agent': 'kedge',
      ...request.headers,
      ...(bearer !== undefined && { authorization: `Bearer ${bearer}` }),
      ...(body !== undefined && { 'content-type': request.contentType ?? 'application/json', 'content-length': Buffer.byteLength(body) }),
    };
    const send = (): Promise<IncomingMessage> => this.#send(request, headers, body, signal);
    return send().catch((error: unknown) => {
      if (request.method === 'GET' && error instanceof StaleConnection) return send();
      throw error;
    });
  }

  #send(request: HttpRequest, headers: http.OutgoingHttpHeaders, body: string | undefined, signal: AbortSignal): Promise<IncomingMessage> {
    const { protocol, hostname, port, pathname } = this.#base;
    const path = `${pathname.replace(/\/$/, '')}${request.path}`;
    const host = hostname.replace(/^\[|\]$/g, '');
    return new Promise((resolve, reject) => {
      const options = { host, port, path, method: request.method, headers, agent: this.#agent, signal };
      const outgoing = (protocol === 'http:' ? http : https).request(options, resolve);
      outgoing.on('error', (error) => {
        const stale = outgoing.reusedSocket && ['ECONNRESET', 'EPIPE'].includes(systemCode(error) ?? '');
        reject(stale ? new StaleConnection(error.message, { cause: error }) : error);
      });
      outgoing.end(body);
    });
  }

  #describe({ method, path }: HttpRequest): string {
    return `${method} ${path.split('?')[0] ?? ''} at ${this.#base.origin}`;
  }
}

/** A kept-alive connection that the server had closed before the request reached it. */
class StaleConnection extends Error {}

const KEEP_ALIVE = { keepAlive: true, keepAliveMsecs: 30_000, maxFreeSockets: 8, timeout: 60_000 };

function agentOf({ protocol }: URL, credentials: Credentials): http.Agent {
  return protocol === 'http:' ? new http.Agent(KEEP_ALIVE) : new https.Agent({ ...KEEP_ALIVE, ...tlsOf(credentials) });
}

function tlsOf({ ca, cert, key, insecure, tlsServerName }: Credentials): https.AgentOptions {
  return {
    ...(ca !== undefined && { ca }),
    ...(cert !== undefined && { cert }),
    ...(key !== undefined && { key }),
    ...(insecure === true && { rejectUnauthorized: false }),
    ...(tlsServerName !== undefined && { servername: tlsServerName }),
  };
}

import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Clock } from '../../../../kernel/clock.ts';
import type { User } from '../../../../protocol/kubernetes.ts';
import { certificateEnd } from '../authentication/certificate-user.ts';
import type { LoginSeries } from './login-series.ts';
import { dryRunLabel, pathLabels, requestLabels, type ServedRequest } from './request-labels.ts';
import type { RequestSeries } from './request-series.ts';
import type { Watermark } from './watermark.ts';
import type { WatchObserver, WatchSeries } from './watch-series.ts';

export interface RequestMeterDeps {
  readonly clock: Clock;
  readonly requests: RequestSeries;
  readonly watches: WatchSeries;
  readonly logins: LoginSeries;
  readonly inflight: Readonly<Record<'readOnly' | 'mutating', Watermark>>;
}

/** Codes that Kubernetes answers before it knows what the request is for: it does not count them, and neither does this. */
const UNCOUNTED = new Set([405, 406]);

/** Follows one request from its head to the end of its answer. */
export class RequestMeter {
  /** Who asks, once it is known. */
  user: User | undefined;
  /** What for: a resource, or a path that is counted. */
  served: ServedRequest | undefined;
  path: string | undefined;
  readonly #deps: RequestMeterDeps;
  readonly #request: IncomingMessage;
  readonly #startedAt: number;
  readonly #inflight: Watermark;

  constructor(deps: RequestMeterDeps, request: IncomingMessage) {
    this.#deps = deps;
    this.#request = request;
    this.#startedAt = deps.clock.elapsed();
    this.#inflight = deps.inflight[request.method === 'GET' ? 'readOnly' : 'mutating'];
    this.#inflight.enter(this.#startedAt);
  }

  /** The server has done with it; an answer may go on as a watch. */
  leave(): void {
    this.#inflight.leave();
  }

  /** The answer is a watch, from now on until it is closed. */
  watch(served: ServedRequest, response: ServerResponse): WatchObserver {
    const { resource } = served.target.entry;
    const observer = this.#deps.watches.observe(resource);
    const labels = requestLabels(served, this.#request);
    const end = this.#deps.watches.begin(served.name === '' ? labels : { ...labels, scope: 'resource' }, resource);
    let bytes = 0;
    this.#countLogin(response.statusCode);
    response.once('close', () => {
      end();
      this.#count(response.statusCode, bytes);
    });
    return {
      sent: (length) => {
        bytes += length;
        observer.sent(length);
      },
      cutOff: observer.cutOff,
    };
  }

  /** It was answered with so many bytes. */
  end(code: number, bytes: number): void {
    this.#countLogin(code);
    this.#count(code, bytes);
  }

  #count(code: number, bytes: number): void {
    const { served, path } = this;
    const { requests, clock } = this.#deps;
    const seconds = (clock.elapsed() - this.#startedAt) / 1000;
    if (path !== undefined) requests.count(pathLabels(path), '', code, seconds, bytes);
    if (served === undefined || UNCOUNTED.has(code)) return;
    requests.count(requestLabels(served, this.#request), dryRunLabel(served.query), code, seconds, bytes);
  }

  #countLogin(code: number): void {
    const { clock, logins } = this.#deps;
    if (this.user !== undefined) {
      const ends = certificateEnd(this.#request.socket);
      logins.succeeded(this.user, ends === undefined ? undefined : (ends - clock.now()) / 1000);
    } else if (code === 401) logins.refused(this.#request.headers.authorization === undefined ? 'failure' : 'error');
  }
}

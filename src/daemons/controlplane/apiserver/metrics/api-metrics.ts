import type { IncomingMessage } from 'node:http';
import type { ApiContext } from '../api-context.ts';
import { KUBERNETES_VERSION } from '../kubernetes-version.ts';
import { groupResource } from '../status-error.ts';
import { expose } from './exposition.ts';
import type { Family, Labels } from './family.ts';
import { LoginSeries } from './login-series.ts';
import { RequestMeter, type RequestMeterDeps } from './request-meter.ts';
import { RequestSeries } from './request-series.ts';
import { StoredObjects } from './stored-objects.ts';
import { Watermark } from './watermark.ts';
import { WatchSeries } from './watch-series.ts';

export type ApiMetricsDeps = Pick<ApiContext, 'clock' | 'store' | 'registry' | 'authorizer'> & { readonly databasePath: string };

/**
 * What `/metrics` tells of the API server, in the names, labels and bounds of Kubernetes 1.32 (apiserver_registered_watchers: 1.20). Requests
 * are counted in plain numbers; what makes text of them is loaded when somebody asks.
 */
export class ApiMetrics {
  readonly #deps: ApiMetricsDeps;
  readonly #meter: RequestMeterDeps;
  readonly #stored: StoredObjects;
  #text: Promise<() => Promise<string>> | undefined;
  #handshakeErrors = 0;

  constructor(deps: ApiMetricsDeps) {
    this.#deps = deps;
    const isServed = (labels: Labels): boolean => this.#isServed(labels);
    this.#meter = {
      clock: deps.clock,
      requests: new RequestSeries(isServed),
      watches: new WatchSeries(isServed),
      logins: new LoginSeries(),
      inflight: { readOnly: new Watermark(), mutating: new Watermark() },
    };
    this.#stored = new StoredObjects(deps);
  }

  /** A request has come. */
  begin(request: IncomingMessage): RequestMeter {
    return new RequestMeter(this.#meter, request);
  }

  handshakeFailed(): void {
    this.#handshakeErrors += 1;
  }

  /** All metrics in Prometheus' text format 0.0.4. */
  async text(): Promise<string> {
    this.#text ??= expose(() => this.#families());
    return (await this.#text)();
  }

  #families(): Family[] {
    const { requests, watches, logins } = this.#meter;
    return [...requests.families(), ...watches.families(), ...logins.families(), ...this.#stored.families(), ...this.#server()];
  }

  #server(): Family[] {
    const { clock, authorizer } = this.#deps;
    const { major, minor, gitVersion, gitCommit, gitTreeState, buildDate, goVersion, compiler, platform } = KUBERNETES_VERSION;
    const build = { git_version: gitVersion, git_commit: gitCommit, git_tree_state: gitTreeState, build_date: buildDate };
    return [
      {
        name: 'apiserver_current_inflight_requests',
        help: 'The most requests that were under way at the same time within the last second, watches aside.',
        type: 'gauge',
        values: Object.entries(this.#meter.inflight).map(([request_kind, mark]) => ({
          labels: { request_kind },
          value: mark.peak(clock.elapsed()),
        })),
      },
      {
        name: 'apiserver_authorization_decisions_total',
        help: 'Questions that an authorizer has answered with yes. The group system:masters is not asked about.',
        type: 'counter',
        values: Object.entries(authorizer.allowed).map(([type, value]) => ({
          labels: { type, name: type.toLowerCase(), decision: 'allowed' },
          value,
        })),
      },
      {
        name: 'apiserver_tls_handshake_errors_total',
        help: 'TLS handshakes that have failed.',
        type: 'counter',
        values: [{ labels: {}, value: this.#handshakeErrors }],
      },
      {
        name: 'kubernetes_build_info',
        help: 'Always 1; the labels tell which Kubernetes API this is.',
        type: 'gauge',
        values: [{ labels: { major, minor, ...build, go_version: goVersion, compiler, platform }, value: 1 }],
      },
    ];
  }

  /** Of a request's labels (group, version, resource), an event's (group, version, kind) or a watch's end (resource and group in one). */
  #isServed({ group, version, resource, kind }: Labels): boolean {
    if (resource === '') return true;
    return this.#deps.registry.all.some(({ resource: each }) => {
      if (group === undefined) return groupResource(each) === resource;
      return each.group === group && each.version === version && (kind === undefined ? each.plural === resource : each.kind === kind);
    });
  }
}

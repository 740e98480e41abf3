import * as v from 'valibot';
import type { Clock } from '../../../kernel/clock.ts';
import type { DaemonState } from '../../../kernel/daemon.ts';
import { KedgeError } from '../../../kernel/errors.ts';
import type { Module, Scope } from '../../../kernel/module.ts';
import { toKedgeError } from '../../../kube/api-error.ts';
import { serveUnixHttp } from '../../../link/unix-http.ts';
import type { AdminRequest, AdminRoute } from '../../../link/unix-http.ts';
import type {
  AddedNames,
  AddNamesRequest,
  CreatedToken,
  OwnCertificateName,
  RenewedCertificate,
  RenewRequest,
  StatusReport,
  TokenRecord,
  TokenRequest,
} from '../../../protocol/admin.ts';

/** The join tokens, which need the Kubernetes API. */
export interface Tokens {
  readonly create: (request: TokenRequest) => Promise<CreatedToken>;
  readonly list: () => Promise<TokenRecord[]>;
  readonly revoke: (id: string) => Promise<void>;
}

/** The cloud's own certificates; they need no Kubernetes API. */
export interface Certificates {
  readonly renew: (names?: readonly OwnCertificateName[]) => Promise<RenewedCertificate[]>;
  readonly addNames: (hosts: readonly string[]) => Promise<AddedNames>;
}

export interface AdminOptions {
  readonly socket: string;
  readonly version: string;
}

export interface AdminDeps {
  readonly state: DaemonState;
  readonly tokens: Tokens;
  readonly certificates: Certificates;
  readonly clock: Clock;
}

const tokenRequest = v.strictObject({
  ttlSeconds: v.number(),
  uses: v.number(),
  nodeName: v.exactOptional(v.string()),
  reuse: v.exactOptional(v.boolean()),
}) satisfies v.GenericSchema<unknown, TokenRequest>;

const renewRequest = v.strictObject({
  names: v.exactOptional(v.array(v.picklist(['server', 'apiserver', 'admin']))),
}) satisfies v.GenericSchema<unknown, RenewRequest>;

const addNamesRequest = v.strictObject({ hosts: v.array(v.string()) }) satisfies v.GenericSchema<unknown, AddNamesRequest>;

/** The cloud's admin socket: its status, its join tokens and its own certificates. The first module, so that it can tell what is broken. */
export class Admin implements Module {
  readonly name = 'admin';
  readonly #options: AdminOptions;
  readonly #deps: AdminDeps;

  constructor(options: AdminOptions, deps: AdminDeps) {
    this.#options = options;
    this.#deps = deps;
  }

  async start(scope: Scope): Promise<void> {
    const startedAt = new Date(this.#deps.clock.now()).toISOString();
    const routes: AdminRoute[] = [
      { method: 'GET', path: '/status', handle: () => this.#report(startedAt) },
      { method: 'GET', path: '/tokens', handle: this.#withTokens((tokens) => tokens.list()) },
      { method: 'POST', path: '/tokens', handle: this.#withTokens((tokens, { body }) => tokens.create(parse(tokenRequest, body))) },
      { method: 'DELETE', path: '/tokens/:id', handle: this.#withTokens((tokens, { params }) => tokens.revoke(params['id'] ?? '')) },
      { method: 'POST', path: '/certificates/renew', handle: ({ body }) => this.#deps.certificates.renew(parse(renewRequest, body).names) },
      {
        method: 'POST',
        path: '/certificates/names',
        handle: ({ body }) => this.#deps.certificates.addNames(parse(addNamesRequest, body).hosts),
      },
    ];
    await serveUnixHttp(scope, this.#options.socket, routes);
  }

  /** Tokens live in the Kubernetes API: not before the start is complete, and its refusals in kedge's own codes. */
  #withTokens(work: (tokens: Tokens, request: AdminRequest) => Promise<unknown>): AdminRoute['handle'] {
    return async (request) => {
      if (!this.#deps.state.ready) throw new KedgeError('UNREACHABLE', 'the cloud is still starting', { hint: 'kedge status' });
      return work(this.#deps.tokens, request).catch((error: unknown) => {
        throw toKedgeError(error);
      });
    };
  }

  #report(startedAt: string): StatusReport {
    const { state } = this.#deps;
    const { version } = this.#options;
    const { ready, problems } = state;
    return { role: 'cloud', pid: process.pid, version, startedAt, ready, modules: state.report(), lastErrors: problems.list() };
  }
}

function parse<T>(schema: v.GenericSchema<unknown, T>, body: unknown): T {
  // To the library a list is an object, too.
  const parsed = v.safeParse(schema, Array.isArray(body) ? undefined : body);
  if (parsed.success) return parsed.output;
  const [issue] = parsed.issues;
  throw new KedgeError('INVALID_INPUT', `the request is not valid: ${v.getDotPath(issue) ?? 'it'}: ${issue.message}`);
}

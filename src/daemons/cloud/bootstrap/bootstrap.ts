import { Backoff } from '../../../kernel/backoff.ts';
import type { Clock } from '../../../kernel/clock.ts';
import { sleep } from '../../../kernel/clock.ts';
import { KedgeError, messageOf } from '../../../kernel/errors.ts';
import type { Module, ModuleStatus, Scope } from '../../../kernel/module.ts';
import { toKedgeError } from '../../../kube/api-error.ts';
import type { KubeClient } from '../../../kube/client.ts';
import type { KeyPair } from '../../../pki/key-pair.ts';
import { applyCrds } from './apply-crds.ts';
import { ensureNamespace, refreshTokenSecret, writeCertificateSecrets } from './write-secrets.ts';

const RETRY_MS = 60_000;

export interface BootstrapDeps {
  readonly kube: KubeClient;
  readonly ca: KeyPair;
  readonly server: () => KeyPair;
  /** The folder of the CRDs' templates. */
  readonly crdDir: string;
  readonly clock: Clock;
}

/** Puts into the cluster what the cloud needs there: namespace, CRDs, KubeEdge's secrets. Keeps `tokensecret` fresh. */
export class Bootstrap implements Module {
  readonly name = 'bootstrap';
  readonly #deps: BootstrapDeps;
  #trouble: string | undefined;
  #cancelRefresh: () => void = () => undefined;
  #started = false;

  constructor(deps: BootstrapDeps) {
    this.#deps = deps;
  }

  /** Waits for a cluster that does not answer yet; a cluster that refuses fails the start. */
  async start(scope: Scope): Promise<void> {
    const { kube, ca, server, crdDir } = this.#deps;
    await this.#untilReachable(scope, async () => {
      await ensureNamespace(kube);
      await applyCrds(kube, crdDir, scope);
      await writeCertificateSecrets(kube, ca, server());
    });
    this.#started = true;
    scope.defer(() => this.#cancelRefresh());
    await this.#refreshToken(scope);
  }

  /** Puts the certificate that `server` gives now where KubeEdge keeps it; before the start, the start does it. */
  async publishCertificate(): Promise<void> {
    const { kube, ca, server } = this.#deps;
    if (this.#started) await writeCertificateSecrets(kube, ca, server());
  }

  status(): ModuleStatus {
    return this.#trouble === undefined ? { state: 'ok' } : { state: 'degraded', detail: this.#trouble };
  }

  async #untilReachable(scope: Scope, work: () => Promise<void>): Promise<void> {
    const backoff = new Backoff({ initialMs: 200, maxMs: 10_000 });
    for (;;) {
      try {
        await work();
        return;
      } catch (error) {
        const { code, message, hint } = toKedgeError(error);
        if (code !== 'UNREACHABLE' && code !== 'TIMEOUT') {
          throw new KedgeError(code, `cannot prepare the cluster: ${message}`, { hint, cause: error });
        }
        const delay = backoff.next();
        scope.log.warn({ err: error, retryInMs: delay }, 'the Kubernetes API does not answer');
        await sleep(delay, scope.signal, this.#deps.clock);
      }
    }
  }

  async #refreshToken(scope: Scope): Promise<void> {
    const { kube, ca, clock } = this.#deps;
    let next = RETRY_MS;
    try {
      next = await refreshTokenSecret(kube, ca, clock.now());
      this.#trouble = undefined;
    } catch (error) {
      this.#trouble = `tokensecret could not be renewed: ${messageOf(error)}`;
      scope.log.warn({ err: error, retryInMs: next }, 'tokensecret could not be renewed');
    }
    if (!scope.signal.aborted) this.#cancelRefresh = clock.after(next, () => void this.#refreshToken(scope));
  }
}

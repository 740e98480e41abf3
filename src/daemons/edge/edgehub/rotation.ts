import { Backoff } from '../../../kernel/backoff.ts';
import { sleep } from '../../../kernel/clock.ts';
import type { Clock } from '../../../kernel/clock.ts';
import { KedgeError, messageOf } from '../../../kernel/errors.ts';
import type { Logger } from '../../../kernel/log.ts';
import { writeKeyPair } from '../../../pki/key-pair-file.ts';
import type { Validity } from '../../../pki/lifetime.ts';
import { parseHostPort } from '../../../protocol/host-port.ts';
import type { ProxySettings } from '../../../protocol/proxy.ts';
import { readCredentials } from './credentials.ts';
import type { CredentialPaths } from './credentials.ts';
import { EnrolmentClient } from './enrolment-client.ts';

export interface RotationOptions extends ProxySettings {
  readonly nodeName: string;
  /** `https://host:port` of CloudHub's HTTPS server. */
  readonly httpServer: string;
  readonly credentials: CredentialPaths;
}

export interface RotationDeps {
  readonly clock: Clock;
  readonly random: () => number;
  /** The files hold a new pair. */
  readonly onRenewed: () => void;
}

const HTTPS_PORT = 10_002;
/** KubeEdge renews at a random point between 70 and 90 % of a certificate's life (reference/https.md §3). */
const EARLIEST = 0.7;
const SPREAD = 0.2;
/** Timers do not follow a clock that is set, and cannot count beyond 24 days. */
const LONGEST_WAIT_MS = 600_000;
const FIRST_RETRY_MS = 2_000;
const LONGEST_RETRY_MS = 32_000;
/** A refusal needs a person. */
const LONGEST_RETRY_REFUSED_MS = 300_000;

/** Renews the edge's certificate, with a new key, before it ends; and after that, as long as the cloud allows it. */
export class Rotation {
  readonly #options: RotationOptions;
  readonly #deps: RotationDeps;
  readonly #stop = new AbortController();
  #renewal: Promise<Validity> | undefined;
  #trouble: KedgeError | undefined;

  constructor(options: RotationOptions, deps: RotationDeps) {
    this.#options = options;
    this.#deps = deps;
  }

  /** Why the last renewal failed, unless a later one did not. */
  get trouble(): KedgeError | undefined {
    return this.#trouble;
  }

  /** Renews now; one renewal at a time. @returns from when until when the new certificate is good @throws KedgeError */
  renew(): Promise<Validity> {
    this.#renewal ??= this.#renew().finally(() => (this.#renewal = undefined));
    return this.#renewal;
  }

  stop(): void {
    this.#stop.abort();
  }

  /** Lives until `stop`. */
  async run(log: Logger): Promise<void> {
    const { signal } = this.#stop;
    const { random, clock } = this.#deps;
    const away = new Backoff({ initialMs: FIRST_RETRY_MS, maxMs: LONGEST_RETRY_MS, random });
    const refused = new Backoff({ initialMs: FIRST_RETRY_MS, maxMs: LONGEST_RETRY_REFUSED_MS, random });
    let share = EARLIEST + SPREAD * random();
    while (!signal.aborted) {
      let wait = await this.#untilDue(share);
      if (wait <= 0) {
        if (await this.#tryRenew(log)) {
          share = EARLIEST + SPREAD * random();
          away.reset();
          refused.reset();
          continue;
        }
        wait = (this.#trouble?.code === 'AUTH' ? refused : away).next();
      }
      await sleep(Math.min(wait, LONGEST_WAIT_MS), signal, clock).catch(() => undefined);
    }
  }

  async #tryRenew(log: Logger): Promise<boolean> {
    try {
      const { notAfter } = await this.renew();
      log.info({ notAfter }, 'the certificate of this edge was renewed');
      return true;
    } catch (error) {
      if (!this.#stop.signal.aborted) {
        log.warn({ reason: messageOf(error), hint: this.#trouble?.hint }, 'the certificate could not be renewed');
      }
      return false;
    }
  }

  /** How long, ms, until `share` of the certificate's life is over. Where there is none to read, EdgeHub says so. */
  async #untilDue(share: number): Promise<number> {
    const { clock } = this.#deps;
    const read = await readCredentials(this.#options.credentials).catch(() => undefined);
    if (read === undefined) return LONGEST_WAIT_MS;
    const [from, to] = [read.validity.notBefore.getTime(), read.validity.notAfter.getTime()];
    return from + (to - from) * share - clock.now();
  }

  async #renew(): Promise<Validity> {
    const { nodeName, httpServer, credentials } = this.#options;
    try {
      // ASN.1 takes memory that an edge needs on few days of the year.
      const { renewCertificate } = await import('./renew-certificate.ts');
      const client = new EnrolmentClient(parseHostPort(httpServer, HTTPS_PORT), this.#options, this.#stop.signal);
      await writeKeyPair(credentials, await renewCertificate(client, nodeName, await readCredentials(credentials)));
      const { validity } = await readCredentials(credentials);
      this.#trouble = undefined;
      this.#deps.onRenewed();
      return validity;
    } catch (error) {
      this.#trouble = error instanceof KedgeError ? error : new KedgeError('BUG', messageOf(error), { cause: error });
      throw this.#trouble;
    }
  }
}

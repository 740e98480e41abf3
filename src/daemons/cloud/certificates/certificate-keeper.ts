import type { Clock } from '../../../kernel/clock.ts';
import { messageOf } from '../../../kernel/errors.ts';
import type { Logger } from '../../../kernel/log.ts';
import type { Module, ModuleStatus, Scope } from '../../../kernel/module.ts';
import type { AddedNames, OwnCertificateName, RenewedCertificate } from '../../../protocol/admin.ts';
import type { CloudCertificates } from './cloud-certificates.ts';

/** Often enough for a clock that is set, and shorter than timers can count. */
const CHECK_MS = 600_000;

export interface CertificateKeeperDeps {
  readonly certificates: CloudCertificates;
  readonly clock: Clock;
  /** Goes over to a new certificate; sessions that are open stay. The administrator's is for people. */
  readonly apply: Readonly<Record<Exclude<OwnCertificateName, 'admin'>, () => Promise<void>>>;
}

/** Renews the cloud's own certificates before they end, and lets its servers go over to them. One change at a time. */
export class CertificateKeeper implements Module {
  readonly name = 'certificates';
  readonly #deps: CertificateKeeperDeps;
  #tail: Promise<unknown> = Promise.resolve();
  #trouble: string | undefined;

  constructor(deps: CertificateKeeperDeps) {
    this.#deps = deps;
  }

  /** Before any server listens: a cloud that was off for long comes back with certificates that are good. */
  async start(scope: Scope): Promise<void> {
    await this.#check(scope.log);
    scope.defer(this.#deps.clock.every(CHECK_MS, () => void this.#check(scope.log)));
    scope.defer(() => this.#tail.then(() => undefined));
  }

  status(): ModuleStatus {
    return this.#trouble === undefined ? { state: 'ok' } : { state: 'degraded', detail: this.#trouble };
  }

  /** Makes these anew, or all. @throws KedgeError */
  renew(names?: readonly OwnCertificateName[]): Promise<RenewedCertificate[]> {
    return this.#inTurn(async () => {
      const renewed: RenewedCertificate[] = [];
      for (const name of names ?? this.#deps.certificates.names) renewed.push(await this.#renew(name));
      this.#trouble = undefined;
      return renewed;
    });
  }

  /** @throws KedgeError INVALID_INPUT */
  addNames(hosts: readonly string[]): Promise<AddedNames> {
    return this.#inTurn(async () => {
      const added = await this.#deps.certificates.addNames(hosts);
      if (added.changed) await this.#deps.apply.server();
      return added;
    });
  }

  async #check(log: Logger): Promise<void> {
    try {
      await this.#inTurn(async () => {
        for (const name of await this.#deps.certificates.due()) log.info(await this.#renew(name), 'a certificate was renewed');
      });
      this.#trouble = undefined;
    } catch (error) {
      this.#trouble = `a certificate could not be renewed: ${messageOf(error)}`;
      log.error({ err: error }, 'a certificate could not be renewed');
    }
  }

  async #renew(name: OwnCertificateName): Promise<RenewedCertificate> {
    const renewed = await this.#deps.certificates.renew(name);
    if (name !== 'admin') await this.#deps.apply[name]();
    return renewed;
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.#tail.then(work);
    this.#tail = turn.catch(() => undefined);
    return turn;
  }
}

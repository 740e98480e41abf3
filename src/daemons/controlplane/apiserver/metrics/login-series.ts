import type { User } from '../../../../protocol/kubernetes.ts';
import { Distribution } from './distribution.ts';
import type { Family } from './family.ts';

const HOUR = 3600;
const DAY = 24 * HOUR;
/** Seconds. */
const EXPIRATION_BOUNDS = [0, HOUR / 2, HOUR, 2 * HOUR, 6 * HOUR, 12 * HOUR, ...[1, 2, 4, 7, 30, 90, 180, 360].map((days) => days * DAY)];
/** Names that Kubernetes' metrics tell apart; all others are `other`, or `email_id`. */
const NAMED = new Set(['admin', 'client', 'kube_proxy', 'kubelet', 'system:serviceaccount:kube-system:default']);
const EXPIRATION = 'apiserver_client_certificate_expiration_seconds';

export type LoginResult = 'success' | 'failure' | 'error';

/** Who came, who was refused, and how long the certificates that were shown are good. */
export class LoginSeries {
  readonly #attempts = new Map<LoginResult, number>();
  readonly #users = new Map<string, number>();
  readonly #expirations = new Distribution(EXPIRATION_BOUNDS);

  succeeded({ name }: User, certificateSecondsLeft: number | undefined): void {
    this.#attempt('success');
    const user = NAMED.has(name) ? name : name.includes('@') ? 'email_id' : 'other';
    this.#users.set(user, (this.#users.get(user) ?? 0) + 1);
    if (certificateSecondsLeft !== undefined) this.#expirations.observe(certificateSecondsLeft);
  }

  /** `failure`: nothing was shown where something has to be; `error`: what was shown is not good. */
  refused(result: Exclude<LoginResult, 'success'>): void {
    this.#attempt(result);
  }

  families(): Family[] {
    return [
      {
        name: 'authentication_attempts',
        help: 'Requests whose sender was to be told, by result.',
        type: 'counter',
        values: [...this.#attempts].map(([result, value]) => ({ labels: { result }, value })),
      },
      {
        name: 'authenticated_user_requests',
        help: 'Requests of those who are known, by user name where it is one of the few that are told apart.',
        type: 'counter',
        values: [...this.#users].map(([username, value]) => ({ labels: { username }, value })),
      },
      {
        name: EXPIRATION,
        help: 'How long the client certificates of requests are still good, in seconds.',
        type: 'histogram',
        values: this.#expirations.samples(EXPIRATION, {}),
      },
    ];
  }

  #attempt(result: LoginResult): void {
    this.#attempts.set(result, (this.#attempts.get(result) ?? 0) + 1);
  }
}

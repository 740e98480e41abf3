import type { ModuleReport } from '../kernel/daemon.ts';
import type { Problem } from '../kernel/recent-problems.ts';

/** `GET /status` of a daemon's admin socket. */
export interface StatusReport {
  readonly role: 'cloud' | 'edge';
  readonly pid: number;
  readonly version: string;
  /** RFC 3339. */
  readonly startedAt: string;
  /** True once every module has started. */
  readonly ready: boolean;
  readonly modules: readonly ModuleReport[];
  /** The last warnings and errors of this process, the newest last. */
  readonly lastErrors: readonly Problem[];
}

/** An admin socket's answer to what it refuses: HTTP 4xx/5xx with this body. */
export interface AdminError {
  readonly code: string;
  readonly message: string;
  readonly hint?: string;
}

/** `POST /eventbus/reload` of the edge. */
export interface EventBusReloaded {
  readonly mode: 'internal' | 'external' | 'both';
  /** False when the broker that was left was away, and may still keep messages for this edge. */
  readonly drained: boolean;
}

/** `POST /tokens` of the cloud. */
export interface TokenRequest {
  readonly ttlSeconds: number;
  /** How many names it may enrol; 0 for any number. */
  readonly uses: number;
  /** Binds the token to this name and lets it take the name over. */
  readonly nodeName?: string;
  /** Hand out again a token for any number of names that lives at least half as long, if there is one. */
  readonly reuse?: boolean;
}

/** `GET /tokens` of the cloud: never the token itself. */
export interface TokenRecord {
  readonly id: string;
  readonly createdAt: string;
  readonly expiresAt: string;
  readonly uses: number;
  readonly used: number;
  readonly nodeName?: string;
}

/** The answer to `POST /tokens`. */
export interface CreatedToken extends TokenRecord {
  readonly token: string;
}

/** The certificates that a cloud makes for itself. */
export type OwnCertificateName = 'server' | 'apiserver' | 'admin';

/** `POST /certificates/renew` of the cloud. */
export interface RenewRequest {
  /** Absent: all. */
  readonly names?: readonly OwnCertificateName[];
}

/** The answer to `POST /certificates/renew`: of the cloud a list, of the edge its one certificate. */
export interface RenewedCertificate {
  readonly role: 'cloud' | 'edge';
  readonly name: OwnCertificateName | 'edge';
  /** RFC 3339. */
  readonly notAfter: string;
}

/** `POST /certificates/names` of the cloud. */
export interface AddNamesRequest {
  readonly hosts: readonly string[];
}

/** The answer to `POST /certificates/names`. */
export interface AddedNames {
  /** All that the cloud is known under now. */
  readonly names: readonly string[];
  /** False when all of them were there already. */
  readonly changed: boolean;
}

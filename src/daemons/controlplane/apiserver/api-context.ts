import type { Clock } from '../../../kernel/clock.ts';
import type { ServiceAccountKey } from '../../../pki/service-account-token.ts';
import type { KubeObjectStore, ObjectKey } from '../../../store/kube-objects.ts';
import type { User } from '../../../protocol/kubernetes.ts';
import type { StaticToken } from './authentication/static-token.ts';
import { TokenAuthenticator } from './authentication/token-authenticator.ts';
import { Authorizer } from './authorization/authorizer.ts';
import type { Registry } from './registry.ts';
import type { FieldValidation } from './schema/validate.ts';
import type { ServedResource } from './served-resource.ts';
import { groupResource } from './status-error.ts';

/** What every operation of the API needs. */
export interface ApiContext {
  readonly store: KubeObjectStore;
  readonly registry: Registry;
  readonly clock: Clock;
  /** Signs the tokens of ServiceAccounts. */
  readonly tokenKey: ServiceAccountKey;
  /** Says whose a bearer token is. */
  readonly tokens: TokenAuthenticator;
  /** Who may do what. */
  readonly authorizer: Authorizer;
}

/** The context of an API on this store. `adminToken` lets its owner in as an administrator. */
export function createContext({
  adminToken,
  ...parts
}: Omit<ApiContext, 'authorizer' | 'tokens'> & { readonly adminToken?: StaticToken }): ApiContext {
  const { store, clock, tokenKey } = parts;
  const tokens = new TokenAuthenticator({ store, clock, tokenKey, ...(adminToken && { adminToken }) });
  return { ...parts, tokens, authorizer: new Authorizer(store) };
}

/** The object, or the collection when `name` is '', that a request is about. `namespace` is '' for cluster scope or for all. */
export interface Target {
  readonly entry: ServedResource;
  readonly namespace: string;
  readonly name: string;
  readonly subresource: string;
}

/** Of a stored object, in JSON with its managedFields: no patch makes one that no PUT could carry. */
export const MAX_OBJECT_BYTES = 3 * 1024 * 1024;

export interface WriteOptions {
  /** Who asks. */
  readonly user: User;
  /** Do everything but keep nothing. */
  readonly dryRun: boolean;
  readonly fieldValidation: FieldValidation;
  /** Whom managedFields names as the one who writes. */
  readonly fieldManager: string;
  /** Whether an object that is made has managedFields from the start, not only once it is applied. */
  readonly tracksCreated: boolean;
  /** Takes a warning for the client. */
  readonly warn: (warning: string) => void;
}

/** The user as whom this process itself writes. */
const OWN_USER: User = { name: 'system:apiserver', groups: ['system:masters'] };

export const PLAIN_WRITE: WriteOptions = {
  user: OWN_USER,
  dryRun: false,
  fieldValidation: 'Ignore',
  fieldManager: 'kedge',
  tracksCreated: false,
  warn: () => undefined,
};

export function keyOf({ entry, namespace, name }: Target): ObjectKey {
  return { resource: groupResource(entry.form?.stored ?? entry.resource), namespace, name };
}

/** RFC 3339 with whole seconds, as Kubernetes writes times. */
export function timestamp(milliseconds: number): string {
  return `${new Date(milliseconds).toISOString().slice(0, 19)}Z`;
}

import type { Clock } from '../../../kernel/clock.ts';
import type { Module, Scope } from '../../../kernel/module.ts';
import { WorkQueue } from '../../../kernel/work-queue.ts';
import type { KubeClient } from '../../../kube/client.ts';
import { Informer } from '../../../kube/informer.ts';
import { keyOf } from '../../../kube/object-cache.ts';
import { unlessMissing } from '../../../kube/unless-missing.ts';
import type { SecretTokenClaims } from '../../../pki/service-account-token.ts';
import { RESOURCES } from '../../../protocol/kubernetes.ts';
import type { KubeObject, Secret } from '../../../protocol/kubernetes.ts';

export interface AccountTokenControllerDeps {
  readonly client: Pick<KubeClient, 'get' | 'list' | 'watch' | 'update' | 'delete'>;
  readonly clock: Clock;
  /** PEM of the cluster's CA. */
  readonly caCert: () => Promise<string>;
  readonly sign: (claims: SecretTokenClaims) => Promise<string>;
}

const TYPE = 'kubernetes.io/service-account-token';
const ACCOUNT = 'kubernetes.io/service-account.name';
const ACCOUNT_UID = 'kubernetes.io/service-account.uid';

/**
 * Fills the Secrets of type kubernetes.io/service-account-token, which somebody makes who wants a token that does not end: `token`,
 * `ca.crt`, `namespace`. They go with their account (Kubernetes' token controller).
 */
export class AccountTokenController implements Module {
  readonly name = 'account-token-controller';
  readonly #deps: AccountTokenControllerDeps;

  constructor(deps: AccountTokenControllerDeps) {
    this.#deps = deps;
  }

  async start(scope: Scope): Promise<void> {
    const { client, clock } = this.#deps;
    const queue = new WorkQueue(scope, (key) => this.#complete(key), { clock });
    const accounts = new Informer({ client, clock, resource: RESOURCES.serviceAccount });
    const secrets = new Informer<Secret>({ client, clock, resource: RESOURCES.secret, fieldSelector: `type=${TYPE}` });
    await Promise.all([accounts.start(scope), secrets.start(scope)]);
    const look = (secret: Secret): void => queue.add(keyOf(secret));
    secrets.onChange(scope, { added: look, updated: (_, secret) => look(secret) });
    const again = ({ metadata }: KubeObject): void => {
      const own = secrets
        .list()
        .filter((secret) => secret.metadata.namespace === metadata.namespace && accountOf(secret) === metadata.name);
      own.forEach(look);
    };
    accounts.onChange(scope, { deleted: again });
  }

  async #complete(key: string): Promise<void> {
    const { client } = this.#deps;
    const [namespace = '', name = ''] = key.split('/');
    const secret = await unlessMissing(client.get<Secret>(RESOURCES.secret, name, namespace));
    if (secret?.type !== TYPE || secret.metadata.deletionTimestamp !== undefined) return;
    const account = await unlessMissing(client.get<KubeObject>(RESOURCES.serviceAccount, accountOf(secret), namespace));
    const { annotations = {}, uid: secretUid } = secret.metadata;
    const uid = account?.metadata.uid ?? '';
    if (uid === '' || (annotations[ACCOUNT_UID] ?? uid) !== uid) {
      const preconditions = secretUid === undefined ? {} : { uid: secretUid };
      await unlessMissing(client.delete(RESOURCES.secret, name, namespace, { preconditions }));
      return;
    }
    await this.#fill(secret, namespace, uid);
  }

  async #fill(secret: Secret, namespace: string, uid: string): Promise<void> {
    const { annotations = {} } = secret.metadata;
    const token = secret.data?.['token'] || encoded(await this.#issue(secret, uid));
    const wanted = { token, 'ca.crt': encoded(await this.#deps.caCert()), namespace: encoded(namespace) };
    const isWhole = Object.entries(wanted).every(([field, value]) => secret.data?.[field] === value);
    if (isWhole && annotations[ACCOUNT_UID] === uid) return;
    const metadata = { ...secret.metadata, annotations: { ...annotations, [ACCOUNT_UID]: uid } };
    await this.#deps.client.update(RESOURCES.secret, { ...secret, metadata, data: { ...secret.data, ...wanted } });
  }

  #issue(secret: Secret, uid: string): Promise<string> {
    const { namespace = '', name } = secret.metadata;
    const account = accountOf(secret);
    return this.#deps.sign({
      iss: 'kubernetes/serviceaccount',
      sub: `system:serviceaccount:${namespace}:${account}`,
      'kubernetes.io/serviceaccount/namespace': namespace,
      'kubernetes.io/serviceaccount/secret.name': name,
      'kubernetes.io/serviceaccount/service-account.name': account,
      'kubernetes.io/serviceaccount/service-account.uid': uid,
    });
  }
}

function accountOf({ metadata }: KubeObject): string {
  return metadata.annotations?.[ACCOUNT] ?? '';
}

function encoded(text: string): string {
  return Buffer.from(text).toString('base64');
}

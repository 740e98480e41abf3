import * as v from 'valibot';
import { KedgeError } from '../../../../kernel/errors.ts';
import { isAlreadyExists, isConflict, isNotFound } from '../../../../kube/api-error.ts';
import type { KubeClient } from '../../../../kube/client.ts';
import { unlessMissing } from '../../../../kube/unless-missing.ts';
import { KUBEEDGE_NAMESPACE, recordSecretName } from '../../../../protocol/enrolment.ts';
import { parseJson } from '../../../../protocol/json.ts';
import { RESOURCES } from '../../../../protocol/kubernetes.ts';
import type { Secret } from '../../../../protocol/kubernetes.ts';

/** A writer that loses this often in a row gives up: something else is wrong. */
const MAX_ATTEMPTS = 16;
const LABEL = 'kedge.io/record';

export interface SecretRecordsOptions<T> {
  readonly kube: KubeClient;
  /** `token` makes Secrets `kedge-token-…`, labelled as such. */
  readonly kind: 'token' | 'node';
  /** The Secret's type. */
  readonly type: string;
  readonly schema: v.GenericSchema<unknown, T>;
}

/**
 * Small JSON records, each in a Secret of namespace `kubeedge`. Changes are made on the version that was read and start again
 * when another writer was faster; writers of this process wait for each other.
 */
export class SecretRecords<T> {
  readonly #options: SecretRecordsOptions<T>;
  readonly #tails = new Map<string, Promise<unknown>>();

  constructor(options: SecretRecordsOptions<T>) {
    this.#options = options;
  }

  /** @throws KedgeError INVALID_INPUT when the Secret was changed by hand into something else */
  async get(id: string): Promise<T | undefined> {
    const secret = await this.#read(id);
    return secret === undefined ? undefined : this.#parse(secret);
  }

  /** Every readable record with its id. */
  async list(): Promise<{ id: string; record: T }[]> {
    const { kube, kind } = this.#options;
    const found = await kube.list<Secret>(RESOURCES.secret, { namespace: KUBEEDGE_NAMESPACE, labelSelector: `${LABEL}=${kind}` });
    return found.items.flatMap((secret) => {
      const result = v.safeParse(this.#options.schema, decode(secret));
      return result.success ? [{ id: secret.metadata.name.slice(this.#name('').length), record: result.output }] : [];
    });
  }

  /**
   * Replaces a record by what `change` makes of it (undefined: there was none). What `change` throws is thrown on; it may run
   * several times.
   */
  async update(id: string, change: (current: T | undefined) => T): Promise<T> {
    const previous = this.#tails.get(id) ?? Promise.resolve();
    const turn = previous.then(() => this.#update(id, change));
    const tail = turn.catch(() => undefined);
    this.#tails.set(id, tail);
    try {
      return await turn;
    } finally {
      if (this.#tails.get(id) === tail) this.#tails.delete(id);
    }
  }

  /** @returns false when there was none */
  async delete(id: string): Promise<boolean> {
    try {
      await this.#options.kube.delete(RESOURCES.secret, this.#name(id), KUBEEDGE_NAMESPACE);
      return true;
    } catch (error) {
      if (isNotFound(error)) return false;
      throw error;
    }
  }

  async #update(id: string, change: (current: T | undefined) => T): Promise<T> {
    for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt += 1) {
      const secret = await this.#read(id);
      const record = change(secret === undefined ? undefined : this.#parse(secret));
      try {
        await this.#write(id, record, secret);
        return record;
      } catch (error) {
        if (!isConflict(error) && !isAlreadyExists(error) && !isNotFound(error)) throw error;
      }
    }
    throw new KedgeError('CONFLICT', `the record ${this.#name(id)} is being changed by others all the time`);
  }

  async #write(id: string, record: T, previous: Secret | undefined): Promise<void> {
    const { kube, kind, type } = this.#options;
    const data = { record: Buffer.from(JSON.stringify(record)).toString('base64') };
    if (previous !== undefined) {
      await kube.update<Secret>(RESOURCES.secret, { ...previous, data });
      return;
    }
    const metadata = { name: this.#name(id), namespace: KUBEEDGE_NAMESPACE, labels: { [LABEL]: kind } };
    try {
      await kube.create<Secret>(RESOURCES.secret, { apiVersion: 'v1', kind: 'Secret', metadata, type, data }, KUBEEDGE_NAMESPACE);
    } catch (error) {
      throw isNotFound(error) ? namespaceGone(error) : error;
    }
  }

  #read(id: string): Promise<Secret | undefined> {
    return unlessMissing(this.#options.kube.get<Secret>(RESOURCES.secret, this.#name(id), KUBEEDGE_NAMESPACE));
  }

  #parse(secret: Secret): T {
    const result = v.safeParse(this.#options.schema, decode(secret));
    if (result.success) return result.output;
    throw new KedgeError('INVALID_INPUT', `Secret ${KUBEEDGE_NAMESPACE}/${secret.metadata.name} does not hold what kedge wrote`);
  }

  #name(id: string): string {
    return recordSecretName(this.#options.kind, id);
  }
}

/** Creating finds nothing missing but the namespace. */
function namespaceGone(cause: unknown): KedgeError {
  return new KedgeError('NOT_FOUND', `the namespace ${KUBEEDGE_NAMESPACE} is gone`, { hint: 'kedge restart cloud', cause });
}

function decode(secret: Secret): unknown {
  try {
    return parseJson(Buffer.from(secret.data?.['record'] ?? '', 'base64').toString('utf8'));
  } catch {
    return undefined;
  }
}

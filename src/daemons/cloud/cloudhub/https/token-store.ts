import { randomBytes, timingSafeEqual } from 'node:crypto';
import type { Clock } from '../../../../kernel/clock.ts';
import { KedgeError } from '../../../../kernel/errors.ts';
import type { KubeClient } from '../../../../kube/client.ts';
import { unlessMissing } from '../../../../kube/unless-missing.ts';
import { splitToken } from '../../../../pki/join-token.ts';
import type { KeyPair } from '../../../../pki/key-pair.ts';
import { keyPairToDer } from '../../../../pki/key-pair.ts';
import { createToken, verifyToken } from '../../../../pki/token.ts';
import type { CreatedToken, TokenRecord, TokenRequest } from '../../../../protocol/admin.ts';
import { KUBEEDGE_NAMESPACE, tokenSecretSchema } from '../../../../protocol/enrolment.ts';
import type { TokenSecret } from '../../../../protocol/enrolment.ts';
import { RESOURCES } from '../../../../protocol/kubernetes.ts';
import type { Secret } from '../../../../protocol/kubernetes.ts';
import { isNodeName } from '../../../../protocol/node-name.ts';
import { SecretRecords } from './secret-records.ts';

const MAX_TTL_SECONDS = 10 * 365 * 86_400;
const MAX_USES = 10_000;
/** Records held at most, so that a script gone wild does not fill the API. */
const MAX_TOKENS = 1000;

export interface TokenStoreDeps {
  readonly kube: KubeClient;
  readonly ca: KeyPair;
  readonly clock: Clock;
}

/** What a valid token allows. */
export interface Grant {
  /** Absent for KubeEdge's own token, the one in `tokensecret`. */
  readonly id?: string;
  /** The only name it enrols, and may take over. */
  readonly nodeName?: string;
}

/** The join tokens that this cloud has made and how often each was used. */
export class TokenStore {
  readonly #deps: TokenStoreDeps;
  readonly #records: SecretRecords<TokenSecret>;

  constructor(deps: TokenStoreDeps) {
    this.#deps = deps;
    this.#records = new SecretRecords({ kube: deps.kube, kind: 'token', type: 'kedge.io/token', schema: tokenSecretSchema });
  }

  /** @throws KedgeError INVALID_INPUT when the request asks for what no token can be, CONFLICT when there are too many */
  async create(request: TokenRequest): Promise<CreatedToken> {
    checkRequest(request);
    const now = this.#deps.clock.now();
    const living = await this.#forgetExpired(now);
    const again = living.find(({ record }) => isAsGood(record, request, now));
    if (again !== undefined) return this.#sign(again.id, again.record);
    const id = randomBytes(8).toString('hex');
    const expiresAt = new Date(Math.floor(now / 1000 + request.ttlSeconds) * 1000);
    const record: TokenSecret = {
      createdAt: new Date(now).toISOString(),
      expiresAt: expiresAt.toISOString(),
      uses: request.uses,
      used: 0,
      spentOn: [],
      ...(request.nodeName !== undefined && { nodeName: request.nodeName }),
    };
    await this.#records.update(id, () => record);
    return this.#sign(id, record);
  }

  /** The tokens that have not expired, oldest first. */
  async list(): Promise<TokenRecord[]> {
    const now = this.#deps.clock.now();
    const all = await this.#records.list();
    return all
      .filter(({ record }) => Date.parse(record.expiresAt) > now)
      .map(({ id, record }) => publicPart(id, record))
      .sort((a, b) => a.createdAt.localeCompare(b.createdAt));
  }

  /** @throws KedgeError NOT_FOUND */
  async revoke(id: string): Promise<void> {
    const known = /^[0-9a-f]{16}$/.test(id) && (await this.#records.delete(id));
    if (!known) throw new KedgeError('NOT_FOUND', `there is no token ${JSON.stringify(id)}`, { hint: 'kedge token list shows the ids' });
  }

  /**
   * Checks a token without using it up.
   * @param jwt the token without its leading CA hash
   * @throws KedgeError AUTH
   */
  async check(jwt: string): Promise<Grant> {
    const { id } = await verifyToken(jwt, keyPairToDer(this.#deps.ca).keyDer, this.#deps.clock.now());
    if (id === undefined) {
      if (await this.#isCurrent(jwt)) return {};
      throw refused('it has been replaced by a newer one');
    }
    const record = /^[0-9a-f]{16}$/.test(id) ? await this.#records.get(id) : undefined;
    if (record === undefined) throw refused('it has been revoked');
    return record.nodeName === undefined ? { id } : { id, nodeName: record.nodeName };
  }

  /**
   * Takes one use of a token; the same key pays once for a name, so that a join can be tried again.
   * @returns what gives the use back when it led to nothing
   * @throws KedgeError AUTH when it is used up or was revoked meanwhile
   */
  async spend({ id }: Grant, nodeName: string, spkiSha256: string): Promise<() => Promise<void>> {
    if (id === undefined) return () => Promise.resolve();
    const spending = `${nodeName}/${spkiSha256}`;
    let paid = true;
    await this.#records.update(id, (record) => {
      if (record === undefined) throw refused('it has been revoked');
      paid = !record.spentOn.includes(spending);
      if (!paid) return record;
      if (record.uses !== 0 && record.used >= record.uses) throw refused(`it has been used up (good for ${record.uses} of ${record.uses})`);
      return { ...record, used: record.used + 1, spentOn: record.uses === 0 ? [] : [...record.spentOn, spending] };
    });
    return async () => {
      if (paid) await this.#refund(id, spending);
    };
  }

  async #refund(id: string, spending: string): Promise<void> {
    await this.#records.update(id, (record) => {
      if (record === undefined) throw refused('it has been revoked');
      return { ...record, used: Math.max(0, record.used - 1), spentOn: record.spentOn.filter((other) => other !== spending) };
    });
  }

  async #isCurrent(jwt: string): Promise<boolean> {
    const secret = await unlessMissing(this.#deps.kube.get<Secret>(RESOURCES.secret, 'tokensecret', KUBEEDGE_NAMESPACE));
    const text = Buffer.from(secret?.data?.['tokendata'] ?? '', 'base64').toString('utf8');
    if (text === '') return false;
    const [given, current] = [Buffer.from(jwt), Buffer.from(splitToken(text).jwt)];
    return given.length === current.length && timingSafeEqual(given, current);
  }

  /** The token of a record: made from it and the CA's key alone, always the same. */
  async #sign(id: string, record: TokenSecret): Promise<CreatedToken> {
    const { certDer, keyDer } = keyPairToDer(this.#deps.ca);
    const expiresAt = new Date(record.expiresAt);
    return { ...publicPart(id, record), token: await createToken({ caCertDer: certDer, caKeyDer: keyDer, expiresAt, id }) };
  }

  /** @returns those that have not expired */
  async #forgetExpired(now: number): Promise<{ id: string; record: TokenSecret }[]> {
    const all = await this.#records.list();
    const expired = all.filter(({ record }) => Date.parse(record.expiresAt) <= now);
    await Promise.all(expired.map(({ id }) => this.#records.delete(id)));
    if (all.length - expired.length >= MAX_TOKENS) {
      throw new KedgeError('CONFLICT', `there are ${MAX_TOKENS} tokens already`, { hint: 'kedge token revoke removes one' });
    }
    return all.filter((one) => !expired.includes(one));
  }
}

function checkRequest({ ttlSeconds, uses, nodeName }: TokenRequest): void {
  const whole = (value: number, min: number, max: number): boolean => Number.isSafeInteger(value) && value >= min && value <= max;
  if (!whole(ttlSeconds, 1, MAX_TTL_SECONDS)) throw new KedgeError('INVALID_INPUT', 'a token lives for 1 second to 10 years');
  if (!whole(uses, 0, MAX_USES)) throw new KedgeError('INVALID_INPUT', `a token has 0 (any number) to ${MAX_USES} uses`);
  if (nodeName !== undefined && !isNodeName(nodeName)) {
    throw new KedgeError('INVALID_INPUT', `${JSON.stringify(nodeName)} is not a Kubernetes node name`);
  }
}

/** Whether the request can be met by handing out this token again. */
function isAsGood({ uses, nodeName, expiresAt }: TokenSecret, request: TokenRequest, now: number): boolean {
  const left = Date.parse(expiresAt) - now;
  return request.reuse === true && uses === 0 && nodeName === request.nodeName && left >= request.ttlSeconds * 500;
}

function publicPart(id: string, { createdAt, expiresAt, uses, used, nodeName }: TokenSecret): TokenRecord {
  return { id, createdAt, expiresAt, uses, used, ...(nodeName !== undefined && { nodeName }) };
}

function refused(reason: string): KedgeError {
  return new KedgeError('AUTH', `Invalid authorization token: ${reason}`);
}

import { messageOf } from '../../../kernel/errors.ts';
import type { Clock } from '../../../kernel/clock.ts';
import type { Logger } from '../../../kernel/log.ts';
import { silentLogger } from '../../../kernel/log.ts';
import type { Module, Scope } from '../../../kernel/module.ts';
import { WorkQueue } from '../../../kernel/work-queue.ts';
import type { KubeClient } from '../../../kube/client.ts';
import { Informer } from '../../../kube/informer.ts';
import { unlessMissing } from '../../../kube/unless-missing.ts';
import { issueCertificate } from '../../../pki/certificate.ts';
import type { KeyPair } from '../../../pki/key-pair.ts';
import type { SubjectAltNames } from '../../../pki/names.ts';
import { RESOURCES } from '../../../protocol/kubernetes.ts';
import type { CertificateCondition, CertificateSigningRequest, Node } from '../../../protocol/kubernetes.ts';
import { isForNode, isOwnRequest, isServed, readNodeRequest, readRequest } from './node-certificate.ts';

export interface CertificateControllerDeps {
  readonly client: Pick<KubeClient, 'get' | 'list' | 'watch' | 'update' | 'delete'>;
  readonly clock: Clock;
  /** The CA of the cluster. */
  readonly ca: () => Promise<KeyPair>;
  /** The names of the API server, which no node may have. */
  readonly apiServerNames: () => Promise<SubjectAltNames>;
}

const DAY_SECONDS = 86_400;
/** How long requests are kept, as Kubernetes keeps them: decided ones, and those that wait. */
const DECIDED_MS = 60 * 60 * 1000;
const PENDING_MS = 24 * 60 * 60 * 1000;
const SWEEP_MS = 10 * 60 * 1000;

/**
 * Signs the certificates that nodes ask for (signers kubelet-serving and kube-apiserver-client-kubelet), and those of other clients
 * (kube-apiserver-client). What a node asks for itself is approved at once; everything else waits for `kubectl certificate approve`.
 */
export class CertificateController implements Module {
  readonly name = 'certificate-controller';
  readonly #deps: CertificateControllerDeps;
  readonly #requests: Informer<CertificateSigningRequest>;
  #log: Logger = silentLogger;

  constructor(deps: CertificateControllerDeps) {
    this.#deps = deps;
    this.#requests = new Informer({ client: deps.client, resource: RESOURCES.certificateSigningRequest, clock: deps.clock });
  }

  async start(scope: Scope): Promise<void> {
    const { clock } = this.#deps;
    this.#log = scope.log;
    const queue = new WorkQueue(scope, (name) => this.#work(name), { clock });
    await this.#requests.start(scope);
    const look = ({ metadata }: CertificateSigningRequest): void => queue.add(metadata.name);
    this.#requests.onChange(scope, { added: look, updated: (_, request) => look(request) });
    const sweep = (): void => {
      this.#sweep().catch((error: unknown) => scope.log.warn({ err: error }, 'cannot delete old certificate requests'));
    };
    scope.defer(clock.every(SWEEP_MS, sweep));
  }

  async #work(name: string): Promise<void> {
    const { client } = this.#deps;
    const request = await unlessMissing(client.get<CertificateSigningRequest>(RESOURCES.certificateSigningRequest, name));
    if (request === undefined || !isServed(request)) return;
    const { conditions = [], certificate = '' } = request.status ?? {};
    const has = (type: CertificateCondition['type']): boolean => conditions.some((condition) => condition.type === type);
    if (has('Denied') || has('Failed') || certificate !== '') return;
    if (has('Approved')) await this.#sign(request);
    else if (isForNode(request)) await this.#approve(request);
  }

  async #approve(request: CertificateSigningRequest): Promise<void> {
    const { client, apiServerNames } = this.#deps;
    const { name } = request.metadata;
    try {
      const wanted = readNodeRequest(request);
      const node = await unlessMissing(client.get<Node>(RESOURCES.node, wanted.nodeName));
      if (!isOwnRequest(request, wanted, node, await apiServerNames())) return;
    } catch (error) {
      this.#log.debug({ request: name, reason: messageOf(error) }, 'a certificate request waits for a person');
      return;
    }
    const message = 'Auto approving the certificate of a node that asks for itself';
    await this.#write(request, { type: 'Approved', status: 'True', reason: 'AutoApproved', message }, 'approval');
  }

  async #sign(request: CertificateSigningRequest): Promise<void> {
    const { ca, clock } = this.#deps;
    let certificate: string;
    try {
      const { csr, profile } = readRequest(request);
      const { commonName, organizations, publicKey } = csr;
      const seconds = Math.min(request.spec.expirationSeconds ?? Infinity, profile.days * DAY_SECONDS);
      const subject = { commonName, organizations };
      const days = seconds / DAY_SECONDS;
      certificate = issueCertificate({ ca: await ca(), profile, subject, sans: csr, publicKey, days, now: clock.now() });
    } catch (error) {
      const message = messageOf(error);
      await this.#write(request, { type: 'Failed', status: 'True', reason: 'SignerValidationFailure', message }, 'status');
      return;
    }
    const status = { ...request.status, certificate: Buffer.from(certificate).toString('base64') };
    await this.#deps.client.update(RESOURCES.certificateSigningRequest, { ...request, status }, { subresource: 'status' });
    this.#log.info({ request: request.metadata.name, user: request.spec.username, signer: request.spec.signerName }, 'certificate issued');
  }

  async #write(request: CertificateSigningRequest, condition: CertificateCondition, subresource: 'approval' | 'status'): Promise<void> {
    const status = { ...request.status, conditions: [...(request.status?.conditions ?? []), condition] };
    await this.#deps.client.update(RESOURCES.certificateSigningRequest, { ...request, status }, { subresource });
  }

  async #sweep(): Promise<void> {
    const { client, clock } = this.#deps;
    for (const { metadata, status } of this.#requests.list()) {
      const isDecided = (status?.conditions ?? []).length > 0;
      const age = clock.now() - Date.parse(metadata.creationTimestamp ?? '');
      if (age > (isDecided ? DECIDED_MS : PENDING_MS)) {
        await unlessMissing(client.delete(RESOURCES.certificateSigningRequest, metadata.name));
      }
    }
  }
}

import { RESOURCES } from '../../../protocol/kubernetes.ts';
import type { ApiResource, KubeObject } from '../../../protocol/kubernetes.ts';
import type { Message } from '../../../protocol/message.ts';
import { notRelated } from './answers.ts';
import type { AnswerForm } from './answers.ts';
import { EventRequests } from './event-requests.ts';
import { IdentityRequests } from './identity-requests.ts';
import { NodeRequests } from './node-requests.ts';
import type { NodeRequestsDeps } from './node-requests.ts';
import type { PodIndex } from '../../../kube/pod-index.ts';
import type { PodReferences } from '../../../protocol/pod-references.ts';
import { PodRequests } from './pod-requests.ts';
import type { UpstreamRequest } from './upstream-request.ts';
import { VolumeRequests } from './volume-requests.ts';

/** How one kind of request is carried out and answered. */
export interface Served {
  readonly form: AnswerForm;
  /** Of which kind the object in a bare answer is. */
  readonly resource?: ApiResource;
  readonly serve: (request: UpstreamRequest) => Promise<unknown>;
  /** An edge can ask for it again and again, and each time there is one object more. */
  readonly accumulates?: true;
}

export interface ServedDeps extends NodeRequestsDeps {
  readonly send: (nodeName: string, message: Message) => void;
  readonly index: PodIndex;
}

/** Everything that an edge may ask, by type and operation. What is not here is refused. */
export function servedRequests(deps: ServedDeps): Readonly<Record<string, Served>> {
  const { kube, send, index } = deps;
  const nodes = new NodeRequests(deps);
  const pods = new PodRequests(kube, send);
  const volumes = new VolumeRequests(kube, index);
  const identities = new IdentityRequests(kube, index);
  const events = new EventRequests(kube, index);
  const object = (resource: ApiResource, serve: (request: UpstreamRequest) => Promise<KubeObject>): Served => ({
    form: 'object',
    resource,
    serve,
  });
  const wrapped = (serve: (request: UpstreamRequest) => Promise<KubeObject>): Served => ({ form: 'wrapped', serve });
  const plain = (serve: (request: UpstreamRequest) => Promise<string>): Served => ({ form: 'plain', serve });
  const silent = (serve: (request: UpstreamRequest) => Promise<KubeObject>): Served => ({ form: 'none', serve, accumulates: true });
  const accumulating = (served: Served): Served => ({ ...served, accumulates: true });
  /** What a pod of the node refers to, itself or by what `indirectly` finds, and nothing else. */
  const referred = (
    kind: keyof PodReferences,
    resource: ApiResource,
    indirectly: (nodeName: string, key: string) => Promise<boolean> = () => Promise.resolve(false),
  ): Served =>
    object(resource, async ({ nodeName, namespace, name }) => {
      const key = `${namespace}/${name}`;
      const isRelated = index.uses(nodeName, kind, key) || (await indirectly(nodeName, key));
      if (!isRelated) throw notRelated(nodeName, 'get', resource, name, namespace);
      return kube.get(resource, name, namespace);
    });
  return {
    'node insert': wrapped((request) => nodes.insert(request)),
    'node query': object(RESOURCES.node, (request) => nodes.query(request)),
    'node update': plain((request) => nodes.update(request)),
    'nodepatch patch': wrapped((request) => nodes.patchStatus(request)),
    'nodestatus insert': plain((request) => nodes.oldStatus(request)),
    'nodestatus update': plain((request) => nodes.oldStatus(request)),
    'lease insert': wrapped((request) => nodes.insertLease(request)),
    'lease update': wrapped((request) => nodes.updateLease(request)),
    'lease query': wrapped((request) => nodes.queryLease(request)),
    'podpatch patch': wrapped((request) => pods.patchStatus(request)),
    'pod insert': accumulating(wrapped((request) => pods.insertMirror(request))),
    'pod delete': plain((request) => pods.delete(request)),
    'podstatus update': plain((request) => pods.oldStatus(request)),
    'configmap query': referred('configMaps', RESOURCES.configMap),
    'secret query': referred('secrets', RESOURCES.secret, (nodeName, key) => volumes.needsSecret(nodeName, key)),
    'persistentvolumeclaim query': referred('claims', RESOURCES.persistentVolumeClaim),
    'persistentvolume query': object(RESOURCES.persistentVolume, (request) => volumes.volume(request)),
    'volumeattachment query': object(RESOURCES.volumeAttachment, (request) => volumes.attachment(request)),
    'serviceaccounttoken query': { form: 'object', serve: (request) => identities.token(request) },
    'certificatesigningrequest insert': accumulating(wrapped((request) => identities.insertCertificate(request))),
    'certificatesigningrequest query': object(RESOURCES.certificateSigningRequest, (request) => identities.queryCertificate(request)),
    'event insert': silent((request) => events.insert(request)),
    'event update': silent((request) => events.update(request)),
    'event patch': silent((request) => events.patch(request)),
  };
}

import { readFile } from 'node:fs/promises';
import type { Module } from '../kernel/module.ts';
import type { KubeClient } from '../kube/client.ts';
import { certificateInfo } from '../pki/certificate-info.ts';
import { requireKeyPair } from '../pki/key-pair-file.ts';
import { apiVersionOf, type ApiResource } from '../protocol/kubernetes.ts';
import { ApiServer, type ApiServerOptions } from './controlplane/apiserver/api-server.ts';
import { createLocalClient } from './controlplane/apiserver/local-client.ts';
import { groupResource } from './controlplane/apiserver/status-error.ts';
import { AccountTokenController } from './controlplane/controllers/account-token-controller.ts';
import { CertificateController } from './controlplane/controllers/certificate-controller.ts';
import { DefinitionController } from './controlplane/controllers/definition-controller.ts';
import { EventTtlController } from './controlplane/controllers/event-ttl-controller.ts';
import { GarbageCollector } from './controlplane/controllers/garbage-collector/garbage-collector.ts';
import { NamespaceController } from './controlplane/controllers/namespace-controller.ts';
import { NamespaceDefaults } from './controlplane/controllers/namespace-defaults.ts';
import { NodeLifecycleController } from './controlplane/controllers/node-lifecycle-controller.ts';
import { RoleAggregationController } from './controlplane/controllers/role-aggregation-controller.ts';
import { PodGarbageCollector } from './controlplane/controllers/pod-garbage-collector.ts';

export interface ControlPlaneOptions extends ApiServerOptions {
  readonly pki: ApiServerOptions['pki'] & {
    /** PEM file: signs the certificates that nodes ask for. */
    readonly caKeyPath: string;
  };
  /** How long a node may be silent before it is Unknown; 40 when left out, as Kubernetes has it. */
  readonly nodeMonitorGracePeriodSeconds?: number;
}

export interface ControlPlane {
  readonly apiServer: ApiServer;
  /** For those in the same process, once the API server has started. */
  readonly client: KubeClient;
  /** The API server first, then the controllers that work through it. */
  readonly modules: readonly Module[];
}

/** The embedded control plane. */
export function createControlPlane(options: ControlPlaneOptions): ControlPlane {
  const { clock, pki, nodeMonitorGracePeriodSeconds = 40 } = options;
  const apiServer = new ApiServer(options);
  const client = createLocalClient(() => apiServer.context);
  const namespacedResources = (): ApiResource[] => {
    const namespaced = apiServer.context.registry.all.map(({ resource }) => resource).filter((resource) => resource.namespaced);
    return [...new Map(namespaced.map((resource) => [groupResource(resource), resource])).values()];
  };
  const resourceOf = (test: (resource: ApiResource) => boolean): ApiResource | undefined =>
    apiServer.context.registry.all.find(({ resource }) => test(resource))?.resource;
  const caCert = (): Promise<string> => readFile(pki.caPath, 'utf8');
  const modules = [
    apiServer,
    new GarbageCollector({
      client,
      clock,
      mentioning: (words) => apiServer.context.store.mentioning(words),
      subscribe: (listener) => apiServer.context.store.subscribe('*', listener),
      resourceOf: (name) => resourceOf((resource) => groupResource(resource) === name),
      resourceOfKind: (apiVersion, kind) => resourceOf((resource) => apiVersionOf(resource) === apiVersion && resource.kind === kind),
    }),
    new NamespaceController({ client, clock, namespacedResources, finalize: (namespace) => client.finalize(namespace) }),
    new DefinitionController({ client, clock }),
    new NodeLifecycleController({ client, clock, nodeMonitorGracePeriodSeconds }),
    new PodGarbageCollector({ client, clock }),
    new EventTtlController({ client, clock }),
    new NamespaceDefaults({ client, clock, caCert }),
    new RoleAggregationController({ client, clock }),
    new AccountTokenController({ client, clock, caCert, sign: (claims) => apiServer.context.tokenKey.sign(claims) }),
    new CertificateController({
      client,
      clock,
      ca: () => requireKeyPair({ cert: pki.caPath, key: pki.caKeyPath }),
      apiServerNames: async () => certificateInfo(await readFile(pki.certPath)),
    }),
  ];
  return { apiServer, client, modules };
}

import { join } from 'node:path';
import type { CloudConfig } from '../config/cloud-config.ts';
import type { CloudPaths } from '../config/home.ts';
import { systemClock } from '../kernel/clock.ts';
import type { Clock } from '../kernel/clock.ts';
import type { DaemonState } from '../kernel/daemon.ts';
import type { Module } from '../kernel/module.ts';
import { packageRoot } from '../kernel/package-root.ts';
import { createKubeClient } from '../kube/http-client.ts';
import { loadCredentials } from '../kube/kubeconfig.ts';
import { requireKeyPair } from '../pki/key-pair-file.ts';
import { Admin } from './cloud/admin/admin.ts';
import { CertificateKeeper } from './cloud/certificates/certificate-keeper.ts';
import { CloudCertificates } from './cloud/certificates/cloud-certificates.ts';
import { Bootstrap } from './cloud/bootstrap/bootstrap.ts';
import { EnrolmentServer } from './cloud/cloudhub/https/enrolment-server.ts';
import { Enrolment } from './cloud/cloudhub/https/enrolment.ts';
import { NodeCertificateStore } from './cloud/cloudhub/https/node-certificate-store.ts';
import { TokenStore } from './cloud/cloudhub/https/token-store.ts';
import { createCloudCore } from './cloud-core.ts';
import { createControlPlane } from './controlplane.ts';
import type { ControlPlaneOptions } from './controlplane.ts';

export interface CloudOptions {
  readonly config: CloudConfig;
  readonly paths: CloudPaths;
  readonly state: DaemonState;
  /** kedge's own version. */
  readonly version: string;
  readonly clock?: Clock;
}

/** The cloud daemon: its modules in the order of their start. What faces the outside comes last. */
export async function createCloud({ config, paths, state, version, clock = systemClock }: CloudOptions): Promise<Module[]> {
  const { cloudHub, controlPlane, limits } = config;
  const ca = await requireKeyPair(paths.ca);
  let server = await requireKeyPair(paths.server);
  const credentials = await loadCredentials(controlPlane.kubeconfig ?? paths.adminKubeconfig);
  const embedded =
    controlPlane.kubeconfig === undefined ? createControlPlane({ ...controlPlane, ...controlPlaneFiles(paths), limits, clock }) : undefined;
  // The API of this process needs no way over the network.
  const kube = embedded?.client ?? createKubeClient(credentials, { maxBodyBytes: limits.maxAnswerBytes });

  const tokens = new TokenStore({ kube, ca, clock });
  const certificates = new NodeCertificateStore({ kube, clock });
  const enrolment = new Enrolment({
    kube,
    ca,
    certificateDays: cloudHub.edgeCertSigningDays,
    lateRenewalDays: cloudHub.lateRenewalDays,
    legacyEdges: cloudHub.legacyEdges,
    tokens,
    certificates,
    clock,
    startAnew: (nodeName) => {
      hub.disconnect(nodeName, 'the name was taken over');
      return syncController.forget(nodeName);
    },
  });
  const { controllers, syncController, hub } = createCloudCore({
    kube,
    clock,
    hub: {
      ...cloudHub,
      limits,
      tls: () => ({ ca: ca.certPem, cert: server.certPem, key: server.keyPem }),
      acceptsCertificate: (nodeName, serial) => certificates.accepts(nodeName, serial),
      acceptsNameless: (nodeName, serial) => certificates.acceptsNameless(nodeName, serial),
      kubernetesCa: () => credentials.ca ?? '',
    },
  });

  const bootstrap = new Bootstrap({ kube, ca, server: () => server, crdDir: join(packageRoot(), 'templates', 'crds'), clock });
  const enrolmentServer = new EnrolmentServer({
    listen: cloudHub.https,
    limits,
    clock,
    ca,
    server: () => server,
    enrolment,
    websocketPort: () => hub.port || cloudHub.websocket.port,
  });
  const keeper = new CertificateKeeper({
    certificates: new CloudCertificates(paths, clock),
    clock,
    apply: {
      server: async () => {
        server = await requireKeyPair(paths.server);
        hub.reloadCertificate();
        enrolmentServer.reloadCertificate();
        await bootstrap.publishCertificate();
      },
      apiserver: async () => embedded?.apiServer.reloadCertificate(),
    },
  });

  return [
    new Admin(
      { socket: paths.socket, version },
      {
        state,
        clock,
        certificates: keeper,
        tokens: {
          create: (request) => tokens.create(request),
          list: () => tokens.list(),
          revoke: (id) => tokens.revoke(id),
        },
      },
    ),
    keeper,
    ...(embedded?.modules ?? []),
    bootstrap,
    ...controllers,
    enrolmentServer,
    hub,
  ];
}

function controlPlaneFiles({
  kubernetesCa,
  apiserver,
  tokenKey,
  adminToken,
  database,
}: CloudPaths): Pick<ControlPlaneOptions, 'pki' | 'databasePath'> {
  const ca = { caPath: kubernetesCa.cert, caKeyPath: kubernetesCa.key };
  const tokens = { tokenKeyPath: tokenKey, adminTokenPath: adminToken };
  return { pki: { ...ca, certPath: apiserver.cert, keyPath: apiserver.key, ...tokens }, databasePath: database };
}

import admin from '../../certs/admin.json' with { type: 'json' };
import apiserver from '../../certs/apiserver.json' with { type: 'json' };
import ca from '../../certs/ca.json' with { type: 'json' };
import cloudServer from '../../certs/cloud-server.json' with { type: 'json' };
import edgeClient from '../../certs/edge-client.json' with { type: 'json' };
import kubernetesCa from '../../certs/kubernetes-ca.json' with { type: 'json' };
import kubeletServing from '../../certs/kubelet-serving.json' with { type: 'json' };
import mqttCa from '../../certs/mqtt-ca.json' with { type: 'json' };
import mqttServer from '../../certs/mqtt-server.json' with { type: 'json' };
import type { Subject } from './names.ts';

/** What a kind of certificate holds; certs/README.md says where each one lives. */
export interface CertificateProfile {
  /** Absent: it comes from the request. */
  readonly subject?: Subject;
  readonly days: number;
  readonly ca?: boolean;
  /** Absent: random. */
  readonly serial?: number;
  readonly keyUsage: readonly string[];
  readonly extendedKeyUsage: readonly string[];
}

/** The certificates that kedge makes. */
export const PROFILES = {
  ca,
  cloudServer,
  edgeClient,
  kubernetesCa,
  apiserver,
  admin,
  kubeletServing,
  mqttCa,
  mqttServer,
} satisfies Record<string, CertificateProfile>;

import type { KubeClient } from './client.ts';
import type { Credentials } from './kubeconfig.ts';

export interface ClientLimits {
  readonly requestTimeoutMs?: number;
  readonly inactivityMs?: number;
  readonly maxBodyBytes?: number;
}

export function createKubeClient(_credentials: Credentials, _limits: ClientLimits = {}): KubeClient {
  throw new Error('not yet');
}

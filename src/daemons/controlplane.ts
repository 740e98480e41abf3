import type { Module } from '../kernel/module.ts';
import { ApiServer, type ApiServerOptions } from './controlplane/apiserver/api-server.ts';

export interface ControlPlaneOptions extends ApiServerOptions {
  /** How long a node may be silent before it is Unknown; 40 when left out, as Kubernetes has it. */
  readonly nodeMonitorGracePeriodSeconds?: number;
}

/** The embedded control plane: the API server first, then the controllers that work through it. */
export function controlPlaneModules(options: ControlPlaneOptions): [ApiServer, ...Module[]] {
  return [new ApiServer(options)];
}

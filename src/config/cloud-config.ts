/** The cloud daemon's configuration (`home/cloud/config.yaml`). Ports: 0 picks a free one. */
export interface CloudConfig {
  readonly cloudHub: {
    readonly websocket: { readonly address: string; readonly port: number };
    readonly https: { readonly address: string; readonly port: number };
    /** IPs and DNS names that edges use; every one stands in the server certificate. */
    readonly advertiseAddress: readonly string[];
    /** Sessions at most. */
    readonly nodeLimit: number;
    /** A session without a keepalive for this long is closed. */
    readonly keepaliveIntervalSeconds: number;
    /** Largest websocket message, fragments together. */
    readonly maxMessageBytes: number;
    /** How long an edge's certificate is good. */
    readonly edgeCertSigningDays: number;
  };
  readonly controlPlane: {
    /** A real cluster's kubeconfig; absent: the embedded control plane. */
    readonly kubeconfig?: string;
    /** Where the embedded API server listens. */
    readonly address: string;
    readonly port: number;
    /** Embedded only: a Node without a lease renewal for this long turns NotReady. */
    readonly nodeMonitorGracePeriodSeconds: number;
  };
  readonly log: { readonly level: 'debug' | 'info' | 'warn' | 'error' };
}

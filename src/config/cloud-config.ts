import * as v from 'valibot';
import { days, host, listener, log, port, wholeNumber } from './fields.ts';
import type { LogConfig } from './fields.ts';
import { checkConfig, loadConfig } from './load-config.ts';

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
    /** How long an edge's certificate is good; fractions of a day are possible. */
    readonly edgeCertSigningDays: number;
    /** How long after its end an edge may still renew its certificate by itself; 0 for not at all. Fractions are possible. */
    readonly lateRenewalDays: number;
    /** Whether edges of KubeEdge 1.15 and older come in: their certificates (CN `kubeedge.io`) name no node. */
    readonly legacyEdges: boolean;
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
  readonly log: LogConfig;
}

/** Ten seconds: what is shorter would end while it is being renewed. */
const SHORTEST_CERTIFICATE_DAYS = 10 / 86_400;

const schema = v.strictObject({
  cloudHub: v.optional(
    v.strictObject({
      websocket: listener('0.0.0.0', 10_000),
      https: listener('0.0.0.0', 10_002),
      advertiseAddress: v.optional(v.pipe(v.array(host), v.minLength(1, 'names no address')), ['127.0.0.1']),
      nodeLimit: v.optional(wholeNumber(1), 1000),
      keepaliveIntervalSeconds: v.optional(wholeNumber(1), 30),
      maxMessageBytes: v.optional(wholeNumber(4096), 8 * 1024 * 1024),
      edgeCertSigningDays: v.optional(days(SHORTEST_CERTIFICATE_DAYS), 365),
      lateRenewalDays: v.optional(days(0), 30),
      legacyEdges: v.optional(v.boolean(), false),
    }),
    {},
  ),
  controlPlane: v.optional(
    v.strictObject({
      kubeconfig: v.exactOptional(v.pipe(v.string(), v.startsWith('/', 'is not an absolute path'))),
      address: v.optional(host, '127.0.0.1'),
      port: v.optional(port, 6443),
      nodeMonitorGracePeriodSeconds: v.optional(wholeNumber(1), 40),
    }),
    {},
  ),
  log,
}) satisfies v.GenericSchema<unknown, CloudConfig>;

/** @throws KedgeError INVALID_CONFIG naming the file and the key, NOT_INSTALLED when there is no file */
export function loadCloudConfig(path: string): CloudConfig {
  return loadConfig(path, schema);
}

/** A configuration with defaults for all that `value` leaves out; `path` stands in error messages. */
export function cloudConfig(value: unknown, path = 'cloud/config.yaml'): CloudConfig {
  return checkConfig(path, value, schema);
}

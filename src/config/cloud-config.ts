import * as v from 'valibot';
import { days, host, listener, log, network, noQuic, port, wholeNumber } from './fields.ts';
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
    /** Embedded only: the network that Services get their addresses from. */
    readonly serviceClusterIPRange: string;
  };
  /** What the cloud takes of others before it knows them, and for each; docs/security.md says what happens beyond. */
  readonly limits: CloudLimits;
  readonly log: LogConfig;
}

export interface CloudLimits {
  /** Connections of those who have not shown who they are, at each port: in all and of one address. */
  readonly connectionsBeforeLogin: number;
  readonly connectionsBeforeLoginPerAddress: number;
  /** For a TLS handshake, and then for a request. */
  readonly loginTimeoutSeconds: number;
  /** Largest body of a request to the embedded API server. */
  readonly maxBodyBytes: number;
  /** Largest answer of the Kubernetes API that the cloud reads, and largest event of a watch. */
  readonly maxAnswerBytes: number;
  /** Objects that one node has yet to acknowledge: how many, and how large together. */
  readonly queuedMessages: number;
  readonly queuedBytes: number;
}

const MIB = 1024 * 1024;
/** Ten seconds: what is shorter would end while it is being renewed. */
const SHORTEST_CERTIFICATE_DAYS = 10 / 86_400;

const schema = v.strictObject({
  cloudHub: v.optional(
    v.strictObject({
      websocket: listener('0.0.0.0', 10_000),
      https: listener('0.0.0.0', 10_002),
      quic: noQuic,
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
      serviceClusterIPRange: v.optional(network, '10.96.0.0/16'),
    }),
    {},
  ),
  limits: v.optional(
    v.strictObject({
      connectionsBeforeLogin: v.optional(wholeNumber(1), 1_024),
      connectionsBeforeLoginPerAddress: v.optional(wholeNumber(1), 256),
      loginTimeoutSeconds: v.optional(wholeNumber(1, 600), 20),
      // What Kubernetes' API server takes.
      maxBodyBytes: v.optional(wholeNumber(4096, 64 * MIB), 3 * MIB),
      maxAnswerBytes: v.optional(wholeNumber(4096, 256 * MIB), 64 * MIB),
      queuedMessages: v.optional(wholeNumber(1), 10_000),
      queuedBytes: v.optional(wholeNumber(4096), 32 * MIB),
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

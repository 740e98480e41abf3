import * as v from 'valibot';
import { KedgeError } from '../kernel/errors.ts';
import { isNodeName } from '../protocol/node-name.ts';
import { isQuic, NO_QUIC } from '../protocol/host-port.ts';
import type { ProxySettings } from '../protocol/proxy.ts';
import type { TwinHistoryLimits } from '../protocol/twin-history.ts';
import { mqttLimits, mqttListener } from './broker-config.ts';
import type { MqttLimits, MqttListener } from './broker-config.ts';
import { externalBroker } from './external-broker.ts';
import type { ExternalBroker } from './external-broker.ts';
import { hostPort, log, noQuic, proxyUrl, seconds, socketPath, wholeNumber } from './fields.ts';
import type { LogConfig } from './fields.ts';
import { checkConfig, loadConfig } from './load-config.ts';
import { MQTT_MODES } from './mqtt-mode.ts';
import type { MqttMode } from './mqtt-mode.ts';

/** The edge daemon's configuration (`home/edge/config.yaml`). Ports: 0 picks a free one. */
export interface EdgeConfig {
  readonly nodeName: string;
  readonly edgeHub: ProxySettings & {
    /** `host:port` of CloudHub's websocket. */
    readonly websocketServer: string;
    /** `https://host:port` of CloudHub's HTTPS server. */
    readonly httpServer: string;
    /** KubeEdge's projectID, part of the websocket's URL. */
    readonly projectID: string;
    readonly heartbeatSeconds: number;
    readonly maxMessageBytes: number;
  };
  readonly edged: {
    /** `none`: no containers; the Node is tainted NoSchedule. */
    readonly runtime: 'none';
    /** The Node's InternalIP; absent: the address of the route to the cloud. */
    readonly nodeIP?: string;
    /** Node status is posted at least this often, and whenever it changes; that the node lives is told by its lease. */
    readonly nodeStatusUpdateSeconds: number;
    readonly leaseDurationSeconds: number;
  };
  readonly deviceTwin: {
    /** What a device reports goes to the cloud at once, and then at most once in this time, its newest values; 0: at any time. */
    readonly reportIntervalSeconds: number;
    /** How many of the values that twins had are kept. */
    readonly history: TwinHistoryLimits;
    /** Where mappers find DMI; absent: for root `/etc/kubeedge/dmi.sock` unless another edge has it, else `dmi.sock` in the edge's folder. */
    readonly dmiSocket?: string;
  };
  readonly eventBus: {
    /** Which broker the applications use: the embedded one, another one, or either of the two. */
    readonly mode: MqttMode;
    /** The other one; kept in mode `internal` for a change back. */
    readonly external?: ExternalBroker;
    /** Where the embedded broker listens. */
    readonly listen: readonly MqttListener[];
    /** Largest MQTT packet. */
    readonly maxPacketBytes: number;
    readonly limits: MqttLimits;
  };
  readonly log: LogConfig;
}

const schema = v.strictObject({
  nodeName: v.pipe(v.string(), v.check(isNodeName, 'is not a Kubernetes node name (lower-case letters, digits, - and .)')),
  edgeHub: v.strictObject({
    websocketServer: hostPort,
    quic: noQuic,
    httpServer: v.pipe(
      v.string(),
      v.check((text) => !isQuic(text), NO_QUIC),
      v.regex(/^https:\/\/[^/]+:\d+$/, 'is not https://HOST:PORT'),
    ),
    projectID: v.optional(
      v.pipe(v.string(), v.regex(/^[\w-]+$/, 'holds more than letters, digits, _ and -')),
      'e632aba927ea4ac2b575ec1603d56f10',
    ),
    heartbeatSeconds: v.optional(wholeNumber(1), 15),
    maxMessageBytes: v.optional(wholeNumber(4096), 8 * 1024 * 1024),
    proxy: v.exactOptional(proxyUrl),
    noProxy: v.exactOptional(v.string()),
  }),
  edged: v.optional(
    v.strictObject({
      runtime: v.optional(v.literal('none', 'must be none'), 'none'),
      nodeIP: v.exactOptional(v.pipe(v.string(), v.ip('is not an IP address'))),
      nodeStatusUpdateSeconds: v.optional(wholeNumber(1), 300),
      leaseDurationSeconds: v.optional(wholeNumber(1), 40),
    }),
    {},
  ),
  deviceTwin: v.optional(
    v.strictObject({
      reportIntervalSeconds: v.optional(seconds, 1),
      history: v.optional(
        v.strictObject({
          perTwin: v.optional(wholeNumber(0, 100_000), 1_000),
          maxBytes: v.optional(wholeNumber(64 * 1024), 16 * 1024 * 1024),
        }),
        {},
      ),
      dmiSocket: v.exactOptional(socketPath),
    }),
    {},
  ),
  eventBus: v.optional(
    v.pipe(
      v.strictObject({
        mode: v.optional(v.picklist(MQTT_MODES, `must be one of ${MQTT_MODES.join(', ')}`), 'internal'),
        external: v.exactOptional(externalBroker),
        listen: v.optional(v.pipe(v.array(mqttListener), v.minLength(1, 'names no address')), [{ address: '127.0.0.1', port: 1884 }]),
        maxPacketBytes: v.optional(wholeNumber(1024), 1024 * 1024),
        limits: v.optional(mqttLimits, {}),
      }),
      v.check(({ mode, external }) => mode === 'internal' || external !== undefined, 'has another mode than internal, and no external.url'),
    ),
    {},
  ),
  log,
}) satisfies v.GenericSchema<unknown, EdgeConfig>;

/** @throws KedgeError INVALID_CONFIG naming the file and the key, NOT_INSTALLED when there is no file */
export function loadEdgeConfig(path: string): EdgeConfig {
  return loadConfig(path, schema);
}

/** The same where there is a file. @throws KedgeError INVALID_CONFIG */
export function findEdgeConfig(path: string): EdgeConfig | undefined {
  try {
    return loadEdgeConfig(path);
  } catch (error) {
    if (error instanceof KedgeError && error.code === 'NOT_INSTALLED') return undefined;
    throw error;
  }
}

/** A configuration with defaults for all that `value` leaves out; `path` stands in error messages. */
export function edgeConfig(value: unknown, path = 'edge/config.yaml'): EdgeConfig {
  return checkConfig(path, value, schema);
}

import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import * as v from 'valibot';
import { KedgeError, messageOf } from '../kernel/errors.ts';
import { hostPort } from '../protocol/host-port.ts';
import { host, port, wholeNumber } from './fields.ts';

/** Where the embedded MQTT broker listens. */
export interface MqttListener {
  readonly address: string;
  readonly port: number;
  /** Files, relative to the edge's folder. */
  readonly tls?: {
    readonly cert: string;
    readonly key: string;
    /** Clients may show a certificate of this CA instead of a password; its CN is their user name. */
    readonly clientCa?: string;
  };
  /** For isolated networks: clients need no user name, though the address is not a loopback one. */
  readonly allowAnonymous?: boolean;
}

/** What clients connect to: `mqtt://address:port`, or `mqtts://…` with TLS. */
export function listenerUrl({ address, port, tls }: Pick<MqttListener, 'address' | 'port'> & { readonly tls?: unknown }): string {
  return `${tls === undefined ? 'mqtt' : 'mqtts'}://${hostPort(address, port)}`;
}

const file = v.pipe(v.string(), v.nonEmpty('is empty'));
const MIB = 1024 * 1024;

export const mqttListener = v.strictObject({
  address: host,
  port,
  tls: v.exactOptional(v.strictObject({ cert: file, key: file, clientCa: v.exactOptional(file) })),
  allowAnonymous: v.exactOptional(v.boolean()),
}) satisfies v.GenericSchema<unknown, MqttListener>;

/** What the embedded broker takes from its clients; docs/mqtt.md says what happens beyond. */
export const mqttLimits = v.strictObject({
  /** Connections in all, and from one address. */
  connections: v.optional(wholeNumber(1), 1_000),
  connectionsPerAddress: v.optional(wholeNumber(1), 500),
  /** For the first packet of a connection. */
  connectTimeoutSeconds: v.optional(wholeNumber(1, 600), 10),
  /** Wrong passwords from one address. */
  failedLoginsPerMinute: v.optional(wholeNumber(1), 10),
  /** Of one client, which is slowed to it; 0: no limit. */
  publishesPerSecond: v.optional(wholeNumber(0), 10_000),
  /** Of one client. */
  subscriptions: v.optional(wholeNumber(1), 1_000),
  /** Sessions that outlive their connection, and how long their clients may stay away. */
  sessions: v.optional(wholeNumber(0), 1_000),
  sessionExpiryHours: v.optional(wholeNumber(1), 7 * 24),
  /** What waits for one session, and the bytes of all. */
  queuedMessages: v.optional(wholeNumber(1), 1_000),
  queuedBytes: v.optional(wholeNumber(1), 16 * MIB),
  totalQueuedBytes: v.optional(wholeNumber(1), 256 * MIB),
  retainedMessages: v.optional(wholeNumber(0), 10_000),
  retainedBytes: v.optional(wholeNumber(0), 64 * MIB),
});
export type MqttLimits = v.InferOutput<typeof mqttLimits>;

/** A listener with what its files hold. */
export interface ReadMqttListener extends Omit<MqttListener, 'tls'> {
  readonly tls?: { readonly cert: string; readonly key: string; readonly clientCa?: string };
}

/**
 * Reads the certificates of the listeners.
 * @param dir the edge's folder
 * @throws KedgeError INVALID_CONFIG when a file cannot be read
 */
export function readListeners(dir: string, listeners: readonly MqttListener[]): Promise<ReadMqttListener[]> {
  return Promise.all(
    listeners.map(async (listener) => {
      if (listener.tls === undefined) return listener;
      const [cert, key, clientCa] = await Promise.all([
        readPem(dir, listener.tls.cert),
        readPem(dir, listener.tls.key),
        listener.tls.clientCa === undefined ? undefined : readPem(dir, listener.tls.clientCa),
      ]);
      return { ...listener, tls: { cert, key, ...(clientCa !== undefined && { clientCa }) } };
    }),
  );
}

async function readPem(dir: string, path: string): Promise<string> {
  try {
    return await readFile(resolve(dir, path), 'utf8');
  } catch (error) {
    throw new KedgeError('INVALID_CONFIG', `a certificate file of an MQTT listener cannot be read: ${messageOf(error)}`, {
      hint: 'correct eventBus.listen in the configuration of the edge',
      cause: error,
    });
  }
}

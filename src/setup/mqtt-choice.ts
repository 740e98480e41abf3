import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { chosenEndpoint } from '../client/broker-choice.ts';
import type { BrokerChoice } from '../client/broker-choice.ts';
import type { EdgeConfig } from '../config/edge-config.ts';
import type { MqttMode } from '../config/mqtt-mode.ts';
import { listenerUrl } from '../config/broker-config.ts';
import type { MqttListener } from '../config/broker-config.ts';
import { brokerUrl, readEndpoint, withPaths } from '../config/external-broker.ts';
import type { ExternalBroker } from '../config/external-broker.ts';
import type { EdgePaths } from '../config/home.ts';
import { KedgeError } from '../kernel/errors.ts';
import { writeSecretFile } from '../kernel/secret-file.ts';
import { MqttClient } from '../mqtt/client.ts';
import type { BrokerEndpoint } from '../protocol/broker-endpoint.ts';
import { chooseMqttListeners } from './mqtt-listeners.ts';

export interface MqttChoiceOptions {
  /** Absent: what is configured, else `external` if a URL is given, else `internal`. */
  readonly mode?: MqttMode | undefined;
  /** Of the embedded broker; 0 chooses a free one. */
  readonly ports?: readonly number[] | undefined;
  readonly broker?: BrokerChoice | undefined;
  /** Asked when a mode needs a URL and there is none. */
  readonly askUrl?: (() => Promise<string>) | undefined;
}

type EventBusConfig = EdgeConfig['eventBus'];

/** Where an edge keeps what it shows to another broker, in its folder. */
const FILES = { ca: 'pki/mqtt-ca.crt', cert: 'pki/mqtt-client.crt', key: 'pki/mqtt-client.key', password: 'pki/mqtt-password' } as const;
/** The embedded broker's port, while nobody listens on it. */
const UNUSED_LISTENER: MqttListener = { address: '127.0.0.1', port: 1884 };

/** The MQTT side of an edge as a person chooses it, over what is configured already. */
export class MqttChoice {
  readonly #paths: EdgePaths;
  readonly #options: MqttChoiceOptions;
  readonly #present: EventBusConfig | undefined;
  readonly mode: MqttMode;
  #listen: readonly MqttListener[] = [];
  #endpoint: BrokerEndpoint | undefined;
  #isNew = false;

  constructor(paths: EdgePaths, options: MqttChoiceOptions, present: EventBusConfig | undefined) {
    this.#paths = paths;
    this.#options = options;
    this.#present = present;
    this.mode = options.mode ?? present?.mode ?? (options.broker?.url === undefined ? 'internal' : 'external');
  }

  /** Gathers what only a person can know. @throws KedgeError USAGE, INVALID_INPUT */
  async ask(): Promise<void> {
    const { broker = {}, askUrl } = this.#options;
    const external = this.#present?.external;
    const known = external === undefined ? undefined : withPaths(this.#paths.dir, external);
    const before = known === undefined ? undefined : await readEndpoint('.', known);
    const { ca, cert, key, username, 'password-file': password } = broker;
    const isGiven = [broker.url, ca, cert, key, username, password].some((value) => value !== undefined);
    this.#endpoint = before;
    if (this.mode === 'internal' && !isGiven) return;
    const url = broker.url ?? known?.url ?? (await askUrl?.());
    if (url === undefined) throw new KedgeError('USAGE', `the MQTT mode ${this.mode} needs the URL of a broker`, { hint: HINT });
    // The same broker is known by what was not given anew; another one is not.
    const isSame = known !== undefined && brokerUrl(url) === known.url;
    this.#endpoint = await chosenEndpoint(broker, isSame ? known : { url });
    this.#isNew = !isDeepStrictEqual(before, this.#endpoint);
  }

  /** Makes sure that the embedded broker can listen. @throws KedgeError PORT_IN_USE */
  async claimPorts(isRunning: boolean, warn: (text: string) => void): Promise<void> {
    const { listen, mode } = this.#present ?? {};
    const { ports = [] } = this.#options;
    if (this.mode === 'external' && ports.length === 0) this.#listen = listen ?? [UNUSED_LISTENER];
    else this.#listen = await chooseMqttListeners(ports, listen, isRunning && mode !== 'external' ? (listen ?? []) : [], warn);
  }

  /** True when the broker, or what it is shown, is not as configured. */
  get isNew(): boolean {
    return this.#isNew;
  }

  /** True when another broker, or another identity at it, is to be used from now on. */
  get needsCheck(): boolean {
    return this.#endpoint !== undefined && this.mode !== 'internal' && (this.#isNew || this.#present?.mode === 'internal');
  }

  /** Logs in to the broker as this edge will. @throws KedgeError UNREACHABLE, TIMEOUT, AUTH, CERTIFICATE */
  async checkBroker(nodeName: string): Promise<string> {
    if (this.#endpoint === undefined) return '';
    const { url, ...identity } = this.#endpoint;
    const clientId = `kedge-${nodeName}-${randomBytes(4).toString('hex')}`;
    const client = await MqttClient.connect(url, { ...identity, clientId, reconnect: false });
    await client.end();
    return url;
  }

  /** Writes what the broker is to be shown, in files of the owner alone. */
  async writeFiles(): Promise<void> {
    if (!this.#isNew) return;
    for (const [part, file] of Object.entries(FILES)) {
      const text = this.#endpoint?.[part as keyof typeof FILES];
      if (text !== undefined) await writeSecretFile(join(this.#paths.dir, file), text);
    }
  }

  get config(): Omit<EventBusConfig, 'maxPacketBytes' | 'limits'> {
    const external = this.#isNew && this.#endpoint !== undefined ? storedBroker(this.#endpoint) : this.#present?.external;
    return { ...this.#present, mode: this.mode, listen: this.#listen, ...(external !== undefined && { external }) };
  }

  /** Where applications will find a broker. */
  get urls(): string[] {
    const own = this.mode === 'external' ? [] : this.#listen.map(listenerUrl);
    const other = this.mode === 'internal' ? undefined : this.#endpoint?.url;
    return other === undefined ? own : [...own, other];
  }
}

const HINT = 'give --mqtt-url mqtt://HOST:1883, or mqtts://HOST:8883 for TLS';

function storedBroker({ url, username, ...files }: BrokerEndpoint): ExternalBroker {
  return {
    url,
    ...(username !== undefined && { username }),
    ...(files.ca !== undefined && { caFile: FILES.ca }),
    ...(files.cert !== undefined && { certFile: FILES.cert }),
    ...(files.key !== undefined && { keyFile: FILES.key }),
    ...(files.password !== undefined && { passwordFile: FILES.password }),
  };
}

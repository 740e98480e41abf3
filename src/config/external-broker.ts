import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import * as v from 'valibot';
import { KedgeError, messageOf } from '../kernel/errors.ts';
import type { BrokerEndpoint } from '../protocol/broker-endpoint.ts';

/** The broker of the MQTT modes `external` and `both`. Files are named relative to the edge's folder. */
export interface ExternalBroker {
  /** `mqtt://host:port`, or with TLS `mqtts://host:port`. */
  readonly url: string;
  /** PEM of the CA that the broker's certificate must be of; absent: the public ones. */
  readonly caFile?: string;
  /** The edge's own certificate for this broker, with `keyFile`. */
  readonly certFile?: string;
  readonly keyFile?: string;
  readonly username?: string;
  /** Its first line is the password. */
  readonly passwordFile?: string;
}

/** KubeEdge writes tcp and ssl. */
const SCHEMES: Readonly<Record<string, 'mqtt' | 'mqtts'>> = { mqtt: 'mqtt', tcp: 'mqtt', mqtts: 'mqtts', ssl: 'mqtts', tls: 'mqtts' };
const DEFAULT_PORTS = { mqtt: 1883, mqtts: 8883 } as const;

/**
 * Brings a broker's address into the form `mqtt://host:port` or `mqtts://host:port`; the scheme and the port may be left out.
 * @throws KedgeError INVALID_INPUT
 */
export function brokerUrl(text: string): string {
  const [, given = 'mqtt', host = '', port] =
    /^(?:([a-z]+):\/\/)?(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._-]{1,253})(?::(\d{1,5}))?\/?$/.exec(text) ?? [];
  const scheme = SCHEMES[given];
  const number = Number(port ?? DEFAULT_PORTS[scheme ?? 'mqtt']);
  if (host !== '' && scheme !== undefined && number > 0 && number < 65_536) return `${scheme}://${host}:${number}`;
  // It may hold a password, so it is not repeated.
  throw new KedgeError('INVALID_INPUT', 'the URL of the MQTT broker is not mqtt://HOST:PORT or mqtts://HOST:PORT', {
    hint: text.includes('@') ? 'user name and password are given apart from the URL' : 'for example mqtts://broker.example:8883',
  });
}

/** The broker with the whole paths of its files. */
export function withPaths(dir: string, broker: ExternalBroker): ExternalBroker {
  const files = (['caFile', 'certFile', 'keyFile', 'passwordFile'] as const).flatMap((key) => {
    const file = broker[key];
    return file === undefined ? [] : [[key, resolve(dir, file)] as const];
  });
  return { ...broker, ...Object.fromEntries(files) };
}

/**
 * The broker with what its files hold.
 * @param dir what the names of its files are relative to
 * @throws KedgeError INVALID_INPUT when a file cannot be read
 */
export async function readEndpoint(dir: string, broker: ExternalBroker): Promise<BrokerEndpoint> {
  const { caFile, certFile, keyFile, passwordFile } = withPaths(dir, broker);
  const read = async (file: string | undefined): Promise<string | undefined> => (file === undefined ? undefined : readText(file));
  const [ca, cert, key, secret] = await Promise.all([caFile, certFile, keyFile, passwordFile].map(read));
  const password = secret?.split(/\r?\n/, 1)[0];
  return {
    url: broker.url,
    ...(ca !== undefined && { ca }),
    ...(cert !== undefined && { cert }),
    ...(key !== undefined && { key }),
    ...(broker.username !== undefined && { username: broker.username }),
    ...(password !== undefined && { password }),
  };
}

async function readText(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    throw new KedgeError('INVALID_INPUT', `a file for the external MQTT broker cannot be read: ${messageOf(error)}`, { cause: error });
  }
}

const url = v.pipe(
  v.string(),
  v.check(isBrokerUrl, 'is not mqtt://HOST:PORT or mqtts://HOST:PORT (tcp and ssl mean the same)'),
  v.transform(brokerUrl),
);
const file = v.exactOptional(v.pipe(v.string(), v.nonEmpty('is empty')));

export const externalBroker = v.pipe(
  v.strictObject({
    url,
    caFile: file,
    certFile: file,
    keyFile: file,
    username: v.exactOptional(v.pipe(v.string(), v.nonEmpty('is empty'))),
    passwordFile: file,
  }),
  v.check(({ certFile, keyFile }) => (certFile === undefined) === (keyFile === undefined), 'names only one of certFile and keyFile'),
  v.check(({ passwordFile, username }) => passwordFile === undefined || username !== undefined, 'names a passwordFile without a username'),
  v.check((broker) => broker.url.startsWith('mqtts:') || !hasTls(broker), 'names certificates, but the url is not mqtts://'),
) satisfies v.GenericSchema<unknown, ExternalBroker>;

/** @throws KedgeError INVALID_INPUT when the parts do not fit together */
export function checkExternalBroker(value: ExternalBroker): ExternalBroker {
  const result = v.safeParse(externalBroker, value);
  if (result.success) return result.output;
  throw new KedgeError('INVALID_INPUT', `what is given of the MQTT broker ${result.issues[0].message}`);
}

function hasTls({ caFile, certFile }: ExternalBroker): boolean {
  return caFile !== undefined || certFile !== undefined;
}

function isBrokerUrl(text: string): boolean {
  try {
    return brokerUrl(text) !== '';
  } catch {
    return false;
  }
}

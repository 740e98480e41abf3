import { isIP } from 'node:net';
import { isAbsolute } from 'node:path';
import * as v from 'valibot';
import { messageOf } from '../kernel/errors.ts';
import { MAX_SOCKET_PATH_BYTES } from '../kernel/listen-unix.ts';
import { isQuic, NO_QUIC } from '../protocol/host-port.ts';
import { parseProxy } from '../protocol/proxy.ts';

/** A TCP port; 0 picks a free one. */
export const port = v.pipe(v.number(), v.integer('is not a whole number'), v.minValue(0), v.maxValue(65_535, 'is larger than 65535'));

/** A whole number from `min` on. */
export const wholeNumber = (min: number, max = Number.MAX_SAFE_INTEGER): v.GenericSchema<number> =>
  v.pipe(
    v.number(),
    v.integer('is not a whole number'),
    v.minValue(min, `is smaller than ${min}`),
    v.maxValue(max, `is larger than ${max}`),
  );

/** A number of days, at most a hundred years; fractions are possible. */
export const days = (min: number): v.GenericSchema<number> =>
  v.pipe(v.number(), v.finite('is not finite'), v.minValue(min, `is smaller than ${min}`), v.maxValue(36_500, 'is larger than 36500'));

/** A number of seconds from 0 to a day; fractions are possible. */
export const seconds = v.pipe(v.number(), v.minValue(0, 'is smaller than 0'), v.maxValue(86_400, 'is larger than 86400'));

/** An absolute path at which a Unix socket can be. */
export const socketPath = v.pipe(
  v.string(),
  v.check((path) => isAbsolute(path) && !path.includes('\0'), 'is not an absolute path'),
  v.check(
    (path) => Buffer.byteLength(path) <= MAX_SOCKET_PATH_BYTES,
    `is longer than ${MAX_SOCKET_PATH_BYTES} bytes, and cannot be a socket`,
  ),
);

/** An IP address or host name, without a port. */
export const host = v.pipe(v.string(), v.regex(/^[A-Za-z0-9._:-]{1,253}$/, 'is neither an IP address nor a host name'));

/** A key of KubeEdge's configuration that may say no more than that QUIC is off. */
export const noQuic = v.exactOptional(
  v.pipe(
    v.unknown(),
    v.check((value) => typeof value === 'object' && value !== null && 'enable' in value && value.enable === false, NO_QUIC),
  ),
);

/** An IPv4 or IPv6 network of at least eight addresses: `10.96.0.0/16`. */
export const network = v.pipe(
  v.string(),
  v.check((text) => {
    const [address = '', prefix = '', ...more] = text.split('/');
    const bits = isIP(address) === 6 ? 128 : 32;
    return isIP(address) !== 0 && more.length === 0 && /^\d{1,3}$/.test(prefix) && Number(prefix) <= bits - 3;
  }, 'is not a network such as 10.96.0.0/16'),
);

/** `host:port`. */
export const hostPort = v.pipe(
  v.string(),
  v.check((text) => !isQuic(text), NO_QUIC),
  v.regex(/^(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._-]{1,253}):\d{1,5}$/, 'is not HOST:PORT'),
);

/** What `parseProxy` reads. */
export const proxyUrl = v.pipe(
  v.string(),
  v.rawCheck(({ dataset, addIssue }) => {
    try {
      if (dataset.typed) parseProxy(dataset.value);
    } catch (error) {
      addIssue({ message: messageOf(error) });
    }
  }),
);

export const listener = (address: string, defaultPort: number) =>
  v.optional(v.strictObject({ address: v.optional(host, address), port: v.optional(port, defaultPort) }), {});

/** What a daemon logs, and how much of it is kept on disk. */
export interface LogConfig {
  readonly level: 'debug' | 'info' | 'warn' | 'error';
  /** The log file is set aside when it has grown beyond this. */
  readonly maxBytes: number;
  /** Log files set aside that are kept, `log.1` the newest. */
  readonly keep: number;
}

export const log = v.optional(
  v.strictObject({
    level: v.optional(v.picklist(['debug', 'info', 'warn', 'error']), 'info'),
    maxBytes: v.optional(wholeNumber(64 * 1024), 10 * 1024 * 1024),
    keep: v.optional(wholeNumber(1, 100), 3),
  }),
  {},
);

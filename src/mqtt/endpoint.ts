import { isIP } from 'node:net';
import type { IClientOptions } from 'mqtt';
import { KedgeError, messageOf, systemCode } from '../kernel/errors.ts';
import { networkReason } from '../kernel/network-error.ts';
import type { BrokerEndpoint } from '../protocol/broker-endpoint.ts';

/** What the mqtt library wants to be told of a broker. TLS is verified, always. */
export function connectionOptions({ url, ...identity }: BrokerEndpoint): IClientOptions {
  const { protocol, hostname, port } = new URL(url);
  const host = hostname.replace(/^\[|\]$/g, '');
  const tls = protocol === 'mqtts:' ? { rejectUnauthorized: true, minVersion: 'TLSv1.2' as const } : {};
  return {
    ...identity,
    ...tls,
    ...(isIP(host) === 0 && { servername: host }),
    protocol: protocol === 'mqtts:' ? 'mqtts' : 'mqtt',
    host,
    port: Number(port),
  };
}

/** A failed connection in words for people. */
export function connectError(url: string, error: unknown): KedgeError {
  const { code, why, hint } = explain(error);
  return new KedgeError(code, `cannot connect to the MQTT broker at ${url}: ${why}`, { hint, cause: error });
}

interface Explanation {
  readonly code: 'AUTH' | 'CERTIFICATE' | 'TIMEOUT' | 'UNREACHABLE';
  readonly why: string;
  readonly hint: string;
}

const CHECK_URL = 'check that the broker runs and that host and port are right; kedge mqtt status shows those of this edge';

function explain(error: unknown): Explanation {
  const code = systemCode(error) ?? '';
  const text = messageOf(error);
  const why = networkReason(error) || 'no reason given';
  if (/not authorized|bad user ?name|banned/i.test(text)) return { code: 'AUTH', why, hint: 'check user name, password and certificate' };
  if (/CERTIFICATE_REQUIRED|HANDSHAKE_FAILURE|ALERT/.test(code))
    return {
      code: 'CERTIFICATE',
      why: `it refuses our certificate, or wants one (${code})`,
      hint: 'give a client certificate that it trusts',
    };
  if (/^ERR_OSSL/.test(code))
    return {
      code: 'CERTIFICATE',
      why: `certificate and key are no PEM, or no pair (${code})`,
      hint: 'give PEM files that belong together',
    };
  if (/^ERR_SSL|EPROTO/.test(code))
    return { code: 'CERTIFICATE', why: `it does not speak TLS (${code})`, hint: 'is it mqtt:// without TLS?' };
  if (/^(CERT_|SELF_SIGNED|DEPTH_ZERO|UNABLE_TO|ERR_TLS|HOSTNAME)/.test(code))
    return { code: 'CERTIFICATE', why, hint: 'give the CA of the broker, and the host name that its certificate is for' };
  const late = /connack timeout/i.test(text) || code === 'ETIMEDOUT';
  return { code: late ? 'TIMEOUT' : 'UNREACHABLE', why: late ? 'no answer in time' : why, hint: CHECK_URL };
}

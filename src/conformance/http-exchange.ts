import https from 'node:https';
import type { IncomingMessage } from 'node:http';
import { parseCsr } from '../pki/csr.ts';
import { certificateInfo, hasUsage } from '../pki/certificate-info.ts';

const MAX_BODY_BYTES = 1024 * 1024;
const TIMEOUT_MS = 15_000;

export interface HttpRequest {
  readonly host: string;
  readonly port: number;
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
  /** PEM; absent: the server is not verified yet. */
  readonly ca?: string;
}

export interface HttpAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

/** One request over a connection of its own. Rejects when there is no answer. */
export async function sendHttp({ ca, body, headers, ...request }: HttpRequest): Promise<HttpAnswer> {
  const trust = ca === undefined ? { rejectUnauthorized: false } : { ca };
  const length = body.length > 0 ? { 'content-length': String(body.length) } : {};
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    const options = { ...request, ...trust, agent: false, headers: { ...headers, ...length }, signal: AbortSignal.timeout(TIMEOUT_MS) };
    https.request(options, resolve).on('error', reject).end(body);
  });
  const own = Object.entries(response.headers).map(([name, value]) => [name, String(value)] as const);
  return { status: response.statusCode ?? 0, headers: Object.fromEntries(own), body: await readBody(response) };
}

/** @throws Error when it is larger than 1 MiB */
export async function readBody(message: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of message as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > MAX_BODY_BYTES) throw new Error(`a body is larger than ${MAX_BODY_BYTES} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

/** An answer as it is compared: of a certificate what it says. */
export function describeAnswer({ status, headers, body }: HttpAnswer): unknown {
  const told = { status, contentType: headers['content-type'], allow: headers['allow'] };
  return {
    ...told,
    ...(headers['content-type'] === 'application/octet-stream'
      ? { certificate: describeCertificate(body) }
      : { text: body.toString('utf8') }),
  };
}

function describeCertificate(der: Buffer): unknown {
  try {
    const { commonName, organizations, dnsNames, ipAddresses, serial, notBefore, notAfter } = certificateInfo(der);
    const days = Math.round((notAfter.getTime() - notBefore.getTime()) / 86_400_000);
    const usages = (['clientAuth', 'serverAuth'] as const).filter((usage) => hasUsage(der, usage));
    return {
      commonName,
      organizations,
      dnsNames,
      ipAddresses,
      days,
      usages,
      serial,
      notBefore: notBefore.toISOString(),
      notAfter: notAfter.toISOString(),
    };
  } catch {
    return 'not a certificate';
  }
}

/** A question as it is compared: of a certificate request who it is for, of the token that there is one. */
export function describeRequest({ method, path, headers, body }: Pick<HttpRequest, 'method' | 'path' | 'headers' | 'body'>): unknown {
  const { authorization = '' } = headers;
  const shown = /^Bearer [\w-]+\.[\w-]+\.[\w-]+$/.test(authorization) ? 'Bearer JWT' : authorization;
  return { method, path, nodeName: headers['nodename'], authorization: shown, subject: body.length === 0 ? undefined : subjectOf(body) };
}

function subjectOf(csr: Buffer): unknown {
  try {
    const { commonName, organizations, dnsNames, ipAddresses } = parseCsr(csr);
    return { commonName, organizations, dnsNames, ipAddresses };
  } catch {
    return 'not a certificate request';
  }
}

import https from 'node:https';
import type { IncomingHttpHeaders } from 'node:http';

export interface HttpsAnswer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

export interface HttpsQuestion {
  readonly method?: string;
  readonly headers?: Record<string, string>;
  readonly body?: string | Buffer;
  /** Sends the body in chunks of unannounced length. */
  readonly chunked?: boolean;
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
}

/** One HTTPS request on a connection of its own; a GET may have a body. Without `ca` the server is not verified. */
export function httpsRequest(
  url: string,
  { method = 'GET', headers, body, chunked = false, ca, ...pair }: HttpsQuestion = {},
): Promise<HttpsAnswer> {
  return new Promise((resolve, reject) => {
    const length = body === undefined ? {} : chunked ? { 'Transfer-Encoding': 'chunked' } : { 'Content-Length': Buffer.byteLength(body) };
    const options = { ...pair, ...(ca === undefined ? { rejectUnauthorized: false } : { ca }), method, agent: false as const };
    const request = https.request(url, { ...options, headers: { ...headers, ...length } }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('end', () => resolve({ status: response.statusCode ?? 0, headers: response.headers, body: Buffer.concat(chunks) }));
      response.on('error', reject);
    });
    request.on('error', reject);
    request.end(body);
  });
}

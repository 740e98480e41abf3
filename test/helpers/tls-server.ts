import https from 'node:https';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { createCa, issueKeyPair } from '../../src/pki/certificate.ts';
import { PROFILES } from '../../src/pki/profiles.ts';
import type { Credentials } from '../../src/kube/credentials.ts';

export interface TlsServer {
  readonly credentials: Credentials;
  /** Every connection ever made. */
  readonly sockets: Socket[];
  /** `METHOD url` of every request. */
  readonly requests: string[];
  handle: (request: IncomingMessage, response: ServerResponse) => void;
  stop(): Promise<void>;
}

/** A node:https server whose behaviour the test writes: for playing an API server that misbehaves. */
export async function startTlsServer(port = 0, pair = tlsPair()): Promise<TlsServer> {
  const sockets: Socket[] = [];
  const requests: string[] = [];
  const server = https.createServer({ key: pair.keyPem, cert: pair.certPem }, (request, response) => {
    requests.push(`${request.method ?? ''} ${request.url ?? ''}`);
    self.handle(request, response);
  });
  server.on('secureConnection', (socket) => sockets.push(socket));
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  const self: TlsServer = {
    credentials: { server: `https://127.0.0.1:${(server.address() as AddressInfo).port}`, ca: pair.caPem },
    sockets,
    requests,
    handle: (_, response) => void response.writeHead(500).end(),
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
  return self;
}

/** A CA and a certificate of it for 127.0.0.1. */
export function tlsPair(): { caPem: string; certPem: string; keyPem: string } {
  const ca = createCa(PROFILES.kubernetesCa);
  const leaf = issueKeyPair({ ca, profile: PROFILES.apiserver, sans: { dnsNames: ['localhost'], ipAddresses: ['127.0.0.1'] } });
  return { caPem: ca.certPem, ...leaf };
}

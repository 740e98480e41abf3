import { fork } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { WebSocket, WebSocketServer } from 'ws';
import { createCa, issueKeyPair } from '../../src/pki/certificate.ts';
import { PROFILES } from '../../src/pki/profiles.ts';
import { residentMegabytes } from './processes.ts';

/** What a process that serves nothing but so many open websockets has more than without them, for each, KB. */
export async function bareWebsocketKilobytes(count: number): Promise<number> {
  const child = fork(fileURLToPath(import.meta.url), ['serve'], { execArgv: ['--import', 'tsx', '--expose-gc'] });
  try {
    const [{ port, ca, cert, key }] = (await once(child, 'message')) as [{ port: number; ca: string; cert: string; key: string }];
    const before = residentMegabytes(child.pid ?? 0);
    const sockets: WebSocket[] = [];
    for (let index = 0; index < count; index += 1) {
      const socket = new WebSocket(`wss://127.0.0.1:${port}`, { ca, cert, key, perMessageDeflate: false });
      await once(socket, 'open');
      sockets.push(socket);
    }
    const kilobytes = ((residentMegabytes(child.pid ?? 0) - before) * 1000) / count;
    for (const socket of sockets) socket.terminate();
    return Math.max(1, kilobytes);
  } finally {
    child.disconnect();
  }
}

function serve(): void {
  const ca = createCa(PROFILES.ca);
  const server = issueKeyPair({ ca, profile: PROFILES.cloudServer, sans: { dnsNames: [], ipAddresses: ['127.0.0.1'] } });
  const client = issueKeyPair({ ca, profile: PROFILES.admin, subject: { commonName: 'client', organizations: [] } });
  const https = createServer({ ca: ca.certPem, cert: server.certPem, key: server.keyPem, requestCert: true });
  new WebSocketServer({ server: https, perMessageDeflate: false });
  https.listen(0, '127.0.0.1', () => {
    process.send?.({ port: (https.address() as AddressInfo).port, ca: ca.certPem, cert: client.certPem, key: client.keyPem });
  });
  process.once('disconnect', () => process.exit(0));
}

if (process.argv[2] === 'serve') serve();

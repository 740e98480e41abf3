import { createServer } from 'node:https';
import type { Server } from 'node:https';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { CommandScope } from '../client/command-scope.ts';
import { cloudConfig } from '../config/cloud-config.ts';
import { systemClock } from '../kernel/clock.ts';
import { listen } from '../kernel/listen.ts';
import type { Listener } from '../kernel/listen.ts';
import { silentLogger } from '../kernel/log.ts';
import { serveHub } from '../link/hub-server.ts';
import type { HubPeer, HubSocket } from '../link/hub-server.ts';
import { createCa, issueCertificate, issueKeyPair } from '../pki/certificate.ts';
import { parseCsr } from '../pki/csr.ts';
import type { KeyPair } from '../pki/key-pair.ts';
import { altNamesOf } from '../pki/names.ts';
import { pemToDer } from '../pki/pem.ts';
import { PROFILES } from '../pki/profiles.ts';
import { createToken } from '../pki/token.ts';
import { readBody } from './http-exchange.ts';

const TOKEN_LIFE_MS = 3600 * 1000;
const MAX_MESSAGE_BYTES = 8 * 1024 * 1024;

/** What an edge asked at the enrolment port. */
export interface EnrolmentRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

export interface HubHostDeps {
  readonly signal: AbortSignal;
  readonly onText: (text: string) => void;
  /** Before anything of a new connection is heard. */
  readonly onPeer: () => void;
  /** Whenever somebody connects, disconnects or asks something. */
  readonly onChange: () => void;
}

/** The kit as a KubeEdge cloud: a CA of its own, the enrolment port, and the hub's websocket, which can go away and come back. */
export class HubHost {
  readonly host: string;
  readonly requests: EnrolmentRequest[] = [];
  readonly peers: HubPeer[] = [];
  readonly token: string;
  readonly #deps: HubHostDeps;
  readonly #ca: KeyPair;
  readonly #server: KeyPair;
  #https: Server | undefined;
  #httpsPort: number;
  #hub: { readonly scope: CommandScope } | undefined;
  #hubPort = 0;
  #socket: HubSocket | undefined;

  private constructor({ address, port }: Listener, deps: HubHostDeps, { ca, token }: { ca: KeyPair; token: string }) {
    this.host = address;
    this.#httpsPort = port;
    this.#deps = deps;
    this.#ca = ca;
    this.token = token;
    this.#server = issueKeyPair({ ca, profile: PROFILES.cloudServer, sans: altNamesOf([address]) });
  }

  /** At an address that the edge reaches; port 0 of the enrolment port for any free one. @throws KedgeError PORT_IN_USE, INVALID_INPUT */
  static async start(where: Listener, deps: HubHostDeps): Promise<HubHost> {
    const ca = createCa(PROFILES.ca);
    const expiresAt = new Date(Date.now() + TOKEN_LIFE_MS);
    const token = await createToken({ caCertDer: pemToDer(ca.certPem), caKeyDer: pemToDer(ca.keyPem), expiresAt });
    const host = new HubHost(where, deps, { ca, token });
    await host.#serveEnrolment();
    await host.openHub();
    return host;
  }

  get httpsPort(): number {
    return this.#httpsPort;
  }

  get websocketPort(): number {
    return this.#hubPort;
  }

  get isConnected(): boolean {
    return this.#socket !== undefined;
  }

  send(text: string): void {
    this.#socket?.send(text);
  }

  /** Ends the session; the edge may come back at once. */
  disconnect(): void {
    const socket = this.#socket;
    this.#socket = undefined;
    socket?.close('the Node was deleted');
  }

  async openHub(): Promise<void> {
    if (this.#hub !== undefined) return;
    const { certPem: cert, keyPem: key } = this.#server;
    const scope = new CommandScope(this.#deps.signal);
    const { port } = await serveHub(scope, {
      address: this.host,
      port: this.#hubPort,
      tls: { ca: this.#ca.certPem, cert, key },
      maxMessageBytes: MAX_MESSAGE_BYTES,
      limits: cloudConfig({}).limits,
      clock: systemClock,
      window: 1,
      authorise: () => Promise.resolve(undefined),
      onConnection: (peer, socket) => this.#accept(peer, socket),
    });
    this.#hubPort = port;
    this.#hub = { scope };
  }

  async closeHub(): Promise<void> {
    const hub = this.#hub;
    this.#hub = undefined;
    this.#socket = undefined;
    await hub?.scope.end();
  }

  async close(): Promise<void> {
    await this.closeHub();
    const server = this.#https;
    server?.closeAllConnections();
    await new Promise((resolve) => (server === undefined ? resolve(undefined) : server.close(resolve)));
  }

  #accept(peer: HubPeer, socket: HubSocket): void {
    this.#socket = socket;
    this.peers.push(peer);
    this.#deps.onPeer();
    socket.onText = this.#deps.onText;
    socket.onClose = () => {
      if (this.#socket === socket) this.#socket = undefined;
      this.#deps.onChange();
    };
    this.#deps.onChange();
  }

  async #serveEnrolment(): Promise<void> {
    const { certPem: cert, keyPem: key } = this.#server;
    const server = createServer({ cert, key, minVersion: 'TLSv1.2' }, (request, response) => {
      void this.#answer(request, response).catch(() => response.destroy());
    });
    this.#httpsPort = await listen(server, { address: this.host, port: this.#httpsPort }, 'enrolment', silentLogger);
    this.#https = server;
  }

  /** As KubeEdge answers what is in order; what is not would not be recorded. */
  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { method = '', url: path = '' } = request;
    const headers = Object.fromEntries(Object.entries(request.headers).map(([name, value]) => [name, String(value)]));
    const body = await readBody(request);
    this.requests.push({ method, path, headers, body });
    this.#deps.onChange();
    const der = path === '/ca.crt' ? pemToDer(this.#ca.certPem) : path === '/edge.crt' ? this.#sign(body) : undefined;
    // The port is kedge's own word; KubeEdge's edges know theirs.
    const type = der === undefined ? 'text/plain' : 'application/octet-stream';
    response.writeHead(der === undefined ? 404 : 200, { 'content-type': type, 'kedge-websocket-port': String(this.#hubPort) });
    response.end(der);
  }

  #sign(csr: Buffer): Buffer {
    const { commonName, organizations, publicKey } = parseCsr(csr);
    return pemToDer(issueCertificate({ ca: this.#ca, profile: PROFILES.edgeClient, subject: { commonName, organizations }, publicKey }));
  }
}

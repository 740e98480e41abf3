import { X509Certificate } from 'node:crypto';
import https from 'node:https';
import type { IncomingMessage } from 'node:http';
import type { PeerCertificate } from 'node:tls';
import { KedgeError, systemCode } from '../../../kernel/errors.ts';
import { networkReason } from '../../../kernel/network-error.ts';
import { derToPem } from '../../../pki/pem.ts';
import { caHash } from '../../../pki/join-token.ts';
import type { JoinToken } from '../../../pki/join-token.ts';
import type { KeyPair } from '../../../pki/key-pair.ts';
import { tlsConnection } from '../../../link/tls-connection.ts';
import { hostPort } from '../../../protocol/host-port.ts';
import type { ProxySettings } from '../../../protocol/proxy.ts';

const MAX_ANSWER_BYTES = 64 * 1024;
const TIMEOUT_MS = 15_000;
const CHECK_ADDRESS = 'check the address and port (10002 unless changed), firewalls, and on the cloud: kedge status';
const ASK_FOR_TOKEN = 'run `kedge token create` on the cloud (`keadm gettoken` on one of KubeEdge) and join with the new token';

/** What the cloud answered, and where it says its websocket is; KubeEdge's own cloud says nothing about that. */
export interface CloudAnswer {
  readonly body: Buffer;
  readonly websocketPort: number | undefined;
}

interface Question {
  readonly path: string;
  readonly headers?: Record<string, string>;
  readonly body?: Buffer;
  /** Pins the server; absent: nothing is verified yet. */
  readonly caPem?: string;
  /** Identifies the edge. */
  readonly pair?: KeyPair;
}

/** An edge's view of CloudHub's HTTPS server (KubeEdge's port 10002). */
export class EnrolmentClient {
  readonly #host: string;
  readonly #port: number;
  readonly #via: ProxySettings;
  readonly #signal: AbortSignal | undefined;

  /** @param signal ends a question early */
  constructor({ host, port }: { host: string; port: number }, via: ProxySettings = {}, signal?: AbortSignal) {
    this.#host = host;
    this.#port = port;
    this.#via = via;
    this.#signal = signal;
  }

  /**
   * Fetches the cloud's CA from a server that is not trusted yet; the hash in the token is what makes it trusted.
   * @throws KedgeError AUTH when it is not the CA of the token, INVALID_INPUT when no CloudHub is there, UNREACHABLE
   */
  async fetchCa(token: JoinToken): Promise<string> {
    const { statusCode, body } = await this.#exchange({ path: '/ca.crt' });
    if (statusCode !== 200 || !isCertificate(body)) throw this.#notCloudHub();
    if (caHash(body) !== token.caHash) {
      throw new KedgeError('AUTH', `the token was made by another cloud than the one at ${this.#where}`, {
        hint: `check --cloud, or ${ASK_FOR_TOKEN}`,
      });
    }
    return derToPem(body, 'CERTIFICATE');
  }

  /** Where the cloud says that its websocket is; undefined when it does not say, or does not answer. */
  async websocketPort(caPem: string): Promise<number | undefined> {
    return this.#ask({ path: '/ca.crt', caPem }).then(
      (answer) => answer.websocketPort,
      () => undefined,
    );
  }

  /**
   * Asks for the edge's certificate. KubeEdge's GET has the request as its body.
   * @returns the certificate's DER
   * @throws KedgeError AUTH, CONFLICT, CERTIFICATE or UNREACHABLE
   */
  requestCertificate(nodeName: string, jwt: string, csr: Buffer, caPem: string): Promise<CloudAnswer> {
    const headers = { Authorization: `Bearer ${jwt}`, NodeName: nodeName };
    return this.#ask({ path: '/edge.crt', headers, body: csr, caPem });
  }

  /**
   * Asks for a new certificate for a node by the one that it has; the TLS handshake proves that the key is there.
   * @returns the certificate's DER
   * @throws KedgeError AUTH, CERTIFICATE or UNREACHABLE
   */
  async renewCertificate(nodeName: string, csr: Buffer, { caPem, pair }: { caPem: string; pair: KeyPair }): Promise<Buffer> {
    return (await this.#ask({ path: '/edge.crt', headers: { NodeName: nodeName }, body: csr, caPem, pair })).body;
  }

  /** False when the cloud no longer takes this certificate for the node: somebody else has taken the name over. Changes nothing. */
  async accepts(pair: KeyPair, nodeName: string, caPem: string): Promise<boolean> {
    // A renewal without a request: the cloud looks at the certificate first, and only then at what is missing.
    return this.#ask({ path: '/edge.crt', headers: { NodeName: nodeName }, caPem, pair }).then(
      () => true,
      (error: unknown) => !(error instanceof KedgeError && error.code === 'AUTH'),
    );
  }

  get #joinAgain(): string {
    return `join again: kedge join edge --cloud ${this.#where} --token TOKEN, with a token of kedge token create on the cloud`;
  }

  get #where(): string {
    return hostPort(this.#host, this.#port);
  }

  async #ask(question: Question): Promise<CloudAnswer> {
    const { statusCode, headers, body } = await this.#exchange(question);
    if (statusCode !== 200) throw this.#refusal(statusCode, body.toString('utf8').trim(), question);
    const port = Number(headers['kedge-websocket-port']);
    return { body, websocketPort: Number.isInteger(port) && port > 0 && port <= 65_535 ? port : undefined };
  }

  async #exchange(question: Question): Promise<{ statusCode: number; headers: IncomingMessage['headers']; body: Buffer }> {
    try {
      const response = await this.#send(question);
      return { statusCode: response.statusCode ?? 0, headers: response.headers, body: await readAll(response) };
    } catch (error) {
      throw this.#explain(error);
    }
  }

  #send({ path, headers, body, caPem, pair }: Question): Promise<IncomingMessage> {
    const trust = caPem === undefined ? { rejectUnauthorized: false } : { ca: caPem };
    const identity = pair === undefined ? {} : { cert: pair.certPem, key: pair.keyPem };
    const length = body === undefined ? {} : { 'Content-Length': String(body.length) };
    return new Promise((resolve, reject) => {
      const timeout = AbortSignal.timeout(TIMEOUT_MS);
      const signal = this.#signal === undefined ? timeout : AbortSignal.any([this.#signal, timeout]);
      const options = {
        ...trust,
        ...identity,
        host: this.#host,
        port: this.#port,
        path,
        minVersion: 'TLSv1.2' as const,
        ALPNProtocols: ['http/1.1'],
        createConnection: tlsConnection(this.#via, { signal }),
        signal,
      };
      const request = https.request({ ...options, headers: { ...headers, ...length } }, resolve);
      request.on('error', reject);
      request.end(body);
    });
  }

  #refusal(status: number, text: string, { pair }: Question): KedgeError {
    const said = text.slice(0, 500);
    if (status === 401 && pair !== undefined) {
      return new KedgeError('AUTH', `the cloud refused the certificate of this edge: ${said}`, { hint: this.#joinAgain });
    }
    // KubeEdge's cloud up to 1.14 answers a token that it cannot verify with 400.
    if (status === 401 || (status === 400 && said === 'Invalid authorization token')) {
      return new KedgeError('AUTH', `the cloud refused the token: ${said}`, { hint: ASK_FOR_TOKEN });
    }
    if (status === 403) return new KedgeError('AUTH', `the cloud refused this edge: ${said}`);
    if (status === 409) {
      const [message = said, hint] = said.split('; ');
      return new KedgeError('CONFLICT', message, { hint });
    }
    if (status === 400 || status === 413) return new KedgeError('CERTIFICATE', `the cloud refused the certificate request: ${said}`);
    return new KedgeError('UNREACHABLE', `the cloud at ${this.#where} answered with status ${status}: ${said}`, {
      hint: 'look into the log of the cloud, then run the same command again',
    });
  }

  #notCloudHub(cause?: unknown): KedgeError {
    return new KedgeError(
      'INVALID_INPUT',
      `${this.#where} does not speak KubeEdge's enrolment (port 10002 of the cloud does, if it was not changed)`,
      { hint: 'correct --cloud; on the cloud, kedge status tells the ports', cause },
    );
  }

  #explain(error: unknown): KedgeError {
    const code = systemCode(error) ?? '';
    // Another protocol, or a TLS server with other rules such as CloudHub's websocket.
    if (/^(ERR_SSL_|EPROTO|HPE_)/.test(code)) return this.#notCloudHub(error);
    if (code === 'ERR_TLS_CERT_ALTNAME_INVALID') {
      const names = (error as { cert?: PeerCertificate }).cert?.subjectaltname ?? 'none';
      return new KedgeError(
        'CERTIFICATE',
        `the cloud's certificate is not for ${this.#host}; it is for ${names.replaceAll('IP Address:', 'IP:')}`,
        {
          hint: `use one of these names, or run on the cloud: kedge init cloud --advertise-address ${this.#host},…`,
          cause: error,
        },
      );
    }
    if (/CERT|SELF_SIGNED|UNABLE_TO/.test(code)) {
      return new KedgeError(
        'CERTIFICATE',
        `the server at ${this.#where} does not have a certificate of the token's cloud: ${networkReason(error)}`,
        {
          cause: error,
        },
      );
    }
    const timedOut = error instanceof Error && ['AbortError', 'TimeoutError'].includes(error.name);
    const why = timedOut ? `no answer within ${TIMEOUT_MS / 1000} s` : networkReason(error);
    return new KedgeError('UNREACHABLE', `no cloud answers at ${this.#where}: ${why}`, {
      hint: (error instanceof KedgeError ? error.hint : undefined) ?? CHECK_ADDRESS,
      cause: error,
    });
  }
}

function isCertificate(der: Buffer): boolean {
  try {
    return new X509Certificate(der).subject !== '';
  } catch {
    return false;
  }
}

async function readAll(response: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > MAX_ANSWER_BYTES) throw new Error(`the answer is larger than ${MAX_ANSWER_BYTES} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

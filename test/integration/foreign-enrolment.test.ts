import { expect } from 'chai';
import { X509Certificate } from 'node:crypto';
import { EnrolmentClient } from '../../src/daemons/edge/edgehub/enrolment-client.ts';
import type { KedgeError } from '../../src/kernel/errors.ts';
import { createCsr } from '../../src/pki/csr.ts';
import { caHash } from '../../src/pki/join-token.ts';
import { createKeyPem } from '../../src/pki/key-pair.ts';
import { pemToDer } from '../../src/pki/pem.ts';
import { startTlsServer, tlsPair } from '../helpers/tls-server.ts';
import type { TlsServer } from '../helpers/tls-server.ts';

/** Cloudcore's HTTPS server as its recordings show it: bare DER, no header of kedge, 400 for a token that it cannot read (up to 1.14), else 401. */
describe("enrolment at KubeEdge's cloud", () => {
  const pair = tlsPair();
  const caDer = pemToDer(pair.caPem);
  let cloud: TlsServer;
  let client: EnrolmentClient;
  let asked: { headers: Record<string, unknown>; body: Buffer }[];
  let refusal: number | undefined;

  beforeEach(async () => {
    asked = [];
    refusal = undefined;
    cloud = await startTlsServer(0, pair);
    client = new EnrolmentClient({ host: '127.0.0.1', port: Number(new URL(cloud.credentials.server).port) });
    cloud.handle = (request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        response.setHeader('Content-Type', 'application/octet-stream');
        if (request.url === '/ca.crt') response.end(caDer);
        else if (request.url !== '/edge.crt') response.writeHead(404).end('404: Page Not Found');
        else if (refusal !== undefined) response.writeHead(refusal).end('Invalid authorization token');
        else {
          asked.push({ headers: request.headers, body: Buffer.concat(chunks) });
          response.end(pemToDer(pair.certPem));
        }
      });
    };
  });
  afterEach(() => cloud.stop());
  const request = (): Promise<Buffer> => {
    const csr = createCsr({ keyPem: createKeyPem(), subject: { commonName: 'system:node:edge1', organizations: ['system:nodes'] } });
    return client.requestCertificate('edge1', 'header.payload.signature', csr, pair.caPem).then(({ body }) => body);
  };

  it("takes the CA by the token's hash, and the certificate by the request that edgecore sends", async () => {
    const token = { caHash: caHash(caDer), jwt: 'header.payload.signature' };
    expect(pemToDer(await client.fetchCa(token))).to.deep.equal(caDer);
    expect(await client.websocketPort(pair.caPem)).to.equal(undefined);
    expect(new X509Certificate(await request()).issuer).to.equal(new X509Certificate(pair.certPem).issuer);
    const [{ headers, body } = { headers: {}, body: Buffer.of() }] = asked;
    expect(headers).to.include({
      authorization: 'Bearer header.payload.signature',
      nodename: 'edge1',
      'content-length': String(body.length),
    });
    expect(headers).to.not.have.property('transfer-encoding');
    // A PKCS #10 request in DER.
    expect(body.subarray(0, 1).toString('hex')).to.equal('30');
  });

  for (const status of [400, 401]) {
    it(`tells that the token is refused, with ${status}, and where a new one comes from`, async () => {
      refusal = status;
      const error = await request().then(
        () => undefined,
        (failure: unknown) => failure as KedgeError,
      );
      expect([error?.code, error?.message]).to.deep.equal(['AUTH', 'the cloud refused the token: Invalid authorization token']);
      expect(error?.hint).to.contain('keadm gettoken');
    });
  }
});

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { cloudConfig } from '../../src/config/cloud-config.ts';
import { Bootstrap } from '../../src/daemons/cloud/bootstrap/bootstrap.ts';
import { refreshTokenSecret } from '../../src/daemons/cloud/bootstrap/write-secrets.ts';
import { Enrolment } from '../../src/daemons/cloud/cloudhub/https/enrolment.ts';
import { EnrolmentServer } from '../../src/daemons/cloud/cloudhub/https/enrolment-server.ts';
import { NodeCertificateStore } from '../../src/daemons/cloud/cloudhub/https/node-certificate-store.ts';
import { TokenStore } from '../../src/daemons/cloud/cloudhub/https/token-store.ts';
import type { Clock } from '../../src/kernel/clock.ts';
import { systemClock } from '../../src/kernel/clock.ts';
import type { KubeClient } from '../../src/kube/client.ts';
import { createKubeClient } from '../../src/kube/http-client.ts';
import { loadCredentials } from '../../src/kube/kubeconfig.ts';
import { certificateInfo, isIssuedBy } from '../../src/pki/certificate-info.ts';
import { createCa, issueKeyPair } from '../../src/pki/certificate.ts';
import { createCsr } from '../../src/pki/csr.ts';
import { caHash, splitToken } from '../../src/pki/join-token.ts';
import { createKeyPem, keyPairToDer } from '../../src/pki/key-pair.ts';
import { altNamesOf } from '../../src/pki/names.ts';
import { derToPem } from '../../src/pki/pem.ts';
import { PROFILES } from '../../src/pki/profiles.ts';
import { createToken } from '../../src/pki/token.ts';
import { RESOURCES } from '../../src/protocol/kubernetes.ts';
import type { Node, Secret } from '../../src/protocol/kubernetes.ts';
import recorded from '../fixtures/kubeedge-certificates.json' with { type: 'json' };
import { startControlPlane } from '../helpers/control-plane.ts';
import { eventually } from '../helpers/eventually.ts';
import { httpsRequest } from '../helpers/https-request.ts';
import type { HttpsAnswer, HttpsQuestion } from '../helpers/https-request.ts';
import { ManualClock } from '../helpers/manual-clock.ts';
import { needs } from '../helpers/neighbour.ts';
import { startRealApiServer } from '../helpers/real-apiserver.ts';
import { testScope } from '../helpers/test-scope.ts';

const CRD = `apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: lamps.test.kedge.io}
spec:
  group: test.kedge.io
  scope: Namespaced
  names: {plural: lamps, singular: lamp, kind: Lamp, listKind: LampList}
  versions: [{name: v1, served: true, storage: true, schema: {openAPIV3Schema: {type: object, x-kubernetes-preserve-unknown-fields: true}}}]
`;

function suite(startApi: (context: Mocha.Context) => Promise<{ kubeconfigPath: string; stop: () => Promise<void> }>): void {
  let kube: KubeClient;
  let stop = (): Promise<void> => Promise.resolve();
  before(async function () {
    const api = await startApi(this);
    stop = () => api.stop();
    kube = createKubeClient(await loadCredentials(api.kubeconfigPath));
  });
  after(async () => {
    await stop();
  });

  const ca = createCa(PROFILES.ca);
  const serverPair = issueKeyPair({ ca, profile: PROFILES.cloudServer, sans: altNamesOf(['127.0.0.1']) });
  let scope: ReturnType<typeof testScope>;
  let skewMs = 0;
  const clock: Clock = { ...systemClock, now: () => Date.now() + skewMs };
  let tokens: TokenStore;
  let certificates: NodeCertificateStore;
  let url: string;
  let closedSessions: string[];
  let legacyEdges: boolean;
  let crdDir: string;

  beforeEach(async () => {
    scope = testScope();
    skewMs = 0;
    closedSessions = [];
    legacyEdges = false;
    crdDir = mkdtempSync(join(tmpdir(), 'kedge-crds-'));
    writeFileSync(join(crdDir, 'lamps.yaml'), CRD);
    await new Bootstrap({ kube, ca, server: () => serverPair, crdDir, clock }).start(scope);
    tokens = new TokenStore({ kube, ca, clock });
    certificates = new NodeCertificateStore({ kube, clock });
    const startAnew = (name: string): Promise<void> => {
      closedSessions.push(name);
      return Promise.resolve();
    };
    const enrolment = new Enrolment({
      kube,
      ca,
      certificateDays: 365,
      lateRenewalDays: 30,
      get legacyEdges() {
        return legacyEdges;
      },
      tokens,
      certificates,
      clock,
      startAnew,
    });
    const { limits } = cloudConfig({});
    const listen = { address: '127.0.0.1', port: 0 };
    const server = new EnrolmentServer({ listen, limits, ca, clock, server: () => serverPair, enrolment, websocketPort: () => 12345 });
    await server.start(scope);
    url = `https://127.0.0.1:${String(server.status().facts?.['port'])}`;
  });
  afterEach(async () => {
    await scope.end();
    rmSync(crdDir, { recursive: true });
  });

  let counter = 0;
  const freshName = (): string => `edge-${(counter += 1)}`;
  const csrFor = (nodeName: string, keyPem = createKeyPem()): Buffer =>
    createCsr({ keyPem, subject: { commonName: `system:node:${nodeName}`, organizations: ['system:nodes'] } });
  const ask = (question: HttpsQuestion): Promise<HttpsAnswer> => httpsRequest(`${url}/edge.crt`, { ca: ca.certPem, ...question });
  const enrol = (token: string, nodeName: string, csr = csrFor(nodeName)): Promise<HttpsAnswer> =>
    ask({ headers: { Authorization: `Bearer ${splitToken(token).jwt}`, NodeName: nodeName }, body: csr });
  const newToken = async (request: { uses?: number; ttlSeconds?: number; nodeName?: string } = {}): Promise<string> =>
    (await tokens.create({ ttlSeconds: 3600, uses: 0, ...request })).token;
  const secret = (name: string): Promise<Secret> => kube.get<Secret>(RESOURCES.secret, name, 'kubeedge');

  it('stores CA, server certificate and token as KubeEdge does, and keeps a token that is good', async () => {
    const der = keyPairToDer(ca);
    expect((await secret('casecret')).data).to.deep.equal({
      cadata: der.certDer.toString('base64'),
      cakeydata: der.keyDer.toString('base64'),
    });
    expect((await secret('cloudcoresecret')).data).to.have.keys('cloudcoredata', 'cloudcorekeydata');
    const before = await secret('tokensecret');
    await new Bootstrap({ kube, ca, server: () => serverPair, crdDir, clock }).start(scope);
    expect((await secret('tokensecret')).metadata.resourceVersion).to.equal(before.metadata.resourceVersion);
    const text = Buffer.from(before.data!['tokendata']!, 'base64').toString();
    expect(splitToken(text).caHash).to.equal(caHash(der.certDer));
    expect((await enrol(text, freshName())).status).to.equal(200);
    const older = await createToken({ caCertDer: der.certDer, caKeyDer: der.keyDer, expiresAt: new Date(Date.now() + 1e6) });
    expect((await enrol(older, freshName())).body.toString()).to.contain('replaced by a newer one');
  });

  it('lets edges of KubeEdge 1.15 and older in only when told so, each by the name that it asked with', async () => {
    const subject = { commonName: 'kubeedge.io', organizations: ['kubeEdge'] };
    const keyPem = createKeyPem();
    const nodeName = freshName();
    const token = await newToken();
    const refused = await enrol(token, nodeName, createCsr({ keyPem, subject }));
    expect(refused.status).to.equal(403);
    expect(refused.body.toString()).to.contain(nodeName).and.to.contain('--legacy-edges');
    legacyEdges = true;
    const granted = await enrol(token, nodeName, createCsr({ keyPem, subject }));
    expect(granted.status).to.equal(200);
    const { serial, commonName } = certificateInfo(granted.body);
    expect(commonName).to.equal('kubeedge.io');
    expect(await certificates.accepts(nodeName, serial)).to.equal(true);
    // Another node's record does not hold it, so it does not serve to pass for that node.
    const other = freshName();
    await enrol(token, other);
    expect(await certificates.accepts(other, serial)).to.equal(false);
    expect(await certificates.acceptsNameless(nodeName, serial)).to.equal(true);
    for (const stranger of [other, freshName()]) expect(await certificates.acceptsNameless(stranger, serial)).to.equal(false);
    // Issued by KubeEdge's own cloud: it may be anybody's who has no record here.
    expect(await certificates.acceptsNameless(freshName(), 'abcdef')).to.equal(true);
    expect(await certificates.acceptsNameless(other, 'abcdef')).to.equal(false);
    const asAdmin = createCsr({ keyPem, subject: { ...subject, organizations: ['system:masters'] } });
    expect((await enrol(token, freshName(), asAdmin)).status).to.equal(403);
    const renewal = { cert: derToPem(granted.body, 'CERTIFICATE'), key: keyPem, body: createCsr({ keyPem: createKeyPem(), subject }) };
    expect((await ask({ ...renewal, headers: { NodeName: other } })).status).to.equal(401);
    expect((await ask({ ...renewal, headers: { NodeName: nodeName } })).status).to.equal(200);
  });

  it('makes a new token every twelve hours', async () => {
    const later = testScope();
    const manual = new ManualClock(Date.now());
    await new Bootstrap({ kube, ca, server: () => serverPair, crdDir, clock: manual }).start(later);
    const before = (await secret('tokensecret')).data?.['tokendata'];
    manual.advance(12 * 3_600_000 + 1);
    await eventually(async () => (await secret('tokensecret')).data?.['tokendata'] !== before, 'a new token');
    await later.end();
  });

  it('refuses a cluster whose edges trust another CA, and leaves its secrets alone', async () => {
    const before = await secret('casecret');
    const other = createCa(PROFILES.ca);
    const failure: unknown = await new Bootstrap({ kube, ca: other, server: () => serverPair, crdDir, clock })
      .start(scope)
      .catch((error: unknown) => error);
    expect(failure).to.have.property('code', 'CONFLICT');
    expect(failure).to.have.property('hint').that.contains('rootCA.crt');
    expect((await secret('casecret')).metadata.resourceVersion).to.equal(before.metadata.resourceVersion);
  });

  it('waits no longer than twelve hours with a token that lasts for months', async () => {
    const der = keyPairToDer(ca);
    const now = Date.now();
    const token = await createToken({ caCertDer: der.certDer, caKeyDer: der.keyDer, expiresAt: new Date(now + 60 * 86_400_000) });
    const present = await secret('tokensecret');
    await kube.update(RESOURCES.secret, { ...present, data: { tokendata: Buffer.from(token).toString('base64') } });
    expect(await refreshTokenSecret(kube, ca, now)).to.equal(12 * 3_600_000);
  });

  it('updates a CRD that it made from an older template', async () => {
    writeFileSync(join(crdDir, 'lamps.yaml'), CRD.replace('singular: lamp,', 'singular: lamp, shortNames: [lp],'));
    await new Bootstrap({ kube, ca, server: () => serverPair, crdDir, clock }).start(scope);
    const crd = await kube.get<{ metadata: { name: string }; spec: { names: { shortNames?: string[] } } }>(
      RESOURCES.crd,
      'lamps.test.kedge.io',
    );
    expect(crd.spec.names.shortNames).to.deep.equal(['lp']);
  });

  it('hands out the CA to anyone and a certificate for a token', async () => {
    const shown = await httpsRequest(`${url}/ca.crt`);
    expect(shown.body).to.deep.equal(keyPairToDer(ca).certDer);
    expect(shown.headers).to.include({ 'kedge-websocket-port': '12345', 'content-type': 'application/octet-stream' });
    const name = freshName();
    const answer = await enrol(await newToken(), name);
    expect(answer.status).to.equal(200);
    const info = certificateInfo(answer.body);
    expect(info).to.deep.include({ commonName: `system:node:${name}`, organizations: ['system:nodes'] });
    expect(isIssuedBy(answer.body, ca.certPem)).to.equal(true);
    expect(await certificates.accepts(name, info.serial.toUpperCase())).to.equal(true);
    expect(await certificates.accepts(name, '1234')).to.equal(false);
    expect(await certificates.accepts('enrolled-by-go', '1234')).to.equal(true);
  });

  it('answers like KubeEdge to other paths and methods', async () => {
    const at = async (path: string, method = 'GET'): Promise<string> => {
      const { status, body } = await httpsRequest(url + path, { method });
      return `${status} ${body.toString()}`;
    };
    expect(await at('/nosuch')).to.equal('404 404: Page Not Found');
    expect(await at('/ca.crt', 'POST')).to.equal('405 405: Method Not Allowed');
    expect(await at('/nodeupgrade', 'POST')).to.match(/^404/);
    expect(await at('/node/')).to.match(/^400/);
    expect(await at('/node/A_b')).to.match(/^400/);
  });

  it('calls a name taken once it is enrolled or has reported, not when it is merely registered', async () => {
    const name = freshName();
    const at = async (): Promise<string> => {
      const { status, body } = await httpsRequest(`${url}/node/${name}`);
      return `${status} ${body.toString()}`;
    };
    await kube.create<Node>(RESOURCES.node, { apiVersion: 'v1', kind: 'Node', metadata: { name } });
    expect(await at()).to.equal('404 Node not found');
    await enrol(await newToken(), name);
    expect(await at()).to.equal('200 Node founded');
    const reported = freshName();
    const node = await kube.create<Node>(RESOURCES.node, { apiVersion: 'v1', kind: 'Node', metadata: { name: reported } });
    node.status = { nodeInfo: { ...EMPTY_NODE_INFO, kubeletVersion: 'v1.24.17-kubeedge-v1.16.6' } };
    await kube.update(RESOURCES.node, node, { subresource: 'status' });
    expect((await httpsRequest(`${url}/node/${reported}`)).status).to.equal(200);
  });

  it('refuses expired, foreign, revoked, malformed and missing tokens, saying why', async () => {
    const name = freshName();
    const refusal = async (token: string): Promise<string> => {
      const { status, body } = await enrol(token, name);
      return `${status} ${body.toString()}`;
    };
    const expired = await newToken({ ttlSeconds: 60 });
    skewMs = 61_000;
    expect(await refusal(expired)).to.equal('401 Invalid authorization token: it has expired');
    expect((await tokens.list()).map(({ expiresAt }) => Date.parse(expiresAt) > clock.now())).to.not.include(false);
    const other = keyPairToDer(createCa(PROFILES.ca));
    const foreign = await createToken({ caCertDer: other.certDer, caKeyDer: other.keyDer, expiresAt: new Date(clock.now() + 1e6) });
    expect(await refusal(foreign)).to.equal('401 Invalid authorization token: it was not copied whole, or another cloud made it');
    const { id, token } = await tokens.create({ ttlSeconds: 60, uses: 1 });
    await tokens.revoke(id);
    expect(await refusal(token)).to.equal('401 Invalid authorization token: it has been revoked');
    await tokens.revoke(id).then(
      () => expect.fail('a token was revoked twice'),
      (error: unknown) => expect(error).to.have.property('code', 'NOT_FOUND'),
    );
    for (const authorization of ['', 'Bearer', 'Bearer a.b.c', 'Bearer a b', 'Bearer null', '{}']) {
      const answer = await ask({ headers: { Authorization: authorization, NodeName: name }, body: csrFor(name) });
      expect(answer.status, authorization).to.equal(401);
    }
    // Of one who shows nothing at all the token is what is missing, as in KubeEdge.
    expect((await httpsRequest(`${url}/edge.crt`)).status).to.equal(401);
    expect((await ask({ headers: { Authorization: 'Bearer a.b.c' }, body: csrFor(name) })).status).to.equal(400);
    expect((await httpsRequest(`${url}/node/${name}`)).status).to.equal(404);
  });

  it('never enrols more names than the token is good for, however many ask at once', async () => {
    const { token, id } = await tokens.create({ ttlSeconds: 3600, uses: 3 });
    const answers = await Promise.all(Array.from({ length: 12 }, () => enrol(token, freshName())));
    expect(answers.filter(({ status }) => status === 200)).to.have.length(3);
    const refused = answers.filter(({ status }) => status === 401);
    expect(refused).to.have.length(9);
    expect(refused[0]!.body.toString()).to.contain('used up');
    expect((await tokens.list()).find((token) => token.id === id)).to.include({ uses: 3, used: 3 });
  });

  it('gives the same key its certificate again without another use, and nobody else', async () => {
    const { token, id } = await tokens.create({ ttlSeconds: 3600, uses: 2 });
    const name = freshName();
    const keyPem = createKeyPem();
    for (let index = 0; index < 6; index += 1) expect((await enrol(token, name, csrFor(name, keyPem))).status).to.equal(200);
    expect(await certificates.live(name)).to.have.length(4);
    const stranger = await enrol(token, name);
    expect(stranger.status).to.equal(409);
    expect(stranger.body.toString()).to.contain(`kedge token create --node ${name}`);
    expect((await tokens.list()).find((token) => token.id === id)!.used).to.equal(1);
  });

  it('enrols no second name with a token for one, not even for the same key', async () => {
    const { token } = await tokens.create({ ttlSeconds: 3600, uses: 1 });
    const keyPem = createKeyPem();
    const [first, second] = [freshName(), freshName()];
    expect((await enrol(token, first, csrFor(first, keyPem))).status).to.equal(200);
    expect((await enrol(token, first, csrFor(first, keyPem))).status).to.equal(200);
    const refused = await enrol(token, second, csrFor(second, keyPem));
    expect(`${refused.status} ${refused.body.toString()}`).to.contain('401').and.contain('used up');
  });

  it('gives the name of an edge that KubeEdge enrolled only to a token made for it', async () => {
    const name = freshName();
    const node = await kube.create<Node>(RESOURCES.node, { apiVersion: 'v1', kind: 'Node', metadata: { name } });
    node.status = { nodeInfo: { ...EMPTY_NODE_INFO, kubeletVersion: 'v1.24.17-kubeedge-v1.16.6' } };
    await kube.update(RESOURCES.node, node, { subresource: 'status' });
    expect((await enrol(await newToken(), name)).status).to.equal(409);
    expect((await enrol(await newToken({ nodeName: name }), name)).status).to.equal(200);
  });

  it('refuses a name that is too long for its ObjectSyncs', async () => {
    const names = [216, 217].map((length) => `${'n'.repeat(length - 4)}${freshName().slice(-4).padStart(4, '0')}`.replaceAll('-', '0'));
    const answers = await Promise.all(names.map(async (name) => enrol(await newToken(), name)));
    expect(answers.map(({ status }) => status)).to.deep.equal([200, 400]);
  });

  it('enrols a recorded edge of KubeEdge 1.18', async () => {
    const token = await newToken();
    const csr = Buffer.from(recorded['v1.18.3'].csr, 'base64');
    const answer = await enrol(token, 'edge1', csr);
    expect(answer.status).to.equal(200);
    const [ours, theirs] = [answer.body, Buffer.from(recorded['v1.18.3'].certificate, 'base64')].map(certificateInfo);
    expect(ours?.spkiSha256).to.equal(theirs?.spkiSha256);
  });

  it('lets one of many strangers have a free name', async () => {
    const { token, id } = await tokens.create({ ttlSeconds: 3600, uses: 20 });
    const name = freshName();
    const answers = await Promise.all(Array.from({ length: 8 }, () => enrol(token, name)));
    expect(answers.map(({ status }) => status).sort()).to.deep.equal([200, 409, 409, 409, 409, 409, 409, 409]);
    expect((await tokens.list()).find((token) => token.id === id)!.used).to.equal(1);
  });

  it('frees a name when its certificate has expired', async () => {
    const name = freshName();
    await enrol(await newToken(), name);
    skewMs = 366 * 86_400_000;
    expect((await httpsRequest(`${url}/node/${name}`)).status).to.equal(404);
    expect((await enrol(await newToken(), name)).status).to.equal(200);
  });

  it('hands a name over to a token made for it, and ends the old session', async () => {
    const name = freshName();
    const old = certificateInfo((await enrol(await newToken(), name)).body);
    const token = await newToken({ nodeName: name, uses: 1 });
    closedSessions.length = 0;
    expect((await enrol(token, freshName())).body.toString()).to.contain(`for the node ${name} only`);
    const taken = await enrol(token, name);
    expect(taken.status).to.equal(200);
    expect(await certificates.accepts(name, old.serial)).to.equal(false);
    expect(await certificates.accepts(name, certificateInfo(taken.body).serial)).to.equal(true);
    expect(closedSessions).to.deep.equal([name]);
  });

  it('renews by client certificate, and not for another name, another CA or after a take-over', async () => {
    const name = freshName();
    const keyPem = createKeyPem();
    const der = (await enrol(await newToken(), name, csrFor(name, keyPem))).body;
    const pair = { cert: derToPem(der, 'CERTIFICATE'), key: keyPem };
    const renewed = await ask({ ...pair, headers: { NodeName: name }, body: csrFor(name) });
    expect(renewed.status).to.equal(200);
    expect(closedSessions).to.deep.equal([name]);
    expect(await certificates.live(name)).to.have.length(2);
    expect((await ask({ ...pair, headers: { NodeName: 'someone-else' }, body: csrFor('someone-else') })).status).to.equal(401);
    const forged = issueKeyPair({
      ca: createCa(PROFILES.ca),
      profile: PROFILES.edgeClient,
      subject: { commonName: `system:node:${name}`, organizations: ['system:nodes'] },
    });
    expect((await ask({ cert: forged.certPem, key: forged.keyPem, headers: { NodeName: name }, body: csrFor(name) })).status).to.equal(401);
    await enrol(await newToken({ nodeName: name }), name);
    const late = await ask({ ...pair, headers: { NodeName: name }, body: csrFor(name) });
    expect(`${late.status} ${late.body.toString()}`).to.contain('401').and.contain('taken over');
  });

  it('accepts the old certificate until the renewed one has been used', async () => {
    const name = freshName();
    const [oldKey, newKey] = [createKeyPem(), createKeyPem()];
    const old = { cert: derToPem((await enrol(await newToken(), name, csrFor(name, oldKey))).body, 'CERTIFICATE'), key: oldKey };
    const renew = (pair: { cert: string; key: string }, csr = csrFor(name)): Promise<HttpsAnswer> =>
      ask({ ...pair, headers: { NodeName: name }, body: csr });
    // Answers that never arrived: the edge asks again with what it has.
    for (let lost = 0; lost < 6; lost += 1) expect((await renew(old)).status).to.equal(200);
    const renewed = { cert: derToPem((await renew(old, csrFor(name, newKey))).body, 'CERTIFICATE'), key: newKey };
    expect((await renew(old)).status).to.equal(200);
    expect(await certificates.accepts(name, certificateInfo(renewed.cert).serial)).to.equal(true);
    const late = await renew(old);
    expect(`${late.status} ${late.body.toString()}`).to.contain('401').and.contain('no longer accepted');
    expect((await renew(renewed)).status).to.equal(200);
  });

  it('renews a certificate for 30 days after its end, if it is on record, and not later', async () => {
    const DAY_MS = 86_400_000;
    const name = freshName();
    const keyPem = createKeyPem();
    const der = (await enrol(await newToken(), name, csrFor(name, keyPem))).body;
    const pair = { cert: derToPem(der, 'CERTIFICATE'), key: keyPem };
    const renew = (as = pair, nodeName = name): Promise<HttpsAnswer> =>
      ask({ ...as, headers: { NodeName: nodeName }, body: csrFor(nodeName) });
    skewMs = (365 + 31) * DAY_MS;
    const late = await renew();
    expect(`${late.status} ${late.body.toString()}`).to.contain('401').and.contain('more than 30 days ago');
    skewMs = (365 + 29) * DAY_MS;
    const unknown = freshName();
    const foreign = issueKeyPair({
      ca,
      profile: PROFILES.edgeClient,
      subject: { commonName: `system:node:${unknown}`, organizations: ['system:nodes'] },
    });
    expect((await renew({ cert: foreign.certPem, key: foreign.keyPem }, unknown)).status).to.equal(401);
    expect((await renew(pair, freshName())).status).to.equal(401);
    const renewed = await renew();
    expect(renewed.status).to.equal(200);
    expect(certificateInfo(renewed.body).notAfter.getTime()).to.be.greaterThan(Date.now() + skewMs + 364 * DAY_MS);
    skewMs = 0;
  });

  it('does not renew the ended certificate of a name that somebody else has by now', async () => {
    const name = freshName();
    const keyPem = createKeyPem();
    const der = (await enrol(await newToken(), name, csrFor(name, keyPem))).body;
    skewMs = 370 * 86_400_000;
    expect((await enrol(await newToken(), name)).status).to.equal(200);
    const answer = await ask({ cert: derToPem(der, 'CERTIFICATE'), key: keyPem, headers: { NodeName: name }, body: csrFor(name) });
    expect(answer.status).to.equal(401);
  });

  it('keeps the presented certificate when a node that KubeEdge enrolled renews', async () => {
    const name = freshName();
    const subject = { commonName: `system:node:${name}`, organizations: ['system:nodes'] };
    const pair = issueKeyPair({ ca, profile: PROFILES.edgeClient, subject });
    expect((await ask({ cert: pair.certPem, key: pair.keyPem, headers: { NodeName: name }, body: csrFor(name) })).status).to.equal(200);
    expect(await certificates.accepts(name, certificateInfo(pair.certPem).serial)).to.equal(true);
    expect(await certificates.live(name)).to.have.length(2);
  });

  it('refuses requests that do not fit, and changes nothing', async () => {
    const { token, id } = await tokens.create({ ttlSeconds: 3600, uses: 1 });
    const name = freshName();
    const headers = { Authorization: `Bearer ${splitToken(token).jwt}`, NodeName: name };
    const admin = createCsr({ keyPem: createKeyPem(), subject: { commonName: `system:node:${name}`, organizations: ['system:masters'] } });
    const refusals: [string, HttpsQuestion, number, string][] = [
      ['another CN', { headers, body: csrFor('other') }, 403, `CN=system:node:${name}`],
      ['another group', { headers, body: admin }, 403, 'O=system:nodes'],
      ['an old edge', { headers, body: Buffer.from(recorded['v1.14.5'].csr, 'base64') }, 403, '1.15 or older'],
      ['no body', { headers }, 400, 'empty'],
      ['announced oversize', { headers, body: Buffer.alloc(1_000_000, 0x30) }, 413, 'larger than 16384'],
      ['unannounced oversize', { headers, body: Buffer.alloc(20_000, 0x30), chunked: true }, 413, 'larger than 16384'],
      ['a name that is none', { headers: { ...headers, NodeName: 'Not_a_name' }, body: csrFor(name) }, 400, 'not a Kubernetes node name'],
      ['a server certificate', { headers: { ...headers, ExtKeyUsages: '[1,2]' }, body: csrFor(name) }, 403, 'client authentication only'],
      ['odd usages', { headers: { ...headers, ExtKeyUsages: '{' }, body: csrFor(name) }, 400, 'not JSON'],
      ...['null', '[]', '0', '""', '{}', '\0', 'x'.repeat(16_384)].map((body): [string, HttpsQuestion, number, string] => [
        `body ${body.slice(0, 8)}`,
        { headers, body },
        400,
        'certificate request cannot be used',
      ]),
    ];
    for (const [what, question, status, text] of refusals) {
      const answer = await ask(question).catch((error: unknown) => error as Error);
      // A server that stops reading may reset the connection before its answer is read.
      if (answer instanceof Error && status === 413) continue;
      if (answer instanceof Error) throw answer;
      expect(answer.status, what).to.equal(status);
      expect(answer.body.toString(), what).to.contain(text);
    }
    expect((await tokens.list()).find((token) => token.id === id)!.used).to.equal(0);
    expect((await ask({ headers: { ...headers, ExtKeyUsages: '[2]' }, body: csrFor(name) })).status).to.equal(200);
  });
}

describe('enrolment on the built-in Kubernetes API', function () {
  this.timeout(60_000);
  suite(() => startControlPlane());
});

describe('tokens without the namespace kubeedge', () => {
  it('say that it is gone', async () => {
    const api = await startControlPlane();
    try {
      const kube = createKubeClient(api.credentials);
      const tokens = new TokenStore({ kube, ca: createCa(PROFILES.ca), clock: systemClock });
      const error: unknown = await tokens.create({ ttlSeconds: 60, uses: 0 }).catch((thrown: unknown) => thrown);
      expect(error).to.include({ code: 'NOT_FOUND', message: 'the namespace kubeedge is gone', hint: 'kedge restart cloud' });
      kube.close();
    } finally {
      await api.stop();
    }
  });
});

describe('enrolment on a real Kubernetes API server', function () {
  this.timeout(60_000);
  suite(async (context) => {
    needs(context, 'a Kubernetes API server', 'openssl');
    return (await startRealApiServer())!;
  });
});

const EMPTY_NODE_INFO = Object.fromEntries(
  [
    'architecture',
    'bootID',
    'containerRuntimeVersion',
    'kernelVersion',
    'kubeProxyVersion',
    'machineID',
    'operatingSystem',
    'osImage',
    'systemUUID',
  ].map((key) => [key, '']),
);

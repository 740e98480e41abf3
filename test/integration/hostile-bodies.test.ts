import { expect } from 'chai';
import { mkdtempSync, rmSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { createServer, request } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { adminRequest, adminStream } from '../../src/client/admin-client.ts';
import { systemClock } from '../../src/kernel/clock.ts';
import type { Clock } from '../../src/kernel/clock.ts';
import { createKubeClient } from '../../src/kube/http-client.ts';
import { Informer } from '../../src/kube/informer.ts';
import { splitToken } from '../../src/pki/join-token.ts';
import type { CreatedToken, StatusReport } from '../../src/protocol/admin.ts';
import type { Device } from '../../src/protocol/devices.ts';
import { RESOURCES } from '../../src/protocol/kubernetes.ts';
import type { ConfigMap, Secret } from '../../src/protocol/kubernetes.ts';
import { encodeMessage, newMessage, replyTo } from '../../src/protocol/message.ts';
import type { Message, Route } from '../../src/protocol/message.ts';
import { deviceObject, modelObject } from '../helpers/device-edge.ts';
import { eventually } from '../helpers/eventually.ts';
import { BODIES } from '../helpers/hostile-bodies.ts';
import { httpsRequest } from '../helpers/https-request.ts';
import { startCloud, TestEdge } from '../helpers/test-cloud.ts';
import type { TestCloud } from '../helpers/test-cloud.ts';
import { EdgeDaemon } from '../helpers/test-edge.ts';
import { testScope } from '../helpers/test-scope.ts';
import { testPki, TlsHub } from '../helpers/tls-hub.ts';
import type { TestPki } from '../helpers/tls-hub.ts';
import { startTlsServer } from '../helpers/tls-server.ts';

/** One request to an admin socket. @returns its status */
function askSocket(path: string, method: string, url: string, body: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const headers = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) };
    request({ socketPath: path, method, path: url, headers, agent: false }, (response) => {
      response.resume();
      response.on('end', () => resolve(response.statusCode ?? 0)).on('error', reject);
    })
      .on('error', reject)
      .end(body);
  });
}

/** A message whose content is this JSON text, as it stands. */
function frame(route: Route, content: string, parentId?: string): string {
  const message = newMessage(route, null, parentId === undefined ? { resourceVersion: '1' } : { parentId });
  return encodeMessage(message).replace(/"content":null\}\n$/, `"content":${content}}\n`);
}

describe('CVE-2022-31076, CVE-2022-31077: bodies that are no object, to the cloud', () => {
  let cloud: TestCloud;
  let edge: TestEdge;
  let token: CreatedToken;
  let admin: { cert: string; key: string };

  before(async () => {
    cloud = await startCloud();
    edge = await TestEdge.connect(cloud, 'edge-1');
    token = await adminRequest<CreatedToken>(cloud.paths.socket, 'POST', '/tokens', { ttlSeconds: 3600, uses: 0 });
    admin = { cert: await readFile(cloud.paths.admin.cert, 'utf8'), key: await readFile(cloud.paths.admin.key, 'utf8') };
  });
  after(() => cloud.stop());
  afterEach('the same process answers', async () => {
    expect((await httpsRequest(`https://127.0.0.1:${cloud.httpsPort}/ca.crt`)).status).to.equal(200);
    expect((await edge.ask({ operation: 'query', resource: 'default/node/edge-1' })).route.operation).to.equal('response');
    expect((await adminRequest<StatusReport>(cloud.paths.socket, 'GET', '/status')).ready).to.equal(true);
    const name = `after-${Date.now()}`;
    await cloud.kube.create<ConfigMap>(RESOURCES.configMap, { metadata: { name, namespace: 'default' }, data: {} });
  });

  it('over HTTPS', async () => {
    const pair = cloud.edgePair('edge-7');
    for (const [name, body] of BODIES) {
      const at = async (path: string, question: object): Promise<number> =>
        (await httpsRequest(`https://127.0.0.1:${cloud.httpsPort}${path}`, { body, ...question })).status;
      const headers = { Authorization: `Bearer ${splitToken(token.token).jwt}`, NodeName: 'edge-7' };
      // A larger one is cut off, and perhaps before the answer is there.
      const large = body.length > 16_384;
      const signed = await at('/edge.crt', { headers }).catch(() => 413);
      expect(signed, name).to.equal(large ? 413 : 400);
      const renewed = await at('/edge.crt', { headers: { NodeName: 'edge-7' }, cert: pair.certPem, key: pair.keyPem }).catch(() => 413);
      expect(renewed, name).to.equal(large ? 413 : 400);
      for (const path of ['/ca.crt', '/node/edge-1', '/nosuch']) {
        for (const method of ['GET', 'POST']) expect(await at(path, { method }).catch(() => 0), name).to.be.oneOf([0, 200, 404, 405]);
      }
      for (const header of ['Authorization', 'NodeName', 'ExtKeyUsages']) {
        const one = { ...headers, [header]: body.slice(0, 8_000) };
        expect(await at('/edge.crt', { headers: one, body: '' }), `${header}: ${name}`).to.be.oneOf([400, 401, 403]);
      }
    }
  });

  it('as a websocket message', async () => {
    const other = await TestEdge.connect(cloud, 'edge-2');
    for (const [, body] of BODIES) other.sendText(body);
    other.sendText('{"header":null}');
    other.sendText('{"header":{"msg_id":"x"},"route":[]}');
    expect((await other.ask({ operation: 'query', resource: 'default/node/edge-2' })).route.operation).to.equal('response');
    await other.disconnect();
  });

  it('as the content of every message that an edge may send', async () => {
    const node = 'edge-3';
    const other = await TestEdge.connect(cloud, node);
    const types = ['node', 'nodepatch', 'nodestatus', 'lease', 'pod', 'podpatch', 'podstatus', 'configmap', 'secret', 'event', 'nonsense'];
    const operations = ['insert', 'update', 'patch', 'query', 'delete', 'response', 'error', 'keepalive', 'upload', 'ping', 'upgrade'];
    const resources = [...types.map((type) => `default/${type}/${node}`), 'default/podstatus', 'k8s/ca.crt', 'a/volume/b', ''];
    const meta = resources.flatMap((resource) =>
      operations.map((operation): Route => ({ source: 'edged', group: 'meta', operation, resource })),
    );
    const devices = [
      'device/default/d/twin/edge_updated',
      'device/default/d/state/update',
      'membership/detail',
      'device//twin/edge_updated',
    ];
    const twin = devices.map((resource): Route => ({ source: 'twin', group: 'twin', operation: 'update', resource }));
    const others = ['metaserver', 'func', 'user', 'cloudhub'].map((source): Route => ({
      source,
      group: source,
      operation: 'list',
      resource: 'a/b/c',
    }));
    const created = await cloud.kube.create<Device>(RESOURCES.device, {
      apiVersion: 'devices.kubeedge.io/v1beta1',
      kind: 'Device',
      metadata: { name: 'd', namespace: 'default' },
      spec: { nodeName: node, properties: [{ name: 't' }] },
    });
    expect(created.metadata.uid).to.be.a('string');
    for (const [, body] of BODIES.slice(0, 5)) {
      for (const route of [...meta, ...twin, ...others]) {
        other.sendText(frame(route, body));
        // Some contents travel as JSON in a text.
        other.sendText(frame(route, JSON.stringify(body)));
      }
    }
    // What nests too deep is no message at all, so often only; as a text it may travel.
    for (const [, body] of BODIES.slice(5)) {
      for (const route of [...meta.slice(0, 4), ...twin]) other.sendText(frame(route, body));
      for (const route of [...meta, ...twin].filter(({ operation }) => operation === 'update'))
        other.sendText(frame(route, JSON.stringify(body)));
    }
    expect((await other.ask({ operation: 'query', resource: `default/node/${node}` })).route.operation).to.equal('response');
    await other.disconnect();
  });

  it('to the API server, in every encoding', async () => {
    await cloud.kube.create<ConfigMap>(RESOURCES.configMap, { metadata: { name: 'here', namespace: 'default' }, data: { a: '1' } });
    const base = `https://127.0.0.1:${cloud.apiPort}`;
    const lists = [
      '/api/v1/namespaces/default/configmaps',
      '/apis/devices.kubeedge.io/v1beta1/namespaces/default/devices',
      '/api/v1/nodes',
    ];
    const definitions = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions';
    const encodings = ['application/json', 'application/yaml', 'application/vnd.kubernetes.protobuf'];
    const patches = ['application/json-patch+json', 'application/merge-patch+json', 'application/strategic-merge-patch+json'];
    const tries = [
      ...[...lists, definitions].flatMap((path) => encodings.map((type): [string, string, string] => ['POST', path, type])),
      ...encodings.map((type): [string, string, string] => ['PUT', `${lists[0]!}/here`, type]),
      ...patches.map((type): [string, string, string] => ['PATCH', `${lists[0]!}/here`, type]),
      ...patches.map((type): [string, string, string] => ['PATCH', `${lists[0]!}/nobody`, type]),
      ...encodings.map((type): [string, string, string] => ['DELETE', `${lists[0]!}/nobody`, type]),
    ];
    for (const [name, body] of BODIES) {
      for (const [method, path, type] of tries) {
        const answer = await httpsRequest(base + path, { method, body, headers: { 'Content-Type': type }, ...admin });
        expect(answer.status, `${method} ${path} ${type} ${name}: ${answer.body.toString().slice(0, 300)}`).to.be.oneOf([
          200, 400, 404, 415, 422,
        ]);
        expect((JSON.parse(answer.body.toString()) as { kind: string }).kind).to.be.oneOf(['Status', 'ConfigMap']);
      }
    }
    const kept = await cloud.kube.get<ConfigMap>(RESOURCES.configMap, 'here', 'default');
    expect(kept.data).to.deep.equal({ a: '1' });
  });

  it('to the admin socket', async () => {
    for (const [name, body] of BODIES) {
      for (const url of ['/tokens', '/certificates/renew', '/certificates/names']) {
        // Nothing in particular is asked for: everything is renewed.
        const wanted = url === '/certificates/renew' && body === '{}' ? 200 : 400;
        expect(await askSocket(cloud.paths.socket, 'POST', url, body).catch(() => 400), `${url} ${name}`).to.equal(wanted);
      }
      expect(await askSocket(cloud.paths.socket, 'GET', '/status', body).catch(() => 400)).to.be.oneOf([200, 400]);
      expect(await askSocket(cloud.paths.socket, 'DELETE', '/tokens/x', body).catch(() => 400)).to.be.oneOf([400, 404]);
    }
  });

  it('in the Secrets in which tokens and certificates are on record', async () => {
    const names = [`kedge-token-${token.id}`, 'kedge-node-edge-8'];
    for (const [name, body] of BODIES) {
      for (const secret of names) {
        const data = { record: Buffer.from(body).toString('base64') };
        const kind = secret.split('-')[1] ?? '';
        const metadata = { name: secret, namespace: 'kubeedge', labels: { 'kedge.io/record': kind } };
        const present = await cloud.kube.get<Secret>(RESOURCES.secret, secret, 'kubeedge').catch(() => undefined);
        if (present === undefined) await cloud.kube.create<Secret>(RESOURCES.secret, { metadata, data });
        else await cloud.kube.update<Secret>(RESOURCES.secret, { ...present, data });
      }
      const headers = { Authorization: `Bearer ${splitToken(token.token).jwt}`, NodeName: 'edge-8' };
      const answer = await httpsRequest(`https://127.0.0.1:${cloud.httpsPort}/edge.crt`, { headers });
      expect(answer.status, name).to.equal(400);
      expect(answer.body.toString()).to.contain('does not hold what kedge wrote');
      const refused: unknown = await TestEdge.connect(cloud, 'edge-8').catch((error: unknown) => error);
      expect(refused).to.have.property('code', 'UNREACHABLE');
      expect(await adminRequest<object[]>(cloud.paths.socket, 'GET', '/tokens')).to.deep.equal([]);
    }
  });
});

describe('CVE-2022-31076, CVE-2022-31077: bodies that are no object, to the edge', () => {
  let pki: TestPki;
  let hub: TlsHub;
  let edge: EdgeDaemon;
  /** What the cloud answers to a request; undefined: nothing. */
  let answer: (() => string | undefined) | undefined;

  before(async () => {
    pki = await testPki('edge-1');
    hub = new TlsHub();
    hub.onMessage = (message, session) => {
      const body = message.route.group === 'meta' ? answer?.() : undefined;
      if (body !== undefined) session.send(frame({ ...replyTo(message, null).route } as Route, body, message.header.msg_id));
    };
    const websocketPort = await hub.listen(pki.serverPair('127.0.0.1'), pki.ca.certPem);
    const [cert, key] = await Promise.all([readFile(pki.files.cert, 'utf8'), readFile(pki.files.key, 'utf8')]);
    edge = await EdgeDaemon.start({ nodeName: 'edge-1', websocketPort, ca: pki.ca.certPem, pair: { certPem: cert, keyPem: key } });
  });
  after(async () => {
    await edge.remove();
    await hub.close();
    await pki.remove();
  });
  afterEach('the same process takes a device', async () => {
    answer = undefined;
    const session = hub.sessions.at(-1)!;
    const name = `d${Date.now()}`;
    const model = modelObject({ t: 'INT' });
    const device = deviceObject([{ name: 't', desired: '22' }]);
    const put = (type: string, object: { metadata: { name: string } }): Message =>
      newMessage(
        { source: 'devicecontroller', group: 'resource', operation: 'insert', resource: `default/${type}/${object.metadata.name}` },
        object,
        { resourceVersion: '5' },
      );
    session.send(put('devicemodel', model));
    const sent = put('device', { ...device, metadata: { ...device.metadata, name } });
    session.send(sent);
    await session.next(({ header }) => header.parent_msg_id === sent.header.msg_id);
    const devices = await adminRequest<{ metadata: { name: string } }[]>(edge.paths.socket, 'GET', '/devices');
    expect(devices.map(({ metadata }) => metadata.name)).to.contain(name);
  });

  it('as a message of the cloud', async () => {
    const session = await hub.session(0);
    for (const [, body] of BODIES) session.send(body);
  });

  it('as the content of every message of the cloud', async () => {
    const session = await hub.session(0);
    const types = ['node', 'pod', 'configmap', 'secret', 'device', 'devicemodel', 'podlist', 'nonsense'];
    const resources = [...types.map((type) => `default/${type}/x`), 'membership', 'twin', 'device/default/x/twin/cloud_updated', ''];
    for (const [, body] of BODIES) {
      for (const resource of resources)
        for (const group of ['resource', 'twin', 'func', 'user'])
          for (const operation of ['insert', 'update', 'delete', 'response'])
            for (const content of body.length > 100 ? [body] : [body, JSON.stringify(body)])
              session.send(frame({ source: 'devicecontroller', group, operation, resource }, content));
    }
  }).timeout(60_000);

  it('as the answer to whatever it asks', async () => {
    const left = BODIES.map(([, body]) => body);
    answer = () => left.shift();
    while (left.length > 0) {
      const [known, count] = [left.length, hub.sessions.length];
      // At each connection it asks for its Node.
      hub.sessions.at(-1)!.socket.terminate();
      await hub.session(count);
      await eventually(() => left.length < known, 'a request');
    }
  });

  it('to its admin socket', async () => {
    for (const [name, body] of BODIES) {
      for (const url of ['/mqtt/users', '/mqtt/acl']) {
        expect(await askSocket(edge.paths.socket, 'POST', url, body).catch(() => 400), `${url} ${name}`).to.equal(400);
      }
      expect(await askSocket(edge.paths.socket, 'GET', '/devices', body).catch(() => 400)).to.be.oneOf([200, 400]);
    }
  });
});

const fast: Clock = { ...systemClock, after: (ms, run) => systemClock.after(ms / 100, run) };

describe('CVE-2022-31077: answers that are no object', () => {
  it('of the API server: who follows it goes on when it is well again', async () => {
    const server = await startTlsServer();
    const scope = testScope();
    let body: string | undefined = BODIES[0]![1];
    const list = { apiVersion: 'v1', kind: 'ConfigMapList', metadata: { resourceVersion: '7' }, items: [] };
    const added = { type: 'ADDED', object: { metadata: { name: 'a', namespace: 'default', resourceVersion: '8' } } };
    server.handle = ({ url = '' }: IncomingMessage, response: ServerResponse) => {
      if (body === undefined && url.includes('watch=')) response.write(`${JSON.stringify(added)}\n`);
      else response.end(body ?? JSON.stringify(list));
    };
    const client = createKubeClient(server.credentials);
    const informer = new Informer<ConfigMap>({ client, resource: RESOURCES.configMap, clock: fast });
    const started = informer.start(scope);
    for (const [, hostile] of BODIES) {
      body = hostile;
      const asked = server.requests.length;
      await eventually(() => server.requests.length > asked + 1, 'another request');
    }
    body = undefined;
    await started;
    await eventually(() => informer.get('default/a'), 'the object', 10_000);
    await scope.end();
    client.close();
    await server.stop();
  });

  it('of a daemon: a command says so', async () => {
    const dir = mkdtempSync(join(tmpdir(), 'kedge-hostile-'));
    const path = join(dir, 'admin.sock');
    let body = '';
    const server = createServer((_request, response) => void response.end(body));
    await new Promise<void>((resolve) => server.listen(path, resolve));
    try {
      for (const [name, hostile] of BODIES.filter(([, text]) => text !== '{}' && text !== '[]')) {
        body = hostile;
        const failure: unknown = await adminRequest(path, 'GET', '/status').catch((error: unknown) => error);
        expect(failure, name).to.have.property('code');
        const stream = adminStream(path, '/devices/default/d/watch', new AbortController().signal);
        body = `${hostile}\n`;
        const ended: unknown = await stream.next().catch((error: unknown) => error);
        expect(ended, name).to.have.property('code');
      }
    } finally {
      await new Promise((resolve) => server.close(resolve));
      rmSync(dir, { recursive: true });
    }
  });
});

import { expect } from 'chai';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { KubeClient } from '../../src/kube/client.ts';
import { createKubeClient } from '../../src/kube/http-client.ts';
import { Informer } from '../../src/kube/informer.ts';
import { RESOURCES } from '../../src/protocol/kubernetes.ts';
import type { ConfigMap } from '../../src/protocol/kubernetes.ts';
import { eventually } from '../helpers/eventually.ts';
import { testScope } from '../helpers/test-scope.ts';
import type { TestScope } from '../helpers/test-scope.ts';
import { startTlsServer, tlsPair } from '../helpers/tls-server.ts';
import type { TlsServer } from '../helpers/tls-server.ts';

const configMap = (name: string, version: number): ConfigMap => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name, namespace: 'default', uid: name, resourceVersion: String(version) },
});
const event = (type: string, object: unknown): string => `${JSON.stringify({ type, object })}\n`;

describe('the informer against a server that misbehaves', () => {
  let server: TlsServer;
  let client: KubeClient;
  let scope: TestScope;
  let informer: Informer<ConfigMap>;
  let told: string[];
  let objects: ConfigMap[];
  /** What a watch does; a list always tells `objects`. */
  let onWatch: (request: IncomingMessage, response: ServerResponse, count: number) => void;
  let onList: ((response: ServerResponse, query: URLSearchParams) => boolean) | undefined;

  const lists = () => server.requests.filter((line) => !line.includes('watch=true'));
  const watches = () => server.requests.filter((line) => line.includes('watch=true'));
  const open = (response: ServerResponse, ...lines: string[]) => {
    response.writeHead(200).flushHeaders();
    for (const line of lines) response.write(line);
  };
  const answer = (request: IncomingMessage, response: ServerResponse): void => {
    const query = new URL(request.url ?? '', 'http://x').searchParams;
    if (query.get('watch') === 'true') onWatch(request, response, watches().length);
    else if (!onList?.(response, query))
      response.end(JSON.stringify({ kind: 'ConfigMapList', apiVersion: 'v1', metadata: { resourceVersion: '10' }, items: objects }));
  };
  const makeInformer = () => new Informer<ConfigMap>({ client, resource: RESOURCES.configMap, random: () => 0 });
  const follow = () => {
    const name = ({ metadata }: ConfigMap): string => `${metadata.name}@${metadata.resourceVersion ?? ''}`;
    informer.onChange(scope, {
      added: (object) => told.push(`+${name(object)}`),
      updated: (_, object) => told.push(`~${name(object)}`),
      deleted: (object) => told.push(`-${name(object)}`),
    });
  };

  beforeEach(async () => {
    server = await startTlsServer();
    server.handle = answer;
    client = createKubeClient(server.credentials, { inactivityMs: 150, requestTimeoutMs: 2_000 });
    scope = testScope();
    informer = makeInformer();
    told = [];
    objects = [configMap('a', 1)];
    onWatch = (_, response) => open(response);
    onList = undefined;
    follow();
  });
  afterEach(async () => {
    await scope.end();
    client.close();
    await server.stop();
  });

  it('lists in pages and starts over when the pages expire on the way', async () => {
    onList = (response, query) => {
      if (query.get('continue') === 'gone')
        return !!response.writeHead(410).end(JSON.stringify({ kind: 'Status', reason: 'Expired', code: 410 }));
      if (query.get('limit') === null) return false;
      const items = query.get('continue') === null ? [configMap('a', 1)] : [configMap('b', 2)];
      const next = query.get('continue') === null ? 'second' : lists().length < 3 ? 'gone' : '';
      return !!response.end(
        JSON.stringify({ kind: 'ConfigMapList', apiVersion: 'v1', metadata: { resourceVersion: '10', continue: next }, items }),
      );
    };
    objects = [configMap('a', 1), configMap('b', 2), configMap('c', 3)];
    await informer.start(scope);
    expect(told).to.deep.equal(['+a@1', '+b@2', '+c@3']);
    expect(lists()).to.have.length(4);
  });

  it('follows from the last version it saw, a bookmark included, after each end of a watch', async () => {
    onWatch = (_, response, count) => {
      if (count === 1) {
        open(response, event('ADDED', configMap('b', 11)), event('BOOKMARK', { metadata: { resourceVersion: '42' } }));
        response.end();
      } else open(response, event('MODIFIED', configMap('b', 43)), event('DELETED', configMap('a', 44)));
    };
    await informer.start(scope);
    await eventually(() => told.length === 4);
    expect(told).to.deep.equal(['+a@1', '+b@11', '~b@43', '-a@44']);
    expect(watches()[0]).to.contain('resourceVersion=10').and.contain('allowWatchBookmarks=true').and.contain('timeoutSeconds=300');
    expect(watches()[1]).to.contain('resourceVersion=42');
    expect(lists()).to.have.length(1);
  });

  it('does not spin when watches end at once, or after a bookmark', async () => {
    const bookmark = event('BOOKMARK', { metadata: { resourceVersion: '11' } });
    onWatch = (_, response, count) => void response.writeHead(200).end(count % 2 === 0 ? bookmark : '');
    await informer.start(scope);
    const begun = Date.now();
    await eventually(() => watches().length >= 5);
    // 100 + 200 + 400 + 800 ms with the smallest jitter.
    expect(Date.now() - begun).to.be.greaterThan(1_400);
    expect(lists()).to.have.length(1);
  });

  it('does not spin when every version has expired', async () => {
    onWatch = (_, response, count) => {
      if (count % 2 === 0) response.writeHead(410).end(JSON.stringify({ kind: 'Status', reason: 'Expired', code: 410 }));
      else {
        open(response, event('ERROR', { kind: 'Status', status: 'Failure', reason: 'Expired', code: 410 }));
        response.end();
      }
    };
    await informer.start(scope);
    const begun = Date.now();
    await eventually(() => lists().length >= 5);
    expect(Date.now() - begun).to.be.greaterThan(1_400);
  });

  it('tells what changed while it was not looking, after 410', async () => {
    onWatch = (_, response, count) => {
      open(response);
      if (count > 1) return;
      objects = [configMap('b', 20), configMap('c', 21)];
      response.end(event('ERROR', { kind: 'Status', status: 'Failure', reason: 'Expired', code: 410 }));
    };
    await informer.start(scope);
    await eventually(() => told.length === 4);
    expect(told).to.deep.equal(['+a@1', '-a@1', '+b@20', '+c@21']);
  });

  it('gets over resets, silence, errors in the stream and nonsense', async () => {
    onWatch = (request, response, count) => {
      if (count === 1) {
        open(response, event('ADDED', configMap('b', 11)));
        setImmediate(() => request.socket.destroy());
      } else if (count === 2) {
        open(response, event('ADDED', configMap('c', 12)));
        objects = [configMap('a', 1), configMap('b', 11), configMap('c', 12)];
      } else if (count === 3)
        response.writeHead(200).end(event('ERROR', { kind: 'Status', status: 'Failure', code: 500, message: 'etcd is away' }));
      else if (count === 4) response.writeHead(200).end('not json\n');
      else if (count === 5) response.writeHead(200).end(event('ADDED', null));
      else open(response, event('ADDED', configMap('d', 13)));
    };
    await informer.start(scope);
    await eventually(() => told.includes('+d@13'));
    expect(told).to.deep.equal(['+a@1', '+b@11', '+c@12', '+d@13']);
    expect(watches()[2]).to.contain('resourceVersion=12');
    // Once at the start, once after the server's own error.
    expect(lists()).to.have.length(2);
    expect(informer.status()).to.deep.equal({ synced: true });
  });

  it('starts over when the database was replaced by an older one', async () => {
    onWatch = (_, response, count) => {
      if (count > 1) open(response, event('ADDED', configMap('z', 3)));
      else {
        objects = [configMap('z', 2)];
        const status = {
          kind: 'Status',
          status: 'Failure',
          reason: 'Timeout',
          code: 504,
          message: 'Too large resource version: 10, current: 2',
        };
        response.writeHead(504).end(JSON.stringify(status));
      }
    };
    await informer.start(scope);
    await eventually(() => told.length === 4);
    expect(told).to.deep.equal(['+a@1', '-a@1', '+z@2', '~z@3']);
  });

  it('keeps trying until there is a server, and over its restarts', async () => {
    const pair = tlsPair();
    const first = await startTlsServer(0, pair);
    const port = Number(new URL(first.credentials.server).port);
    await first.stop();
    client.close();
    client = createKubeClient(first.credentials, { inactivityMs: 60_000 });
    informer = makeInformer();
    follow();
    let synced = false;
    const started = informer.start(scope).then(() => (synced = true));
    await eventually(() => informer.status().lastError?.includes('ECONNREFUSED'));
    expect(synced).to.equal(false);
    for (const name of ['x', 'y']) {
      objects = [configMap('a', 1), configMap(name, 30)];
      const server = await startTlsServer(port, pair);
      server.handle = (request, response) => {
        if (name === 'y' && request.url?.includes('watch=true')) open(response, event('ADDED', configMap('y', 31)));
        else answer(request, response);
      };
      await eventually(() => told.some((line) => line.startsWith(`+${name}@`)));
      await started;
      expect(informer.status()).to.deep.equal({ synced: true });
      await server.stop();
      await eventually(() => informer.status().lastError !== undefined);
    }
  });

  it('ends quietly with its scope, also before the first list', async () => {
    onList = () => true;
    const started = informer.start(scope).catch((error: unknown) => (error as Error).message);
    await eventually(() => lists().length === 1);
    await scope.end();
    expect(await started).to.equal('the test has ended');
    const count = server.requests.length;
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect(server.requests).to.have.length(count);
  });
});

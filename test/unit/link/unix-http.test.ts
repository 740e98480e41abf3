import { expect } from 'chai';
import { createServer } from 'node:net';
import { request } from 'node:http';
import type { IncomingMessage } from 'node:http';
import { mkdtemp, rename, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { KedgeError } from '../../../src/kernel/errors.ts';
import { serveUnixHttp } from '../../../src/link/unix-http.ts';
import type { AdminRequest, AdminRoute } from '../../../src/link/unix-http.ts';
import { testScope } from '../../helpers/test-scope.ts';

describe('JSON over a unix socket', () => {
  let dir: string;
  let path: string;
  let scope: ReturnType<typeof testScope>;
  let seen: AdminRequest[] = [];
  let streamEnded = false;

  async function* numbers(signal: AbortSignal): AsyncGenerator<{ n: number }> {
    try {
      for (let n = 1; !signal.aborted; n++) {
        yield { n };
        await new Promise((resolve) => setImmediate(resolve));
      }
    } finally {
      streamEnded = true;
    }
  }

  const routes: AdminRoute[] = [
    { method: 'GET', path: '/things/:id', handle: (asked) => (seen.push(asked), { id: asked.params['id'], all: asked.query.get('all') }) },
    { method: 'POST', path: '/things', handle: ({ body }) => body },
    { method: 'DELETE', path: '/things/:id', handle: () => undefined },
    { method: 'GET', path: '/conflict', handle: () => Promise.reject(new KedgeError('CONFLICT', 'taken', { hint: 'choose another' })) },
    { method: 'GET', path: '/broken', handle: () => JSON.parse('{') as unknown },
    { method: 'GET', path: '/watch', handle: ({ signal }) => numbers(signal) },
  ];

  beforeEach(async () => {
    dir = await mkdtemp(join(tmpdir(), 'kedge-sock-'));
    path = join(dir, 'admin.sock');
    scope = testScope();
    seen = [];
    streamEnded = false;
  });
  afterEach(async () => {
    await scope.end();
    await rm(dir, { recursive: true });
  });

  function open(method: string, url: string, body?: string): Promise<IncomingMessage> {
    return new Promise((resolve, reject) => {
      request({ socketPath: path, method, path: url }, resolve).on('error', reject).end(body);
    });
  }

  async function ask(method: string, url: string, body?: string): Promise<{ status: number | undefined; json: unknown }> {
    const response = await open(method, url, body);
    let text = '';
    for await (const chunk of response.setEncoding('utf8')) text += String(chunk);
    return { status: response.statusCode, json: text === '' ? undefined : (JSON.parse(text) as unknown) };
  }

  it('answers by method and path', async () => {
    await serveUnixHttp(scope, path, routes);
    expect(await ask('GET', '/things/a%2Fb?all=1')).to.deep.equal({ status: 200, json: { id: 'a/b', all: '1' } });
    expect(await ask('POST', '/things', '{"a":[1]}')).to.deep.equal({ status: 200, json: { a: [1] } });
    expect(await ask('DELETE', '/things/x')).to.deep.equal({ status: 204, json: undefined });
    expect(seen).to.have.length(1);
    expect((await stat(path)).mode & 0o777).to.equal(0o600);
  });

  it('says what it refuses', async () => {
    await serveUnixHttp(scope, path, routes);
    expect(await ask('PUT', '/things/a')).to.deep.equal({
      status: 404,
      json: { code: 'NOT_FOUND', message: 'this daemon has no PUT /things/a' },
    });
    expect(await ask('GET', '/things/%E0')).to.have.property('status', 404);
    expect(await ask('GET', '/conflict')).to.deep.equal({
      status: 409,
      json: { code: 'CONFLICT', message: 'taken', hint: 'choose another' },
    });
    expect(await ask('GET', '/broken')).to.have.property('status', 500);
    expect((await ask('POST', '/things', '{')).json).to.deep.include({ code: 'INVALID_INPUT', message: 'the request body is not JSON' });
    expect(await ask('POST', '/things', `"${'x'.repeat(70_000)}"`)).to.have.property('status', 400);
  });

  it('streams one document a line and ends when the reader goes', async () => {
    await serveUnixHttp(scope, path, routes);
    const response = await open('GET', '/watch');
    let text = '';
    for await (const chunk of response.setEncoding('utf8')) {
      text += String(chunk);
      if (text.split('\n').length > 50) break;
    }
    expect(text.split('\n').slice(0, 3)).to.deep.equal(['{"n":1}', '{"n":2}', '{"n":3}']);
    while (!streamEnded) await new Promise((resolve) => setImmediate(resolve));
  });

  it('replaces a socket that nobody listens on, but not a living one', async () => {
    const first = testScope();
    await serveUnixHttp(first, path, routes);
    const error: unknown = await serveUnixHttp(scope, path, routes).catch((failure: unknown) => failure);
    expect(error).to.be.instanceOf(KedgeError).with.property('code', 'CONFLICT');
    await first.end();

    // What a crash leaves behind: a socket file without a listener.
    const crashed = createServer();
    await new Promise<void>((resolve) => crashed.listen(join(dir, 'other'), resolve));
    await rename(join(dir, 'other'), path);
    await new Promise((resolve) => crashed.close(resolve));
    await serveUnixHttp(scope, path, routes);
    expect((await ask('GET', '/things/a')).status).to.equal(200);
  });

  it('refuses a path that the system would cut off, and one that is a file', async () => {
    const long: unknown = await serveUnixHttp(scope, join(dir, 'x'.repeat(120)), routes).catch((failure: unknown) => failure);
    expect(long).to.be.instanceOf(KedgeError).with.property('code', 'INVALID_INPUT');
    await writeFile(path, 'not a socket');
    const file: unknown = await serveUnixHttp(scope, path, routes).catch((failure: unknown) => failure);
    expect(file).to.be.instanceOf(KedgeError);
  });
});

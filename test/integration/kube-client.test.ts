import { expect } from 'chai';
import { KedgeError } from '../../src/kernel/errors.ts';
import { ApiError, isAlreadyExists, isConflict, isNotFound, toKedgeError } from '../../src/kube/api-error.ts';
import type { KubeClient, WatchEvent } from '../../src/kube/client.ts';
import { createKubeClient } from '../../src/kube/http-client.ts';
import { RESOURCES } from '../../src/protocol/kubernetes.ts';
import { startTlsServer, tlsPair } from '../helpers/tls-server.ts';
import type { TlsServer } from '../helpers/tls-server.ts';

const pod = { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'p', namespace: 'n', resourceVersion: '1' } };

describe('the kube client against a server that misbehaves', () => {
  let server: TlsServer;
  let client: KubeClient;

  beforeEach(async () => {
    server = await startTlsServer();
    client = createKubeClient(server.credentials, { requestTimeoutMs: 500, inactivityMs: 150, maxBodyBytes: 10_000 });
  });
  afterEach(async () => {
    client.close();
    await server.stop();
  });

  const failureOf = async (work: Promise<unknown>): Promise<KedgeError> => {
    const error = await work.then(
      () => undefined,
      (reason: unknown) => reason,
    );
    expect(error, String(error)).to.be.instanceOf(KedgeError);
    return error as KedgeError;
  };
  const status = (code: number, reason: string) =>
    JSON.stringify({ kind: 'Status', status: 'Failure', code, reason, message: `said ${reason}` });

  it('sends all requests over one connection', async () => {
    server.handle = (_, response) => void response.end(JSON.stringify(pod));
    for (let n = 0; n < 20; n += 1) await client.get(RESOURCES.pod, 'p', 'n');
    expect(server.sockets).to.have.length(1);
    expect(server.requests[0]).to.equal('GET /api/v1/namespaces/n/pods/p');
  });

  it('repeats a GET whose kept-alive connection was reset, and nothing else', async () => {
    server.handle = (_, response) => void response.end(JSON.stringify(pod));
    await client.get(RESOURCES.pod, 'p', 'n');
    let resets = 0;
    server.handle = (request, response) => {
      resets += 1;
      if (resets === 1) request.socket.destroy();
      else response.end(JSON.stringify(pod));
    };
    expect(await client.get(RESOURCES.pod, 'p', 'n')).to.deep.equal(pod);
    resets = 0;
    expect((await failureOf(client.create(RESOURCES.pod, pod))).code).to.equal('UNREACHABLE');
    expect(resets).to.equal(1);
  });

  it('tells refusals apart', async () => {
    const answers: [number, string, (error: unknown) => boolean, string][] = [
      [404, 'NotFound', isNotFound, 'NOT_FOUND'],
      [409, 'Conflict', isConflict, 'CONFLICT'],
      [409, 'AlreadyExists', isAlreadyExists, 'CONFLICT'],
      [403, 'Forbidden', (error) => error instanceof ApiError, 'PERMISSION'],
    ];
    for (const [code, reason, test, kedgeCode] of answers) {
      server.handle = (_, response) => void response.writeHead(code).end(status(code, reason));
      const error: unknown = await client.get(RESOURCES.pod, 'p', 'n').catch((thrown: unknown) => thrown);
      expect(test(error), reason).to.equal(true);
      expect(toKedgeError(error).code).to.equal(kedgeCode);
      expect(toKedgeError(error).message).to.contain(`said ${reason}`);
    }
  });

  it('gives up on silence before and within an answer', async () => {
    server.handle = () => undefined;
    expect((await failureOf(client.get(RESOURCES.pod, 'p', 'n'))).code).to.equal('TIMEOUT');
    server.handle = (_, response) => void response.writeHead(200).write('{');
    expect((await failureOf(client.get(RESOURCES.pod, 'p', 'n'))).code).to.equal('TIMEOUT');
  });

  it('stops reading an answer that is too large, broken off or no object', async () => {
    server.handle = (_, response) => void response.end(JSON.stringify({ ...pod, junk: 'x'.repeat(20_000) }));
    expect((await failureOf(client.get(RESOURCES.pod, 'p', 'n'))).message).to.contain('larger than 10000 bytes');
    server.handle = (request, response) => {
      response.writeHead(200, { 'content-length': 100 }).write('{"a":');
      setImmediate(() => request.socket.destroy());
    };
    expect((await failureOf(client.get(RESOURCES.pod, 'p', 'n'))).code).to.equal('UNREACHABLE');
    server.handle = (_, response) => void response.end('<html>a proxy</html>');
    expect((await failureOf(client.get(RESOURCES.pod, 'p', 'n'))).message).to.contain('not a Kubernetes object');
  });

  it('never asks for another path than the one that was meant', async () => {
    for (const name of ['', '.', '..'])
      expect((await failureOf(Promise.resolve().then(() => client.get(RESOURCES.pod, name, 'n')))).code).to.equal('INVALID_INPUT');
    server.handle = (_, response) => void response.end(JSON.stringify(pod));
    await client.get(RESOURCES.pod, 'a/../b?c', 'n');
    expect(server.requests).to.deep.equal(['GET /api/v1/namespaces/n/pods/a%2F..%2Fb%3Fc']);
  });

  it('says that a server is away or not trusted', async () => {
    const stranger = createKubeClient({ ...server.credentials, ca: tlsPair().caPem });
    expect((await failureOf(stranger.get(RESOURCES.pod, 'p', 'n'))).code).to.equal('CERTIFICATE');
    await server.stop();
    const error = await failureOf(client.get(RESOURCES.pod, 'p', 'n'));
    expect(error.code).to.equal('UNREACHABLE');
    expect(error.message).to.contain('ECONNREFUSED');
  });

  describe('watch', () => {
    const read = async (signal = new AbortController().signal, onEvent?: (event: WatchEvent) => void): Promise<WatchEvent[]> => {
      const events: WatchEvent[] = [];
      for await (const event of client.watch(RESOURCES.pod, { signal })) {
        events.push(event);
        onEvent?.(event);
      }
      return events;
    };
    const line = `${JSON.stringify({ type: 'ADDED', object: { ...pod, text: 'ä€' } })}\n`;

    it('reads lines however they are cut, and ends with the answer', async () => {
      server.handle = (_, response) => {
        const bytes = Buffer.from(line + line);
        response.writeHead(200);
        const writeFrom = (index: number): void => {
          if (index >= bytes.length) response.end();
          else response.write(bytes.subarray(index, index + 7), () => setImmediate(writeFrom, index + 7));
        };
        writeFrom(0);
      };
      const events = await read();
      expect(events).to.have.length(2);
      expect(events[1]).to.have.nested.property('object.text', 'ä€');
    });

    it('notices silence', async () => {
      server.handle = (_, response) => void response.writeHead(200).write(line);
      const error = await failureOf(read());
      expect(error.code).to.equal('TIMEOUT');
      expect(error.message).to.contain('silent');
    });

    it('fails on a reset, on a refusal and on an endless line', async () => {
      server.handle = (request, response) => {
        response.writeHead(200).write(line);
        setImmediate(() => request.socket.destroy());
      };
      expect((await failureOf(read())).code).to.equal('UNREACHABLE');
      server.handle = (_, response) => void response.writeHead(410).end(status(410, 'Expired'));
      expect(await read().catch((error: unknown) => (error as ApiError).code)).to.equal(410);
      server.handle = (_, response) => void response.writeHead(200).write('x'.repeat(20_000));
      expect((await failureOf(read())).message).to.contain('longer than 10000 bytes');
    });

    it('ends at once when its signal aborts', async () => {
      server.handle = (_, response) => void response.writeHead(200).write(line);
      const stop = new AbortController();
      const reason = new Error('enough');
      expect(await read(stop.signal, () => stop.abort(reason)).catch((error: unknown) => error)).to.equal(reason);
    });
  });
});

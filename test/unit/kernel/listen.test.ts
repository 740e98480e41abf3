import { createServer } from 'node:net';
import { expect } from 'chai';
import { KedgeError } from '../../../src/kernel/errors.ts';
import { listen } from '../../../src/kernel/listen.ts';
import { silentLogger } from '../../../src/kernel/log.ts';

const HERE = '127.0.0.1';

describe('kernel: listening', () => {
  const servers: ReturnType<typeof createServer>[] = [];
  const server = (): ReturnType<typeof createServer> => {
    const made = createServer();
    servers.push(made);
    return made;
  };
  afterEach(async () => {
    for (const made of servers.splice(0)) await new Promise((resolve) => made.close(resolve));
  });
  const attempt = (address: string, port: number): Promise<unknown> =>
    listen(server(), { address, port }, 'the test', silentLogger).catch((error: unknown) => error);

  it('names the process that holds the port', async () => {
    const port = await listen(server(), { address: HERE, port: 0 }, 'the test', silentLogger);
    const error = await attempt(HERE, port);
    expect(error).to.be.instanceOf(KedgeError).with.property('code', 'PORT_IN_USE');
    expect((error as Error).message).to.equal(`port ${port} on ${HERE}, which the test needs, is in use by node (process ${process.pid})`);
  });

  it('tells an address that is not of this machine', async () => {
    expect(await attempt('192.0.2.1', 0)).to.have.property('code', 'INVALID_INPUT');
  });

  it('survives what fails while it listens', async () => {
    const told: string[] = [];
    const ours = server();
    await listen(ours, { address: HERE, port: 0 }, 'the test', { ...silentLogger, warn: (_, message) => void told.push(message) });
    ours.emit('error', Object.assign(new Error('accept EMFILE'), { code: 'EMFILE' }));
    expect(told).to.deep.equal(['the test could not accept a connection']);
  });
});

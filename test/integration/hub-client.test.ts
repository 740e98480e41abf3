import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';
import { expect } from 'chai';
import { dialHub } from '../../src/link/hub-client.ts';
import type { HubConnection } from '../../src/link/hub-client.ts';
import { ManualClock } from '../helpers/manual-clock.ts';

/** Listens, tells its port, and accepts nobody. */
const DEAF =
  "const s = require('net').createServer().listen({ port: 0, host: '127.0.0.1', backlog: 1 }, () => { require('fs').writeSync(1, String(s.address().port)); Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0); })";

describe('dialling CloudHub', () => {
  let deaf: ChildProcess;
  let port: number;
  const fillers: Socket[] = [];

  /** Once the queue of a listener is full, the kernel answers no SYN, as if there were no host. */
  before(async () => {
    deaf = spawn(process.execPath, ['-e', DEAF], { stdio: ['ignore', 'pipe', 'inherit'] });
    port = Number(((await once(deaf.stdout!, 'data')) as [Buffer])[0].toString());
    for (let connected = true; connected;) {
      const filler = connect(port, '127.0.0.1').on('error', () => undefined);
      fillers.push(filler);
      connected = await Promise.race([
        once(filler, 'connect').then(() => true),
        // After a pause of this process its sockets are looked at before it is said that nothing came.
        new Promise<boolean>((resolve) => setTimeout(() => setImmediate(() => resolve(false)), 300)),
      ]);
    }
  });
  after(async () => {
    for (const filler of fillers) filler.destroy();
    deaf.kill('SIGKILL');
    await once(deaf, 'exit');
  });

  const dial = (to: number, clock: ManualClock): Promise<HubConnection> =>
    dialHub({
      url: `wss://127.0.0.1:${to}/p/edge1/events`,
      headers: {},
      tls: { ca: '', cert: '', key: '' },
      maxMessageBytes: 1_000,
      clock,
      signal: new AbortController().signal,
      onText: () => undefined,
    });

  it('gives up a host that is reached and says nothing after 30 s', async () => {
    const silent = createServer(() => undefined).listen(0, '127.0.0.1');
    await once(silent, 'listening');
    const clock = new ManualClock();
    const dialled = dial((silent.address() as AddressInfo).port, clock).catch((error: unknown) => error);
    await once(silent, 'connection');
    clock.advance(30_000);
    const failure = await dialled;
    expect(failure).to.have.property('code', 'UNREACHABLE');
    expect((failure as Error).message).to.match(/within \d+/);
    silent.close();
  });

  it('gives up a host that does not answer after 4 s, so that the next dial comes soon', async () => {
    const clock = new ManualClock();
    let failure: unknown;
    const dialled = dial(port, clock).catch((error: unknown) => (failure = error));
    await new Promise((resolve) => setImmediate(resolve));
    clock.advance(3_999);
    await new Promise((resolve) => setImmediate(resolve));
    expect(failure).to.equal(undefined);
    clock.advance(1);
    await dialled;
    expect(failure).to.have.property('code', 'UNREACHABLE');
    expect((failure as Error).message).to.contain('no TCP connection within 4000 ms');
  });
});

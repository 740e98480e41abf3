import { expect } from 'chai';
import { NodeSession } from '../../../../../src/daemons/cloud/cloudhub/node-session.ts';
import { silentLogger } from '../../../../../src/kernel/log.ts';
import type { HubSocket } from '../../../../../src/link/hub-server.ts';
import { encodeMessage, newMessage } from '../../../../../src/protocol/message.ts';
import type { Message } from '../../../../../src/protocol/message.ts';
import { ManualClock } from '../../../../helpers/manual-clock.ts';

const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
const route = { source: 'edgecontroller', group: 'resource', operation: 'response', resource: 'default/node/n' };

/** A socket whose network the test controls. */
class Wire implements HubSocket {
  bufferedBytes = 0;
  readonly sent: string[] = [];
  readonly events: string[] = [];
  onText = (): void => undefined;
  onClose = (): void => undefined;
  send(text: string): void {
    this.sent.push(text);
  }
  pause(): void {
    this.events.push('pause');
  }
  resume(): void {
    this.events.push('resume');
  }
  close(reason: string): void {
    this.events.push(`close: ${reason}`);
  }
}

describe('NodeSession', () => {
  let wire: Wire;
  let clock: ManualClock;
  let finish: (() => void)[];
  let session: NodeSession;
  let maxMessageBytes: number;
  const text = (): string => encodeMessage(newMessage({ ...route, operation: 'query' }, null));

  beforeEach(() => {
    wire = new Wire();
    clock = new ManualClock();
    finish = [];
    maxMessageBytes = 1000;
    session = new NodeSession({
      nodeName: 'n',
      socket: wire,
      clock,
      log: silentLogger,
      window: 1,
      get maxMessageBytes() {
        return maxMessageBytes;
      },
      queue: { queuedMessages: 10_000, queuedBytes: 1_000_000 },
      onMessage: () => new Promise<void>((resolve) => finish.push(resolve)),
      onAcked: () => undefined,
      recordDelivery: () => Promise.resolve(),
    });
  });

  it('does not read on while too much is being worked on, and does not call that silence', async () => {
    maxMessageBytes = 100_000;
    for (let count = 0; count < 64; count++) session.receive(text());
    expect(wire.events).to.deep.equal(['pause']);
    clock.advance(100_000);
    expect(session.silence).to.equal(0);
    for (const done of finish.splice(0, 31)) done();
    await settle();
    expect(wire.events).to.deep.equal(['pause']);
    for (const done of finish.splice(0, 1)) done();
    await settle();
    expect(wire.events).to.deep.equal(['pause', 'resume']);
    clock.advance(1_000);
    expect(session.silence).to.equal(1_000);
    session.keepalive();
    expect(session.silence).to.equal(0);
  });

  it('does not read on while what is being worked on is too large, either', async () => {
    const large = (): string => encodeMessage(newMessage({ ...route, operation: 'query' }, 'x'.repeat(400)));
    session.receive(large());
    expect(wire.events).to.deep.equal([]);
    session.receive(large());
    expect(wire.events).to.deep.equal(['pause']);
    finish.shift()!();
    await settle();
    expect(wire.events).to.deep.equal(['pause']);
    finish.shift()!();
    await settle();
    expect(wire.events).to.deep.equal(['pause', 'resume']);
  });

  it('closes on an edge that does not read', () => {
    expect(session.send(newMessage(route, { a: 1 }))).to.equal(true);
    wire.bufferedBytes = 1_999;
    expect(session.send(newMessage(route, { a: 1 }))).to.equal(false);
    expect(wire.events).to.deep.equal(['close: the edge does not read what it is sent']);
  });

  it('keeps back a message that no edge would take', () => {
    expect(session.send(newMessage(route, 'ü'.repeat(500)))).to.equal(false);
    expect(wire.sent).to.deep.equal([]);
    expect(wire.events).to.deep.equal([]);
  });

  it('closes after much nonsense, once', () => {
    for (let count = 0; count < 30; count++) session.receive('nonsense');
    expect(wire.events).to.deep.equal(['close: too many malformed messages']);
  });

  it('takes and gives nothing after its end: a newer session has the word', async () => {
    session.close('replaced');
    session.receive(text());
    expect(finish).to.have.length(0);
    expect(session.send(newMessage(route, { a: 1 }))).to.equal(false);
    await settle();
    expect(wire.sent).to.deep.equal([]);
  });

  it('queues what must be acknowledged', async () => {
    const message: Message = newMessage(
      { ...route, operation: 'insert', resource: 'default/configmap/c' },
      { metadata: { uid: 'u' } },
      { resourceVersion: '1' },
    );
    expect(session.send(message)).to.equal(true);
    expect(session.queued).to.equal(1);
    await settle();
    expect(wire.sent).to.deep.equal([encodeMessage(message)]);
    expect(session.ack(message.header.msg_id)).to.equal(true);
    expect(session.queued).to.equal(0);
  });

  it('tells an edge of KubeEdge no more than it keeps, in order, and answers it at once', () => {
    const membership = (index: number): Message =>
      newMessage({ source: 'devicecontroller', group: 'twin', operation: 'update', resource: 'membership' }, { index });
    const told = (): number[] =>
      wire.sent
        .map((sent) => (JSON.parse(sent) as { content: { index?: number } | null }).content?.index ?? -1)
        .filter((index) => index >= 0);
    for (let index = 0; index < 200; index++) expect(session.send(membership(index))).to.equal(true);
    expect(told()).to.have.length(60);
    session.send(newMessage(route, null));
    expect(wire.sent).to.have.length(61);
    clock.advance(2_000);
    expect(told()).to.deep.equal([...Array(120).keys()]);
    session.close('test');
    clock.advance(10_000);
    expect(told()).to.have.length(120);
  });
});

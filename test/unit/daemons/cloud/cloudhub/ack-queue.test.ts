import { expect } from 'chai';
import { AckQueue } from '../../../../../src/daemons/cloud/cloudhub/ack-queue.ts';
import { newMessage } from '../../../../../src/protocol/message.ts';
import type { Message } from '../../../../../src/protocol/message.ts';
import { ManualClock } from '../../../../helpers/manual-clock.ts';

const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

let ids = 0;
function object(operation: string, name: string, resourceVersion: string, uid = `uid-${name}`, type = 'configmap'): Message {
  ids += 1;
  return newMessage(
    { source: 'edgecontroller', group: 'resource', operation, resource: `default/${type}/${name}` },
    { metadata: { name, namespace: 'default', uid, resourceVersion } },
    { id: `m${ids}`, resourceVersion },
  );
}

describe('AckQueue', () => {
  let clock: ManualClock;
  let sent: Message[];
  let acked: Message[];
  let failures: Message[];
  let prepare: (message: Message) => Promise<void>;
  let transmit: (message: Message) => boolean;
  let queue: AckQueue;
  let hasRoom: boolean;
  const versions = (): string[] => sent.map(({ route, header }) => `${route.operation} ${route.resource} ${header.resourceversion}`);
  const lastId = (): string => sent.at(-1)!.header.msg_id;

  beforeEach(() => {
    clock = new ManualClock();
    hasRoom = true;
    [sent, acked, failures] = [[], [], []];
    prepare = () => Promise.resolve();
    transmit = (message) => sent.push(message) > 0;
    queue = new AckQueue({
      clock,
      random: () => 0.999,
      limits: { queuedMessages: 3, queuedBytes: 100_000 },
      window: 1,
      hasRoom: () => hasRoom,
      prepare: (message) => prepare(message),
      transmit: (message) => transmit(message),
      onAcked: (message) => acked.push(message),
      onFailure: (message) => failures.push(message),
    });
  });

  it('sends one message at a time, the next after the ack', async () => {
    queue.put(object('insert', 'a', '1'));
    queue.put(object('insert', 'b', '2'));
    await settle();
    expect(versions()).to.deep.equal(['insert default/configmap/a 1']);
    expect(queue.ack('unknown')).to.equal(false);
    expect(queue.ack(lastId())).to.equal(true);
    await settle();
    expect(versions()).to.deep.equal(['insert default/configmap/a 1', 'insert default/configmap/b 2']);
    expect(acked).to.have.length(1);
    expect(queue.size).to.equal(1);
  });

  it('sends the same message again every 5 s, four times, then lets others pass and comes back', async () => {
    queue.put(object('insert', 'a', '1'));
    queue.put(object('insert', 'b', '2'));
    await settle();
    const first = lastId();
    for (let resend = 1; resend <= 4; resend++) {
      clock.advance(5_000);
      expect(sent.filter(({ header }) => header.msg_id === first)).to.have.length(1 + resend);
    }
    clock.advance(5_000);
    await settle();
    expect(failures.map(({ header }) => header.msg_id)).to.deep.equal([first]);
    expect(versions().at(-1)).to.equal('insert default/configmap/b 2');
    expect(queue.ack(lastId())).to.equal(true);
    clock.advance(10);
    await settle();
    expect(lastId()).to.equal(first);
  });

  it('takes the late acknowledgement of a message that was given up', async () => {
    queue.put(object('insert', 'a', '1'));
    await settle();
    const first = lastId();
    clock.advance(25_000);
    expect(failures).to.have.length(1);
    expect(queue.ack(first)).to.equal(true);
    expect(acked).to.have.length(1);
    expect(queue.size).to.equal(0);
  });

  it('keeps the newest version of an object only, and a deletion above all', async () => {
    queue.put(object('insert', 'x', '1'));
    await settle();
    queue.put(object('insert', 'a', '2'));
    expect(queue.put(object('update', 'a', '9'))).to.equal(true);
    expect(queue.put(object('update', 'a', '3'))).to.equal(false);
    expect(queue.put(object('update', 'a', '9'))).to.equal(false);
    expect(queue.put(object('delete', 'a', '4'))).to.equal(true);
    expect(queue.put(object('update', 'a', '10'))).to.equal(false);
    queue.ack(lastId());
    await settle();
    expect(versions()).to.deep.equal(['insert default/configmap/x 1', 'delete default/configmap/a 4']);
  });

  it('sends a newer version in place of one that is in flight without an answer', async () => {
    queue.put(object('insert', 'a', '1'));
    await settle();
    queue.put(object('update', 'a', '2'));
    clock.advance(5_000);
    await settle();
    expect(versions()).to.deep.equal(['insert default/configmap/a 1', 'update default/configmap/a 2']);
  });

  it('never deletes the successor of a deleted object', async () => {
    queue.put(object('insert', 'x', '1'));
    await settle();
    queue.put(object('delete', 'a', '5', 'old'));
    queue.put(object('insert', 'a', '6', 'new'));
    queue.put(object('delete', 'a', '', 'old'));
    queue.ack(lastId());
    await settle();
    queue.ack(lastId());
    await settle();
    expect(versions().slice(1)).to.deep.equal(['insert default/configmap/a 6']);
  });

  it('ends the old pod before the new one of the same name', async () => {
    queue.put(object('delete', 'p', '5', 'old', 'pod'));
    queue.put(object('insert', 'p', '6', 'new', 'pod'));
    await settle();
    queue.ack(lastId());
    await settle();
    expect(versions()).to.deep.equal(['delete default/pod/p 5', 'insert default/pod/p 6']);
  });

  it('answers every question, also about the same object', async () => {
    const answer = (parentId: string): Message =>
      newMessage(
        { source: 'edgecontroller', group: 'resource', operation: 'response', resource: 'default/secret/s' },
        { metadata: { name: 's', uid: 'u', resourceVersion: '1' } },
        { parentId, resourceVersion: '1' },
      );
    queue.put(answer('one'));
    queue.put(answer('two'));
    await settle();
    queue.ack(lastId());
    await settle();
    expect(sent.map(({ header }) => header.parent_msg_id)).to.deep.equal(['one', 'two']);
  });

  it('discards what has no version, unless it is about a deletion', async () => {
    const { route, content } = object('insert', 'a', '1');
    expect(queue.put(newMessage({ source: '', group: 'resource', operation: 'insert', resource: route.resource ?? '' }, content))).to.equal(
      false,
    );
    expect(queue.put(newMessage({ source: '', group: 'resource', operation: 'delete', resource: 'default/pod/p' }, {}))).to.equal(true);
    const dying = { metadata: { name: 'b', uid: 'b', deletionTimestamp: '2026-01-01T00:00:00Z' } };
    expect(queue.put(newMessage({ source: '', group: 'resource', operation: 'update', resource: 'default/pod/b' }, dying))).to.equal(true);
  });

  it('tries again what could not be prepared, and refuses what is beyond its limit', async () => {
    let broken = true;
    prepare = () => (broken ? Promise.reject(new Error('the API is away')) : Promise.resolve());
    queue.put(object('insert', 'a', '1'));
    await settle();
    expect(failures).to.have.length(1);
    expect(sent).to.have.length(0);
    expect(queue.put(object('insert', 'b', '1'))).to.equal(true);
    expect(queue.put(object('insert', 'c', '1'))).to.equal(true);
    expect(queue.put(object('insert', 'd', '1'))).to.equal(false);
    broken = false;
    await settle();
    clock.advance(100);
    await settle();
    expect(sent).to.have.length(1);
  });

  it('lets others pass at once when a message cannot be sent', async () => {
    transmit = (message) => {
      if (message.route.resource === 'default/configmap/deep') throw new RangeError('Maximum call stack size exceeded');
      return message.route.resource !== 'default/configmap/huge' && sent.push(message) > 0;
    };
    queue.put(object('insert', 'huge', '1'));
    queue.put(object('insert', 'deep', '2'));
    queue.put(object('insert', 'a', '3'));
    await settle();
    expect(versions()).to.deep.equal(['insert default/configmap/a 3']);
    expect(failures).to.have.length(2);
    expect(queue.size).to.equal(3);
  });

  it('transmits nothing after its end', async () => {
    queue.put(object('insert', 'a', '1'));
    await settle();
    queue.close();
    clock.advance(60_000);
    expect(queue.put(object('insert', 'b', '1'))).to.equal(false);
    expect(sent).to.have.length(1);
  });

  describe('with a limit of bytes', () => {
    const sized = (name: string, size: number, resourceVersion = '1'): Message => {
      const message = object('insert', name, resourceVersion);
      return { ...message, content: { ...(message.content as object), data: 'x'.repeat(size) } };
    };
    beforeEach(() => {
      queue = new AckQueue({
        clock,
        random: () => 0.999,
        limits: { queuedMessages: 100, queuedBytes: 5_000 },
        window: 1,
        hasRoom: () => hasRoom,
        prepare: (message) => prepare(message),
        transmit: (message) => transmit(message),
        onAcked: (message) => acked.push(message),
        onFailure: (message) => failures.push(message),
      });
    });

    it('refuses what is more, and takes it once there is room', async () => {
      expect(queue.put(sized('a', 2_000))).to.equal(true);
      expect(queue.put(sized('b', 2_000))).to.equal(true);
      expect(queue.put(sized('c', 2_000))).to.equal(false);
      // A newer version takes the place of the older one, if there is room for it.
      expect(queue.put(sized('b', 2_100, '2'))).to.equal(true);
      expect(queue.put(sized('b', 3_000, '3'))).to.equal(false);
      await settle();
      queue.ack(lastId());
      // The older one is in flight by now, and counts until it is acknowledged.
      expect(queue.put(sized('b', 3_000, '3'))).to.equal(false);
      expect(queue.put(sized('b', 2_000, '3'))).to.equal(true);
      await settle();
      queue.ack(lastId());
      await settle();
      queue.ack(lastId());
      expect(queue.size).to.equal(0);
      expect(queue.put(sized('c', 4_000))).to.equal(true);
    });

    it('takes a single message however large it is', () => {
      expect(queue.put(sized('a', 10_000))).to.equal(true);
      expect(queue.put(sized('b', 1))).to.equal(false);
    });

    it('counts what rests, what comes back and what is acknowledged late', async () => {
      queue.put(sized('a', 2_000));
      await settle();
      const first = lastId();
      clock.advance(25_000);
      await settle();
      expect(failures).to.have.length(1);
      expect(queue.put(sized('b', 3_000))).to.equal(false);
      clock.advance(5);
      await settle();
      expect(queue.put(sized('b', 3_000))).to.equal(false);
      expect(queue.ack(first)).to.equal(true);
      expect(queue.put(sized('b', 4_500))).to.equal(true);
    });
  });

  describe('with a window', () => {
    beforeEach(() => {
      queue = new AckQueue({
        clock,
        random: () => 0.999,
        limits: { queuedMessages: 10, queuedBytes: 100_000 },
        window: 3,
        hasRoom: () => hasRoom,
        prepare: (message) => prepare(message),
        transmit: (message) => transmit(message),
        onAcked: (message) => acked.push(message),
        onFailure: (message) => failures.push(message),
      });
    });
    const names = (): string[] => sent.map(({ route }) => route.resource!.split('/')[2]!);

    it('keeps that many in flight, and takes their acknowledgements in any order', async () => {
      for (const name of ['a', 'b', 'c', 'd', 'e']) queue.put(object('insert', name, '1'));
      await settle();
      expect(names()).to.deep.equal(['a', 'b', 'c']);
      expect(queue.ack(sent[1]!.header.msg_id)).to.equal(true);
      await settle();
      expect(names()).to.deep.equal(['a', 'b', 'c', 'd']);
      expect(queue.ack(sent[1]!.header.msg_id)).to.equal(false);
      for (const { header } of [sent[3]!, sent[0]!, sent[2]!]) queue.ack(header.msg_id);
      await settle();
      expect(names().at(-1)).to.equal('e');
      expect(queue.size).to.equal(1);
    });

    it('sends in the order in which they came, however long each takes to be prepared', async () => {
      const ready = new Map<string, () => void>();
      prepare = ({ route }) => new Promise((resolve) => ready.set(route.resource!.split('/')[2]!, resolve));
      for (const name of ['model', 'device', 'other']) queue.put(object('insert', name, '1'));
      ready.get('device')!();
      ready.get('other')!();
      await settle();
      expect(names()).to.deep.equal([]);
      ready.get('model')!();
      await settle();
      expect(names()).to.deep.equal(['model', 'device', 'other']);
    });

    it('has one version of an object in flight', async () => {
      queue.put(object('insert', 'a', '1'));
      queue.put(object('insert', 'b', '1'));
      await settle();
      queue.put(object('update', 'a', '2'));
      queue.put(object('update', 'a', '3'));
      await settle();
      expect(versions()).to.deep.equal(['insert default/configmap/a 1', 'insert default/configmap/b 1']);
      queue.ack(sent[0]!.header.msg_id);
      await settle();
      expect(versions().at(-1)).to.equal('update default/configmap/a 3');
    });

    it('goes on with the others when one cannot be prepared', async () => {
      prepare = ({ route }) => (route.resource!.endsWith('/a') ? Promise.reject(new Error('no')) : Promise.resolve());
      for (const name of ['a', 'b', 'c', 'd']) queue.put(object('insert', name, '1'));
      await settle();
      await settle();
      expect(names()).to.deep.equal(['b', 'c', 'd']);
      expect(failures).to.have.length(1);
    });

    it('adds nothing to a network that is full, new or again, and goes on with the acknowledgements', async () => {
      hasRoom = false;
      for (const name of ['a', 'b', 'c']) queue.put(object('insert', name, '1'));
      await settle();
      expect(names()).to.deep.equal(['a']);
      clock.advance(60_000);
      expect(names()).to.deep.equal(['a']);
      queue.ack(sent[0]!.header.msg_id);
      expect(names()).to.deep.equal(['a', 'b']);
      hasRoom = true;
      queue.ack(sent[1]!.header.msg_id);
      clock.advance(5_000);
      expect(names()).to.deep.equal(['a', 'b', 'c', 'c']);
      expect(failures).to.deep.equal([]);
    });

    it('lets nothing overtake an object whose older version is in flight', async () => {
      queue.put(object('update', 'a', '1'));
      await settle();
      queue.put(object('delete', 'a', '2'));
      queue.put(object('insert', 'b', '3'));
      await settle();
      expect(names()).to.deep.equal(['a']);
      queue.ack(sent[0]!.header.msg_id);
      await settle();
      expect(versions().slice(1)).to.deep.equal(['delete default/configmap/a 2', 'insert default/configmap/b 3']);
    });

    it('arms nothing more when a transmission has closed it', async () => {
      transmit = () => {
        queue.close();
        return false;
      };
      queue.put(object('insert', 'a', '1'));
      await settle();
      clock.advance(2_000_000);
      expect([failures, queue.size]).to.deep.equal([[], 0]);
    });

    it('sends each again by itself', async () => {
      for (const name of ['a', 'b']) queue.put(object('insert', name, '1'));
      await settle();
      queue.ack(sent[0]!.header.msg_id);
      clock.advance(5_000);
      expect(names()).to.deep.equal(['a', 'b', 'b']);
    });
  });
});

import { expect } from 'chai';
import { readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { EdgeEvents } from '../../../../../src/daemons/edge/events.ts';
import { MetaManager } from '../../../../../src/daemons/edge/metamanager/meta-manager.ts';
import type { CloudRequest } from '../../../../../src/daemons/edge/metamanager/meta-manager.ts';
import { Bus } from '../../../../../src/kernel/bus.ts';
import { systemClock } from '../../../../../src/kernel/clock.ts';
import { newMessage } from '../../../../../src/protocol/message.ts';
import type { Message } from '../../../../../src/protocol/message.ts';
import { openDatabase } from '../../../../../src/store/database.ts';
import type { Database } from '../../../../../src/store/database.ts';
import { EDGE_MIGRATIONS } from '../../../../../src/store/edge-schema.ts';
import { testScope } from '../../../../helpers/test-scope.ts';
import type { TestScope } from '../../../../helpers/test-scope.ts';

interface Recorded {
  version: string;
  kind: 'push' | 'answer';
  request?: Message;
  message: Message;
  ack: Message | null;
}

const recorded = readFileSync(new URL('../../../../fixtures/captures/acks.jsonl', import.meta.url), 'utf8')
  .trim()
  .split('\n')
  .map((line) => JSON.parse(line) as Recorded);

const WEB = { namespace: 'default', type: 'pod', name: 'web' };

describe('MetaManager', () => {
  let folder: string;
  let db: Database;
  let sent: Message[];
  let answer: Message;
  let facts: string[];
  let meta: MetaManager;
  let scope: TestScope;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'kedge-meta-'));
    db = openDatabase(join(folder, 'data.db'), EDGE_MIGRATIONS);
    scope = testScope();
    sent = [];
    facts = [];
    const bus = new Bus<EdgeEvents>();
    bus.on(scope, 'objectStored', ({ name, object }) => {
      facts.push(`stored ${name} ${object.metadata.resourceVersion ?? ''} after ${sent.length} acks`);
    });
    bus.on(scope, 'objectDeleted', ({ name, object }) => {
      facts.push(`deleted ${name} ${object?.metadata.uid ?? 'unknown'}`);
    });
    meta = new MetaManager({
      db,
      bus,
      send: (message) => sent.push(message) > 0,
      isConnected: () => true,
      isKedgeCloud: () => true,
      clock: systemClock,
      request: (message) => Promise.resolve({ ...answer, header: { ...answer.header, parent_msg_id: message.header.msg_id } }),
    });
    await meta.start(scope);
  });

  afterEach(async () => {
    await scope.end();
    db.close();
    await rm(folder, { recursive: true });
  });

  const push = (operation: string, object: object, resourceVersion?: string, resource = 'default/pod/web'): Message =>
    newMessage(
      { source: 'edgecontroller', group: 'resource', operation, resource },
      object,
      resourceVersion === undefined ? {} : { resourceVersion },
    );
  const pod = (uid: string, resourceVersion: string, extra: object = {}): object => ({
    metadata: { name: 'web', namespace: 'default', uid, resourceVersion, ...extra },
  });

  for (const version of ['v1.14.5', 'v1.18.3', 'v1.19.2']) {
    it(`acknowledges what the cloud sends as the edge of ${version} did`, async () => {
      const pushes = recorded.filter((entry) => entry.version === version && entry.kind === 'push');
      expect(pushes).to.have.length.greaterThan(20);
      for (const { message, ack } of pushes) {
        sent.length = 0;
        await meta.receive(message);
        expect(sent).to.have.length(1);
        expect(sent[0]?.route, JSON.stringify(message.route)).to.deep.equal(ack?.route);
        expect(sent[0]?.content).to.equal(ack?.content);
        expect(sent[0]?.header.parent_msg_id).to.equal(message.header.msg_id);
      }
    });

    it(`acknowledges answers as the edge of ${version} did`, async () => {
      const answers = recorded.filter((entry) => entry.version === version && entry.kind === 'answer');
      expect(answers).to.have.length.greaterThan(10);
      for (const { request, message, ack } of answers) {
        sent.length = 0;
        answer = message;
        const { operation, resource } = request!.route;
        await meta.remoteRequest({ operation, resource, content: request!.content } as CloudRequest);
        expect(
          sent.map(({ route, content, header }) => ({ route, content, parent: header.parent_msg_id })),
          `${operation!} ${resource!}`,
        ).to.deep.equal(ack === null ? [] : [{ route: ack.route, content: ack.content, parent: message.header.msg_id }]);
      }
    });
  }

  it('commits, acknowledges, then tells', async () => {
    await meta.receive(push('insert', pod('u1', '5'), '5'));
    expect(meta.get(WEB)).to.deep.equal({ apiVersion: 'v1', kind: 'Pod', ...pod('u1', '5') });
    expect(facts).to.deep.equal(['stored web 5 after 1 acks']);
    expect(db.prepare('SELECT * FROM meta_v2').get()).to.include({
      key: '/core/v1/pods/default/web',
      group_version_resource: '/v1, Resource=pods',
      namespace: 'default',
      name: 'web',
      resource_version: 5,
    });
  });

  it('acknowledges an old version of the same object without storing it', async () => {
    await meta.receive(push('insert', pod('u1', '10'), '10'));
    await meta.receive(push('update', pod('u1', '9', { labels: { old: 'yes' } }), '9'));
    await meta.receive(push('update', pod('u1', '10'), '10'));
    expect(sent).to.have.length(3);
    expect(facts).to.have.length(1);
    expect(meta.get(WEB)?.metadata.labels).to.equal(undefined);
  });

  it('takes another object of the same name whatever its version', async () => {
    await meta.receive(push('insert', pod('u1', '10'), '10'));
    await meta.receive(push('update', pod('u2', '3'), '3'));
    expect(meta.get(WEB)?.metadata.uid).to.equal('u2');
  });

  it('deletes by uid alone, and nothing for a foreign uid', async () => {
    await meta.receive(push('insert', pod('u2', '10'), '10'));
    await meta.receive(push('delete', { metadata: { name: 'web', namespace: 'default', uid: 'u1' } }));
    expect(meta.get(WEB)).to.not.equal(undefined);
    await meta.receive(push('delete', { metadata: { name: 'web', namespace: 'default', uid: 'u2' } }));
    expect(meta.get(WEB)).to.equal(undefined);
    expect(sent).to.have.length(3);
    expect(facts.slice(1)).to.deep.equal(['deleted web u2']);
    expect(db.prepare('SELECT count(*) AS n FROM meta_v2').get()).to.deep.equal({ n: 0 });
  });

  it('answers what cannot be stored with an error, so that the cloud sends it again', async () => {
    await meta.receive(push('insert', { nonsense: true }));
    await meta.receive(push('insert', pod('u1', '1'), '1', 'not-a-resource'));
    db.exec('DROP TABLE meta_v2');
    await meta.receive(push('insert', pod('u1', '1'), '1'));
    expect(sent.map(({ route }) => route.operation)).to.deep.equal(['error', 'error', 'error']);
    expect(facts).to.deep.equal([]);
    expect(meta.get(WEB), 'one transaction for both tables').to.equal(undefined);
  });

  it('lists by type and namespace', async () => {
    await meta.receive(push('insert', pod('u1', '1'), '1', 'default/pod/a'));
    await meta.receive(push('insert', pod('u2', '1'), '1', 'default-2/pod/b'));
    await meta.receive(push('insert', pod('u3', '1'), '1', 'default/configmap/c'));
    const uids = (type: string, namespace?: string): unknown[] => meta.list(type, namespace).map(({ metadata }) => metadata.uid);
    expect(uids('pod')).to.have.members(['u1', 'u2']);
    expect(uids('pod', 'default')).to.deep.equal(['u1']);
  });

  it('unwraps the answer and stores it', async () => {
    answer = push('response', { Object: pod('u9', '7'), Err: null });
    const got = await meta.remoteRequest({ operation: 'query', resource: 'default/pod/web', content: null });
    expect(got).to.deep.equal({ ok: true, content: pod('u9', '7') });
    expect(meta.get(WEB)?.metadata.uid).to.equal('u9');
  });

  it('acknowledges an answer that the cloud repeats', async () => {
    const repeated = push('response', pod('u9', '7'));
    await meta.receive(repeated);
    expect(sent.map(({ header, route }) => [route.operation, header.parent_msg_id])).to.deep.equal([['response', repeated.header.msg_id]]);
  });
});

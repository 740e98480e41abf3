import { expect } from 'chai';
import type { Logger } from '../../src/kernel/log.ts';
import { silentLogger } from '../../src/kernel/log.ts';
import { newMessage } from '../../src/protocol/message.ts';
import type { Message } from '../../src/protocol/message.ts';
import { TestEdge, startCloud } from '../helpers/test-cloud.ts';
import type { TestCloud } from '../helpers/test-cloud.ts';

/** Numbers in [0, 1) that are the same in every run. */
function numbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

const SOURCES = [
  'edged',
  'metamanager',
  'metaserver',
  'twin',
  'bus',
  'servicebus',
  'websocket',
  'cloudhub',
  'edgecontroller',
  'constructor',
  '',
];
const GROUPS = ['meta', 'resource', 'user', 'twin', 'hub', 'dynamiccontroller', 'taskmanager', ''];
const OPERATIONS = [
  ...['insert', 'update', 'delete', 'query', 'patch', 'response', 'error', 'upload', 'keepalive', 'get', 'null', 'applicationResponse'],
  ...['upgrade', 'prepull', 'UpdateNodeActionStatus', 'ping', 'createvolume', 'POST', 'toString', ''],
];
const TYPES = [
  ...['node', 'nodepatch', 'nodestatus', 'pod', 'podpatch', 'podstatus', 'lease', 'configmap', 'secret', 'event', 'serviceaccounttoken'],
  ...['persistentvolume', 'persistentvolumeclaim', 'volumeattachment', 'certificatesigningrequest', 'volume', 'rulestatus', '__proto__'],
];
const RESOURCES = [
  ...[
    '',
    '/',
    '//',
    'null',
    'k8s/ca.crt',
    'watchapp/sync',
    'default/podstatus',
    'membership/detail',
    'device/a/b/twin/edge_updated',
    '../..',
  ],
  ...['task/t1/node/edge2', 'operations.kubeedge.io/v1alpha2/nodeupgradejob/j/node/edge1', '$hw/events/upload/#', 'a'.repeat(2_000)],
];

describe('whatever an edge sends to the cloud', function () {
  this.timeout(60_000);
  let cloud: TestCloud;
  let edge: TestEdge;
  const warnings: Record<string, unknown>[] = [];
  const log: Logger = { ...silentLogger, warn: (fields) => warnings.push({ ...fields }), child: () => log };

  before(async () => {
    cloud = await startCloud({ log });
    edge = await TestEdge.connect(cloud, 'edge1');
  });
  after(async () => {
    await edge.disconnect();
    await cloud.stop();
  });

  it('the session and the process live on, and a good request after it is answered', async () => {
    const random = numbers(4_711);
    const one = <T>(values: readonly T[]): T => values[Math.floor(random() * values.length)] as T;
    const value = (depth: number): unknown => {
      const leaves = [null, true, 0, -1, 1e308, '', 'x', 'null', '{"status":{}}', '[', 'edge1', '\u0000', []];
      if (depth === 0 || random() < 0.4) return one(leaves);
      if (random() < 0.3) return [value(depth - 1), value(depth - 1)];
      const keys = [
        'metadata',
        'spec',
        'status',
        'name',
        'uid',
        'labels',
        'Status',
        'twin',
        'event',
        'patchData',
        'Key',
        'Nodename',
        '$patch',
        '__proto__',
      ];
      return JSON.parse(
        `{${keys
          .filter(() => random() < 0.3)
          .map((key) => `"${key}":${JSON.stringify(value(depth - 1))}`)
          .join(',')}}`,
      ) as unknown;
    };
    const resource = (): string =>
      random() < 0.3
        ? one(RESOURCES)
        : `${one(['default', 'null', 'kube-node-lease', 'x'])}/${one(TYPES)}/${one(['edge1', 'edge2', 'a.b', 'x', ''])}`;
    const message = (): Message => {
      const route = { source: one(SOURCES), group: one(GROUPS), operation: one(OPERATIONS), resource: resource() };
      return newMessage(route, value(4), random() < 0.2 ? { parentId: one(['', 'x', 'constructor']) } : {});
    };
    for (let round = 0; round < 12; round += 1) {
      for (let count = 0; count < 80; count += 1) edge.sendText(`${JSON.stringify(message())}\n`);
      edge.sendText(one(['{"header":1}', '[]', 'nonsense', '{"header":{"msg_id":7}}', '{"header":{"msg_id":"x"},"route":{"source":{}}}']));
      const { content } = await edge.ask({ operation: 'query', resource: 'default/node/edge1' });
      expect(content, `round ${round}`).to.be.an('object');
    }
    expect((await cloud.status()).modules.find(({ name }) => name === 'cloudhub')?.facts).to.include({ sessions: 1 });
  });

  describe('what nobody takes', () => {
    const dropped = async (route: Partial<Message['route']>): Promise<Record<string, unknown> | undefined> => {
      const own = await TestEdge.connect(cloud, 'edge3');
      const before = warnings.length;
      own.tell(route, null);
      own.tell(route, null);
      await own.ask({ operation: 'query', resource: 'default/node/edge3' });
      await own.disconnect();
      const told = warnings.slice(before).filter(({ resource }) => resource === route.resource);
      expect(told).to.have.length(1);
      return told[0];
    };

    it('is told once, not with every message', async () => {
      expect(await dropped({ source: 'bus', group: 'user', operation: 'upload', resource: 'default/x' })).to.include({
        reason: 'no rule takes this message',
      });
      const task = { source: 'websocket', group: 'hub', operation: 'upgrade', resource: 'task/t1/node/edge3' };
      expect(await dropped(task)).to.include({ reason: 'no task of this name is under way' });
      const volume = { source: 'edged', group: 'resource', operation: 'response', resource: 'default/volume/v1' };
      expect(await dropped(volume)).to.include({ reason: 'no volume driver waits for this answer' });
      expect(await dropped({ source: 'edgecontroller', operation: 'update', resource: 'default/pod/p' })).to.have.property('reason');
    });
  });

  describe('of its MetaServer', () => {
    const route = { source: 'metaserver', group: 'dynamiccontroller', operation: 'null', resource: 'null' };
    const application = {
      ID: 'abc',
      Key: '/core/v1/configmaps/default/cm1',
      Verb: 'get',
      Nodename: 'edge1',
      Option: 'e30=',
      ReqBody: null,
      Status: 'InApplying',
    };

    it('is rejected at once, in the form that the edge reads', async () => {
      const answer = await edge.ask(route, application);
      expect(answer.route).to.deep.equal({
        source: 'dynamiccontroller',
        group: 'resource',
        operation: 'applicationResponse',
        resource: 'ignore/Application/ignore',
      });
      const { ID, Key, Verb, Nodename, Status, Error: error, RespBody } = answer.content as Record<string, never>;
      expect({ ID, Key, Verb, Nodename, Status, RespBody }).to.deep.equal({
        ...{ ID: 'abc', Key: application.Key, Verb: 'get', Nodename: 'edge1', Status: 'Rejected', RespBody: null },
      });
      expect(error).to.have.nested.property('ErrStatus.code', 503);
    });

    it('is refused in the name of another node, and when it is nothing', async () => {
      const foreign = await edge.ask(route, { ...application, Nodename: 'edge2' });
      expect(foreign.content).to.include({ Status: 'Rejected', Reason: 'node name "edge2" is not allowed' });
      expect((await edge.ask(route, 'nonsense')).content)
        .to.include({ Status: 'Rejected' })
        .and.have.property('Reason')
        .that.contains('not an object');
    });

    it('hears which of its watches failed: all', async () => {
      const { route: answered, content } = await edge.ask(
        { ...route, resource: 'watchapp/sync' },
        { abc: { ...application, Verb: 'watch' }, def: 1 },
      );
      expect(answered).to.include({ operation: 'applicationResponse', resource: 'watchapp/sync' });
      expect(content).to.have.all.keys('abc', 'def').and.have.nested.property('abc.Status', 'Rejected');
    });
  });
});

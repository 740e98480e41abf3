import { expect } from 'chai';
import { readFileSync } from 'node:fs';
import { unlessMissing } from '../../src/kube/unless-missing.ts';
import { RESOURCES } from '../../src/protocol/kubernetes.ts';
import type { KubeObject, Pod } from '../../src/protocol/kubernetes.ts';
import { isRecord } from '../../src/protocol/message.ts';
import type { Message } from '../../src/protocol/message.ts';
import { TestEdge, startCloud } from '../helpers/test-cloud.ts';
import type { TestCloud } from '../helpers/test-cloud.ts';

interface Question {
  version: string;
  request: Message;
  answer: { route: Message['route']; versioned: boolean; content: unknown };
}

const questions = readFileSync(new URL('../fixtures/captures/questions.jsonl', import.meta.url), 'utf8')
  .trim()
  .split('\n')
  .map((line) => JSON.parse(line) as Question);

const POD_UID = /"uid":"[0-9a-f-]{36}"/g;

/** What matters of an answer's content: strings and errors as they are, of objects their kind. */
function shapeOf(content: unknown): unknown {
  if (!isRecord(content)) return content;
  if (isRecord(content['ErrStatus'])) {
    const { status, reason, code } = content['ErrStatus'];
    return { ErrStatus: { status, reason, code } };
  }
  // On failures KubeEdge puts null or an empty object beside the error.
  if ('Err' in content) return { Object: content['Err'] === null ? 'object' : null, Err: shapeOf(content['Err']) };
  return { apiVersion: content['apiVersion'], kind: content['kind'] };
}

for (const version of ['v1.14.5', 'v1.18.3']) {
  describe(`what an edgecore ${version} was recorded to ask`, function () {
    this.timeout(60_000);
    let cloud: TestCloud;
    let edge: TestEdge;
    let pod: Pod;
    let lease: KubeObject | undefined;

    before(async () => {
      cloud = await startCloud();
      const create = (resource: Parameters<TestCloud['kube']['create']>[0], object: object): Promise<KubeObject> =>
        cloud.kube.create(resource, object as KubeObject, 'default');
      await create(RESOURCES.configMap, { metadata: { name: 'cm1' }, data: { hello: 'world' } });
      await create(RESOURCES.secret, { metadata: { name: 'sec1' }, data: { pw: 'czNjcmV0' } });
      await create(RESOURCES.device, { metadata: { name: 'sensor1' }, spec: { nodeName: 'edge1', properties: [{ name: 'temperature' }] } });
      const envFrom = [{ configMapRef: { name: 'cm1' } }, { configMapRef: { name: 'does-not-exist' } }, { secretRef: { name: 'sec1' } }];
      const containers = [{ name: 'c', image: 'busybox', envFrom }];
      pod = await create(RESOURCES.pod, { metadata: { name: 'full' }, spec: { nodeName: 'edge1', containers } });
      edge = await TestEdge.connect(cloud, 'edge1');
      await edge.pushed('insert', 'default/pod/full');
    });
    after(async () => {
      await edge.disconnect();
      await cloud.stop();
    });

    /** A lease goes with its owner, which has another uid here. */
    const ownedByNode = async (recorded: KubeObject): Promise<KubeObject> => {
      const node = await unlessMissing(cloud.kube.get(RESOURCES.node, 'edge1'));
      const ownerReferences = recorded.metadata.ownerReferences?.map((owner) => ({ ...owner, uid: node?.metadata.uid ?? owner.uid }));
      return { ...recorded, metadata: { ...recorded.metadata, ...(ownerReferences && { ownerReferences }) } };
    };
    /** The recorded content about this run's objects. */
    const contentNow = async ({ route, content }: Message): Promise<unknown> => {
      const { resource = '', operation } = route;
      if (/^kube-node-lease/.test(resource) && operation === 'update') return { ...(content as object), metadata: lease?.metadata };
      if (/^kube-node-lease/.test(resource) && operation === 'insert') return ownedByNode(content as KubeObject);
      if (!/\/(podpatch|pod)\//.test(resource)) return content;
      const ours = (text: string): string => text.replace(POD_UID, `"uid":"${pod.metadata.uid ?? ''}"`);
      return typeof content === 'string' ? ours(content) : (JSON.parse(ours(JSON.stringify(content))) as unknown);
    };

    for (const { request, answer } of questions.filter((question) => question.version === version)) {
      it(`${request.route.operation ?? ''} ${request.route.resource ?? ''}: ${JSON.stringify(shapeOf(answer.content))}`, async () => {
        const given = await edge.ask(request.route, await contentNow(request));
        expect(given.route).to.deep.equal(answer.route);
        expect(shapeOf(given.content)).to.deep.equal(shapeOf(answer.content));
        expect(given.header.resourceversion !== undefined).to.equal(answer.versioned);
        if (/\/lease\//.test(request.route.resource ?? '') && isRecord(given.content) && given.content['Object'] !== null) {
          lease = given.content['Object'] as KubeObject;
        }
      });
    }
  });
}

import { expect } from 'chai';
import { readFileSync } from 'node:fs';
import { parseDeviceReport } from '../../../src/protocol/device-report.ts';
import { RESOURCES } from '../../../src/protocol/kubernetes.ts';
import type { ApiResource, KubeObject } from '../../../src/protocol/kubernetes.ts';
import { newMessage } from '../../../src/protocol/message.ts';
import type { Message } from '../../../src/protocol/message.ts';
import { fingerprintOf, objectMessage } from '../../../src/protocol/object-message.ts';
import { compareVersions } from '../../../src/protocol/resource-version.ts';

const frames = readFileSync(new URL('../../fixtures/captures/frames.jsonl', import.meta.url), 'utf8')
  .trim()
  .split('\n')
  .map((line) => JSON.parse(line) as { dir: string; decoded: Message });
const KINDS: Record<string, ApiResource> = {
  pod: RESOURCES.pod,
  configmap: RESOURCES.configMap,
  secret: RESOURCES.secret,
  device: RESOURCES.device,
  devicemodel: RESOURCES.deviceModel,
};

describe('messages that carry objects', () => {
  it('are those that KubeEdge was recorded to send', () => {
    let compared = 0;
    for (const { dir, decoded } of frames) {
      const { source = '', operation = '', resource = '' } = decoded.route;
      const kind = KINDS[resource.split('/')[1] ?? ''];
      const object = decoded.content as KubeObject;
      if (dir !== 'cloud->edge' || kind === undefined || !['insert', 'update', 'delete'].includes(operation) || object.kind === undefined)
        continue;
      if (object.apiVersion === 'devices.kubeedge.io/v1alpha2') continue;
      const { metadata, ...rest } = structuredClone(object);
      delete metadata.managedFields;
      const ours = objectMessage({ source, resource: kind, object }, operation as 'insert');
      expect(ours.route).to.deep.equal(decoded.route);
      expect(ours.header.resourceversion).to.equal(decoded.header.resourceversion);
      expect(ours.content).to.deep.equal({ ...rest, metadata });
      compared += 1;
    }
    expect(compared).to.be.greaterThan(10);
  });
});

describe('the fingerprint of an object', () => {
  const pod = { metadata: { name: 'p', uid: 'u', resourceVersion: '1', labels: { a: 'b' } }, spec: { x: 1 }, status: { phase: 'Pending' } };

  it('stays when only status and bookkeeping change', () => {
    const later = {
      ...pod,
      kind: 'Pod',
      status: { phase: 'Running' },
      metadata: { ...pod.metadata, resourceVersion: '9', generation: 3, managedFields: [] },
    };
    expect(fingerprintOf(later)).to.equal(fingerprintOf(pod));
  });

  it('changes with spec, labels and the beginning of a deletion', () => {
    const changed = [
      { ...pod, spec: { x: 2 } },
      { ...pod, metadata: { ...pod.metadata, labels: { a: 'c' } } },
      { ...pod, metadata: { ...pod.metadata, deletionTimestamp: '2026-01-01T00:00:00Z' } },
    ];
    for (const object of changed) expect(fingerprintOf(object)).not.to.equal(fingerprintOf(pod));
  });
});

describe('resourceVersions', () => {
  it('are compared as numbers of any size', () => {
    expect(compareVersions('10', '9')).to.be.greaterThan(0);
    expect(compareVersions('18446744073709551615', '18446744073709551614')).to.be.greaterThan(0);
    expect(compareVersions('7', '7')).to.equal(0);
    expect(compareVersions(undefined, '1')).to.be.lessThan(0);
    expect(compareVersions('x', '')).to.equal(0);
  });
});

describe('reports of devices', () => {
  const report = (resource: string, content: unknown): ReturnType<typeof parseDeviceReport> =>
    parseDeviceReport(newMessage({ source: 'twin', group: 'resource', operation: 'update', resource }, content));

  it('are read from every recorded edge', () => {
    const reports = frames
      .map(({ decoded }) => decoded)
      .filter(({ route }) => /^device\/.*(edge_updated|state\/update)$/.test(route.resource ?? ''));
    expect(reports).to.have.length.greaterThan(2);
    for (const message of reports) {
      const parsed = parseDeviceReport(message);
      expect(parsed?.id).to.be.oneOf(['sensor1', 'default/sensor1']);
      expect(parsed!.twins.size > 0 || parsed?.state === 'online').to.equal(true);
    }
  });

  it('keep value, time and type of each side', () => {
    const twin = {
      a: { actual: { value: '1', metadata: { timestamp: 5 } }, expected: { value: '2' }, metadata: { type: 'int' } },
      b: null,
      c: {},
    };
    const parsed = report('device/ns/d/twin/edge_updated', { event_id: '', timestamp: 1, twin });
    expect(Object.fromEntries(parsed?.twins ?? [])).to.deep.equal({
      a: { actual: { value: '1', timestamp: 5, type: 'int' }, expected: { value: '2', type: 'int' } },
      c: {},
    });
  });

  it('are nothing when they are malformed or about something else', () => {
    expect(report('device/ns/d/twin/edge_updated', 'not JSON')).to.equal(undefined);
    expect(report('device/ns/d/twin/edge_updated', { twin: { a: { actual: { value: 1 } } } })).to.equal(undefined);
    expect(report('device/a/b/c/twin/edge_updated', { twin: {} })).to.equal(undefined);
    expect(report('membership/detail', '{}')).to.equal(undefined);
  });
});

import { expect } from 'chai';
import { readFileSync } from 'node:fs';
import { needsAck } from '../../../../../src/daemons/cloud/cloudhub/delivery.ts';
import { destinationOf } from '../../../../../src/daemons/cloud/cloudhub/dispatch.ts';
import { newMessage } from '../../../../../src/protocol/message.ts';
import type { Message } from '../../../../../src/protocol/message.ts';

const frames = readFileSync(new URL('../../../../fixtures/captures/frames.jsonl', import.meta.url), 'utf8')
  .trim()
  .split('\n')
  .map((line) => JSON.parse(line) as { dir: string; decoded: Message });

const message = (source: string, operation: string, resource: string, group = 'resource', content: unknown = null): Message =>
  newMessage({ source, group, operation, resource }, content);

describe('CloudHub dispatch', () => {
  it('takes every kind of message that edges of KubeEdge send to its place', () => {
    const places = new Set(
      frames.filter(({ dir }) => dir === 'edge->cloud').map(({ decoded }) => `${decoded.route.source ?? ''} ${destinationOf(decoded)}`),
    );
    expect([...places].sort()).to.deep.equal([
      // An edgecore that stops says one thing without a route.
      ' nobody',
      'bus router',
      'devicecontroller ack',
      'edgecontroller ack',
      'edged edgecontroller',
      'meta ack',
      'twin devicecontroller',
      'websocket keepalive',
    ]);
  });

  it('keeps to the order of KubeEdge', () => {
    expect(destinationOf(message('edged', 'ping', 'x/y/z'))).to.equal('control');
    expect(destinationOf(message('edged', 'response', 'default/volume/pvc-1'))).to.equal('csi');
    expect(destinationOf(message('edged', 'error', 'default/pod/p'))).to.equal('error');
    expect(destinationOf(message('twin', 'upload', 'a/b', 'user'))).to.equal('router');
    expect(destinationOf(message('edged', 'upgrade', 'task/1/node/n'))).to.equal('taskmanager');
    expect(destinationOf(message('metamanager', 'query', 'k8s/ca.crt', 'meta'))).to.equal('kubernetesCa');
    expect(destinationOf(message('edgecontroller', 'update', 'default/pod/p'))).to.equal('nobody');
    expect(destinationOf(message('', '', ''))).to.equal('nobody');
    expect(destinationOf(message('metaserver', 'null', 'null'))).to.equal('dynamiccontroller');
  });
});

describe('CloudHub delivery', () => {
  it('waits for the acknowledgement of objects, whether pushed or asked for', () => {
    const kinds = frames
      .filter(({ dir, decoded }) => dir === 'cloud->edge' && needsAck(decoded))
      .map(({ decoded }) => `${decoded.route.operation ?? ''} ${decoded.route.resource?.split('/')[1] ?? ''}`);
    expect([...new Set(kinds)].sort()).to.deep.equal([
      'delete device',
      'delete devicemodel',
      'delete pod',
      'insert device',
      'insert devicemodel',
      'insert pod',
      'response configmap',
      'response secret',
      'update configmap',
      'update device',
      'update secret',
    ]);
  });

  it('goes by the type of an object, whatever it is called', () => {
    for (const name of ['membership-sensor', 'podlist', 'serviceaccounttoken']) {
      expect(needsAck(message('devicecontroller', 'insert', `default/device/${name}`)), name).to.equal(true);
    }
    expect(needsAck(message('x', 'update', 'device/default/lamp/twin/cloud_updated'))).to.equal(false);
    expect(needsAck(message('x', 'response', 'k8s/ca.crt', 'resource', 'PEM'))).to.equal(false);
  });

  it('sends a Node until it is acknowledged, as from 1.23 on, and answers about it once', () => {
    expect(needsAck(message('edgecontroller', 'update', 'null/node/n', 'resource', { metadata: { uid: 'u' } }))).to.equal(true);
  });

  it('sends the rest once', () => {
    const once: Message[] = [
      message('devicecontroller', 'update', 'membership', 'twin', {}),
      message('devicecontroller', 'response', 'twin', 'twin', 'OK'),
      message('edgecontroller', 'response', 'default/node/n', 'resource', { metadata: { uid: 'u' } }),
      message('edgecontroller', 'response', 'default/podpatch/p', 'resource', { Object: null, Err: null }),
      message('edgecontroller', 'response', 'default/pod/p', 'resource', 'OK'),
      message('edgecontroller', 'response', 'kube-node-lease/lease/n', 'resource', { Object: null, Err: null }),
      message('edgecontroller', 'response', 'default/configmap/c', 'resource', { ErrStatus: {} }),
      message('edgecontroller', 'response', 'default/serviceaccounttoken/d', 'resource', { metadata: {} }),
      message('taskmanager', 'upgrade', 'upgrade/1/node/n', 'resource', {}),
      message('dynamiccontroller', 'applicationResponse', 'ignore/Application/ignore', 'resource', {}),
      message('router_eventbus', 'publish', 'topic', 'user', 'x'),
    ];
    for (const one of once) expect(needsAck(one), JSON.stringify(one.route)).to.equal(false);
  });
});

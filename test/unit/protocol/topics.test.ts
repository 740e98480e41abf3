import { expect } from 'chai';
import {
  deviceResource,
  deviceTopic,
  isUploadTopic,
  membershipTopic,
  parseDeviceId,
  parseDeviceResource,
  parseEdgeRequest,
} from '../../../src/protocol/topics.ts';
import type { DeviceRequest } from '../../../src/protocol/topics.ts';

const kinds: DeviceRequest['kind'][] = ['twin/update', 'twin/get', 'state/update'];

describe('topics', () => {
  // KubeEdge searches the ID in the topic, and stumbles over IDs that are part of the prefix.
  for (const name of ['sensor1', 'device', 'hw', 'events', 'twin', 'update', 'result', 'state', '$hw', 'état']) {
    it(`reads back requests of a device called ${name}`, () => {
      for (const kind of kinds) {
        for (const namespace of ['default', 'twin', 'device', 'factory']) {
          const device = { namespace, name };
          expect(parseEdgeRequest(deviceTopic(device, kind))).to.deep.equal({ kind, device, dialect: 'namespaced' });
        }
        const device = { namespace: 'default', name };
        expect(parseEdgeRequest(deviceTopic(device, kind, 'plain'))).to.deep.equal({ kind, device, dialect: 'plain' });
      }
    });
  }

  it('takes answers, internal names and half topics for no requests', () => {
    const none = [
      '$hw/events/device/default/sensor1/twin/update/result',
      '$hw/events/device/sensor1/twin/update/delta',
      '$hw/events/device/sensor1/twin/get/result',
      '$hw/events/device/sensor1/state/get',
      '$hw/events/device//twin/update',
      '$hw/events/device//sensor1/twin/update',
      '$hw/events/device/default//twin/update',
      '$hw/events/device/a/b/c/twin/update',
      '$hw/events/device/twin/update',
      '$hw/events/node/edge1/membership/updated',
      '$hw/events/node/edge1/membership/get/result',
      '$hw/events/node//membership/get',
      'hw/events/device/a/twin/update',
      '',
    ];
    for (const topic of none) expect(parseEdgeRequest(topic), topic).to.equal(undefined);
    expect(parseEdgeRequest(membershipTopic('edge1', 'get'))).to.deep.equal({ kind: 'membership/get', nodeName: 'edge1' });
  });

  it('knows what applications send through to the cloud', () => {
    for (const topic of ['$hw/events/upload/a/b', 'SYS/dis/upload_records', 'default/user/x', 'a/user'])
      expect(isUploadTopic(topic)).to.equal(true);
    for (const topic of ['$hw/events/device/a/twin/get', 'SYS/dis', '$x/user/y', 'a/b/user', 'user/a'])
      expect(isUploadTopic(topic)).to.equal(false);
  });

  it('reads the IDs in resources and messages of the cloud', () => {
    expect(parseDeviceResource(deviceResource('default/s', 'twin/edge_updated'), 'twin/edge_updated')).to.equal('default/s');
    expect(parseDeviceResource('device/sensor1/twin/cloud_updated', 'twin/cloud_updated')).to.equal('sensor1');
    for (const resource of ['device//twin/cloud_updated', 'device/a/b/c/twin/cloud_updated', 'membership', 'device/twin/cloud_updated']) {
      expect(parseDeviceResource(resource, 'twin/cloud_updated'), resource).to.equal(undefined);
    }
    expect(parseDeviceId('a')).to.deep.equal({ namespace: 'default', name: 'a' });
    for (const id of ['', '/', 'a/', '/a', 'a/b/c']) expect(parseDeviceId(id), id).to.equal(undefined);
  });
});

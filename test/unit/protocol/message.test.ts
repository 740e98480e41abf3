import { expect } from 'chai';
import fc from 'fast-check';
import {
  MalformedMessage,
  contentObject,
  decodeMessage,
  encodeMessage,
  errorReply,
  newMessage,
  replyTo,
} from '../../../src/protocol/message.ts';

describe('message codec', () => {
  it('gives back what it was given', () => {
    const message = newMessage(
      { source: 'edged', group: 'meta', operation: 'insert', resource: 'default/node/edge1' },
      { a: [1, null] },
      { resourceVersion: '7' },
    );
    expect(decodeMessage(encodeMessage(message))).to.deep.equal(message);
  });

  it('never throws anything but MalformedMessage', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.json(),
          fc.jsonValue().map((header) => JSON.stringify({ header, route: header, content: header })),
        ),
        (text) => {
          try {
            decodeMessage(text);
          } catch (error) {
            expect(error).to.be.instanceOf(MalformedMessage);
          }
        },
      ),
    );
  });

  it('refuses what is not a message', () => {
    for (const text of [
      'null',
      '[]',
      '0',
      '""',
      '{}',
      '{"header":[]}',
      '{"header":{"msg_id":1}}',
      '{"header":{"msg_id":"a","timestamp":"b"}}',
      '{"header":{"msg_id":"a"},"route":{"group":1}}',
    ]) {
      expect(() => decodeMessage(text), text).to.throw(MalformedMessage);
    }
  });

  it('replies as KubeEdge does: parent is the request, the route is copied', () => {
    const request = newMessage(
      { source: 'edgecontroller', group: 'resource', operation: 'insert', resource: 'default/pod/p' },
      {},
      { id: 'one' },
    );
    const reply = replyTo(request, 'OK');
    expect(reply.header.parent_msg_id).to.equal('one');
    expect(reply.route).to.deep.equal({ source: 'edgecontroller', group: 'resource', operation: 'response', resource: 'default/pod/p' });
    expect(errorReply(request, 'no').route.operation).to.equal('error');
  });

  it('reads content that is an object or JSON in a string', () => {
    const route = { source: 's', group: 'g', operation: 'o', resource: 'r' };
    expect(contentObject(newMessage(route, { a: 1 }))).to.deep.equal({ a: 1 });
    expect(contentObject(newMessage(route, '{"a":1}'))).to.deep.equal({ a: 1 });
    expect(contentObject(newMessage(route, 'OK'))).to.equal(undefined);
    expect(contentObject(newMessage(route, [1]))).to.equal(undefined);
  });
});

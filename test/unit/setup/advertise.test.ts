import { expect } from 'chai';
import { hostPort, normalHost, parseHostPort } from '../../../src/protocol/host-port.ts';
import { defaultAdvertiseAddresses, readAdvertiseAddresses } from '../../../src/setup/advertise.ts';

describe('setup: addresses', () => {
  it('are brought into the form in which certificates hold them', () => {
    expect(readAdvertiseAddresses(['10.0.0.1, Cloud.Example.ORG', '2001:0DB8::0001', '10.0.0.1', ''])).to.deep.equal([
      '10.0.0.1',
      'cloud.example.org',
      '2001:db8::1',
    ]);
    for (const bad of ['a b', 'http://x', '10.0.0.256', '1.2.3', '-x', 'x_y', ':::']) {
      expect(() => normalHost(bad), bad)
        .to.throw('neither')
        .with.property('code', 'INVALID_INPUT');
    }
  });

  it('are taken apart and put together', () => {
    expect(parseHostPort('cloud', 10002)).to.deep.equal({ host: 'cloud', port: 10002 });
    expect(parseHostPort('https://192.0.2.1:30002/', 10002)).to.deep.equal({ host: '192.0.2.1', port: 30002 });
    expect(() => parseHostPort('quic://cloud:10001', 10002))
      .to.throw('QUIC is not supported: edges and clouds of kedge speak over websocket')
      .with.property('code', 'INVALID_INPUT');
    expect(parseHostPort('[2001:DB8::1]:1', 10002)).to.deep.equal({ host: '2001:db8::1', port: 1 });
    expect(hostPort('2001:db8::1', 1)).to.equal('[2001:db8::1]:1');
    for (const bad of ['', 'a:', 'a:0', 'a:65536', 'a:b', 'a/b', '2001:db8::1']) {
      expect(() => parseHostPort(bad, 10002), bad)
        .to.throw()
        .with.property('code', 'INVALID_INPUT');
    }
  });

  it('are there on every machine', () => {
    expect(defaultAdvertiseAddresses().map(normalHost)).to.deep.equal(defaultAdvertiseAddresses()).and.not.be.empty;
  });
});

import { expect } from 'chai';
import { parseProxy, proxyFor } from '../../../src/protocol/proxy.ts';

const PROXY = 'http://proxy.test:3128';
const isProxied = (host: string, noProxy?: string, port = 443): boolean =>
  proxyFor(host, port, { proxy: PROXY, ...(noProxy !== undefined && { noProxy }) }) !== undefined;

describe('the choice of a proxy', () => {
  it('is none where none is set, and the one that is set for every other machine', () => {
    expect(proxyFor('cloud.test', 443, {})).to.equal(undefined);
    expect(proxyFor('cloud.test', 443, { noProxy: 'else' })).to.equal(undefined);
    expect(proxyFor('cloud.test', 443, { proxy: PROXY })).to.include({ host: 'proxy.test', port: 3128, name: PROXY });
    expect(isProxied('192.0.2.1')).to.equal(true);
    expect(isProxied('2001:db8::1', '')).to.equal(true);
  });

  it('is never one for this machine itself', () => {
    for (const host of ['localhost', '127.0.0.1', '127.8.9.10', '::1']) expect(isProxied(host), host).to.equal(false);
    expect(isProxied('localhost.test')).to.equal(true);
  });

  const CASES: [noProxy: string, direct: string[], proxied: string[]][] = [
    ['*', ['cloud.test', '192.0.2.1', '2001:db8::1'], []],
    ['a.test, *', ['cloud.test'], []],
    ['cloud.test', ['cloud.test', 'CLOUD.test', 'a.cloud.test'], ['mycloud.test', 'test']],
    ['.cloud.test', ['a.cloud.test', 'a.b.cloud.test'], ['cloud.test', 'mycloud.test']],
    ['*.cloud.test', ['a.cloud.test'], ['cloud.test']],
    [' A.test ,,Cloud.Test', ['cloud.test', 'a.test'], ['b.test']],
    ['cloud.test:443', ['cloud.test', 'a.cloud.test'], []],
    ['cloud.test:10000', [], ['cloud.test']],
    [':443', [], ['cloud.test']],
    ['192.0.2.1', ['192.0.2.1', '::ffff:192.0.2.1'], ['192.0.2.10', '192.0.2.2']],
    ['192.0.2.1:443,192.0.2.2:80', ['192.0.2.1'], ['192.0.2.2']],
    ['192.0.2.0/24', ['192.0.2.1', '192.0.2.255'], ['192.0.3.1', 'cloud.test']],
    ['2001:db8::/32,[2001:DB9::1]:443', ['2001:db8::7', '2001:db9::1'], ['2001:dba::1']],
    ['2001:db8:0::1', ['2001:db8::1'], ['2001:db8::2']],
    ['192.0.2.0/33, 192.0.2/8, /, a:b:c, *x', [], ['192.0.2.1', 'cloud.test']],
  ];
  for (const [noProxy, direct, proxied] of CASES) {
    it(`with NO_PROXY ${noProxy}`, () => {
      for (const host of direct) expect(isProxied(host, noProxy), host).to.equal(false);
      for (const host of proxied) expect(isProxied(host, noProxy), host).to.equal(true);
    });
  }
});

describe("a proxy's URL", () => {
  it('is taken apart; its name is without user and password', () => {
    expect(parseProxy('http://me:p%40ss%3A@proxy.test:3128/')).to.deep.equal({
      host: 'proxy.test',
      port: 3128,
      username: 'me',
      password: 'p@ss:',
      name: 'http://proxy.test:3128',
    });
    expect(parseProxy('proxy.test:8080')).to.include({ host: 'proxy.test', port: 8080, username: '' });
    expect(parseProxy('me:secret@proxy.test')).to.include({ username: 'me', password: 'secret', name: 'http://proxy.test:80' });
    expect(parseProxy('http://[2001:db8::1]')).to.include({ host: '2001:db8::1', port: 80, name: 'http://[2001:db8::1]:80' });
  });

  it('of another kind, or that is none, is refused without being shown', () => {
    for (const scheme of ['https', 'socks5', 'SOCKS']) {
      expect(() => parseProxy(`${scheme}://me:secret@proxy.test`)).to.throw(`${scheme.toLowerCase()}:// cannot be used`);
    }
    for (const text of [
      '',
      'http://',
      'http://me:secret@',
      'http://a b',
      'http://me:secret@h:99999',
      'http://me:secret%@h',
      'http://h/secret',
    ]) {
      expect(() => parseProxy(text), text)
        .to.throw(/^the proxy is not http:/)
        .with.property('code', 'INVALID_INPUT');
      expect(() => parseProxy(text), text).to.not.throw(/secret/);
    }
  });
});

import { expect } from 'chai';
import { healthChecks, serveHealth, type HealthDeps } from '../../../../../../src/daemons/controlplane/apiserver/http/health.ts';
import { silentLogger } from '../../../../../../src/kernel/log.ts';

const WELL: HealthDeps = {
  read: () => undefined,
  diskTrouble: () => undefined,
  starting: new Set(),
  startSteps: ['roles', 'classes'],
  signal: new AbortController().signal,
};

describe('the health of the API server', () => {
  const ask = (path: string, deps: Partial<HealthDeps> = {}) =>
    serveHealth(healthChecks({ ...WELL, ...deps }), new URL(`https://a${path}`), silentLogger);
  const text = (path: string, deps?: Partial<HealthDeps>): [number | undefined, unknown] => {
    const answer = ask(path, deps);
    return [answer?.code, answer?.value];
  };

  it('is told in a word, or check by check', () => {
    expect(text('/healthz')).to.deep.equal([200, 'ok']);
    expect(text('/livez?verbose')).to.deep.equal([
      200,
      '[+]ping ok\n[+]etcd ok\n[+]poststarthook/roles ok\n[+]poststarthook/classes ok\nlivez check passed\n',
    ]);
    expect(text('/readyz/ping')).to.deep.equal([200, 'ok']);
    expect(text('/readyz/poststarthook/roles')).to.deep.equal([200, 'ok']);
    for (const path of ['/readyz/', '/readyz/other', '/livez/shutdown', '/livez/ping/', '/health', '/readyzz']) {
      expect(ask(path), path).to.equal(undefined);
    }
  });

  it('names what is not well, and why only to those who ask for the check', () => {
    const starting = { starting: new Set(['classes']) };
    expect(text('/readyz', starting)[0]).to.equal(500);
    expect(text('/readyz', starting)[1]).to.contain('[+]poststarthook/roles ok\n[-]poststarthook/classes failed: reason withheld\n');
    expect(text('/readyz', starting)[1]).to.match(/\nreadyz check failed\n$/);
    const full = { diskTrouble: () => 'the disk is full' };
    expect(text('/readyz', full)[1]).to.contain('[-]etcd-readiness failed: reason withheld\n').and.not.contain('full');
    expect(text('/readyz/etcd-readiness', full)).to.deep.equal([500, 'internal server error: the disk is full\n']);
    // Reads go on: nobody is helped by a restart.
    expect(text('/livez', full)).to.deep.equal([200, 'ok']);
    const stopping = { signal: AbortSignal.abort() };
    expect(text('/readyz/shutdown', stopping)).to.deep.equal([500, 'internal server error: process is shutting down\n']);
    expect(text('/livez', stopping)[0]).to.equal(200);
    const closed = {
      read: () => {
        throw new Error('closed');
      },
    };
    expect(text('/livez/etcd', closed)).to.deep.equal([500, 'internal server error: closed\n']);
  });

  it('leaves out what is excluded, and says what it does not know', () => {
    const full = { diskTrouble: () => 'the disk is full' };
    expect(text('/readyz?exclude=etcd-readiness', full)).to.deep.equal([200, 'ok']);
    expect(text('/readyz?exclude=etcd-readiness&exclude=b%22%0A&exclude=a&verbose', full)[1]).to.match(
      /\[\+\]etcd-readiness excluded: ok\n.*\n\[\+\]shutdown ok\nwarn: some health checks cannot be excluded: no matches for "a","b\\"\\n"\nreadyz check passed\n$/s,
    );
  });
});

import { expect } from 'chai';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { KedgeError } from '../../../src/kernel/errors.ts';
import { loadCredentials } from '../../../src/kube/kubeconfig.ts';
import { tlsPair } from '../../helpers/tls-server.ts';

describe('loadCredentials', () => {
  const pair = tlsPair();
  const data = (text: string): string => Buffer.from(text).toString('base64');
  let dir: string;
  let environment: string | undefined;

  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), 'kedge-kubeconfig-'));
    environment = process.env['KUBECONFIG'];
  });
  afterEach(() => {
    rmSync(dir, { recursive: true });
    if (environment === undefined) delete process.env['KUBECONFIG'];
    else process.env['KUBECONFIG'] = environment;
  });

  const config = (cluster: object, user: object, more: object = {}) => ({
    clusters: [{ name: 'c', cluster: { server: 'https://host:6443', ...cluster } }],
    users: [{ name: 'u', user }],
    contexts: [{ name: 'x', context: { cluster: 'c', user: 'u' } }],
    'current-context': 'x',
    ...more,
  });
  const write = (content: unknown, name = 'config'): string => {
    const path = join(dir, name);
    writeFileSync(path, typeof content === 'string' ? content : stringify(content));
    return path;
  };
  const refusal = async (content: unknown): Promise<string> => {
    const error: unknown = await loadCredentials(write(content)).catch((thrown: unknown) => thrown);
    expect(error).to.be.instanceOf(KedgeError).and.include({ code: 'INVALID_CONFIG' });
    expect((error as KedgeError).message).to.contain(join(dir, 'config'));
    return (error as KedgeError).message;
  };

  it('reads embedded data and files beside the kubeconfig', async () => {
    const expected = { server: 'https://host:6443', ca: pair.caPem, cert: pair.certPem, key: pair.keyPem };
    const embedded = config(
      { 'certificate-authority-data': data(pair.caPem) },
      { 'client-certificate-data': data(pair.certPem), 'client-key-data': data(pair.keyPem) },
    );
    expect(await loadCredentials(write(embedded))).to.deep.equal(expected);
    writeFileSync(join(dir, 'ca'), pair.caPem);
    writeFileSync(join(dir, 'crt'), pair.certPem);
    writeFileSync(join(dir, 'key'), pair.keyPem);
    const files = config({ 'certificate-authority': 'ca' }, { 'client-certificate': 'crt', 'client-key': join(dir, 'key') });
    expect(await loadCredentials(write(files))).to.deep.equal(expected);
  });

  it('reads tokens; one in a file is read again each time', async () => {
    expect(
      await loadCredentials(write(config({ 'insecure-skip-tls-verify': true, 'tls-server-name': 'other' }, { token: 't' }))),
    ).to.deep.equal({
      server: 'https://host:6443',
      insecure: true,
      tlsServerName: 'other',
      token: 't',
    });
    writeFileSync(join(dir, 'token'), 'one\n');
    const { token } = await loadCredentials(write(config({}, { tokenFile: 'token' })));
    const read = token as () => Promise<string>;
    expect(await read()).to.equal('one');
    writeFileSync(join(dir, 'token'), 'two');
    expect(await read()).to.equal('two');
  });

  it('takes the named context, and of several files the first that names a thing', async () => {
    const first = write(config({ server: 'https://first' }, { token: 'a' }, { contexts: null }), 'first');
    const contexts = [
      { name: 'x', context: { cluster: 'c', user: 'u' } },
      { name: 'other', context: { cluster: 'd', user: 'u' } },
    ];
    const clusters = [{ name: 'd', cluster: { server: 'https://second' } }];
    const second = write(config({}, { token: 'b' }, { contexts, clusters }), 'second');
    process.env['KUBECONFIG'] = [first, join(dir, 'missing'), second].join(':');
    expect(await loadCredentials()).to.deep.equal({ server: 'https://first', token: 'a' });
    expect(await loadCredentials(undefined, 'other')).to.deep.equal({ server: 'https://second', token: 'a' });
  });

  it('says which key of which file is wrong', async () => {
    expect(await refusal('{ nonsense')).to.contain('is not YAML');
    expect(await refusal('[]')).to.contain('config: ');
    expect(await refusal(config({}, {}, { 'current-context': '' }))).to.contain('current-context is not set');
    expect(await refusal(config({}, {}, { 'current-context': 'z' }))).to.contain('current-context names "z", which contexts does not have');
    expect(await refusal(config({}, {}, { clusters: [] }))).to.contain('contexts[x].context.cluster names "c"');
    expect(await refusal(config({ server: 'host:6443' }, {}))).to.contain('clusters.0.cluster.server');
    expect(await refusal(config({ 'certificate-authority': 'nowhere' }, {}))).to.contain('clusters[c].cluster.certificate-authority');
    expect(await refusal(config({}, { 'client-certificate-data': data('no'), 'client-key-data': data(pair.keyPem) }))).to.contain(
      'users[u].user.client-certificate-data',
    );
    expect(await refusal(config({}, { 'client-certificate-data': data(pair.certPem) }))).to.contain('belong together');
    expect(await refusal(config({ 'proxy-url': 'http://p' }, {}))).to.contain('proxy-url');
  });

  it('never shows a secret', async () => {
    expect(await refusal(config({}, { 'client-certificate-data': data(pair.certPem), 'client-key-data': data('SECRET') }))).not.to.contain(
      'SECRET',
    );
  });

  it('says when there is no file', async () => {
    const error: unknown = await loadCredentials(join(dir, 'missing')).catch((thrown: unknown) => thrown);
    expect(error).to.include({ code: 'NOT_FOUND' });
  });
});

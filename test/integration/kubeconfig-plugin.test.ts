import { expect } from 'chai';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { loadCredentials } from '../../src/kube/kubeconfig.ts';
import { temporaryFolder } from '../helpers/kedge.ts';

describe('a kubeconfig with a login plugin', function () {
  this.timeout(30_000);
  let folder: Awaited<ReturnType<typeof temporaryFolder>>;

  before(async () => {
    folder = await temporaryFolder();
  });
  after(() => folder.remove());

  async function load(script: string) {
    const exec = { apiVersion: 'client.authentication.k8s.io/v1', command: process.execPath, args: ['-e', script] };
    const path = join(folder.path, 'config');
    const config = {
      clusters: [{ name: 'c', cluster: { server: 'https://host' } }],
      users: [{ name: 'u', user: { exec } }],
      contexts: [{ name: 'x', context: { cluster: 'c', user: 'u' } }],
      'current-context': 'x',
    };
    await writeFile(path, JSON.stringify(config));
    return loadCredentials(path);
  }

  it('asks the plugin for the token', async () => {
    const credential = { apiVersion: 'client.authentication.k8s.io/v1', kind: 'ExecCredential', status: { token: 'from-plugin' } };
    const { token } = await load(`console.log(${JSON.stringify(JSON.stringify(credential))})`);
    expect(await (token as () => Promise<string>)()).to.equal('from-plugin');
  });

  it('says that the plugin failed', async () => {
    const error: unknown = await load('process.exit(3)').catch((thrown: unknown) => thrown);
    expect(error).to.include({ code: 'AUTH' });
    expect((error as Error).message).to.contain('users[u].user: the login plugin failed');
  });
});

import { readFile } from 'node:fs/promises';
import { expect } from 'chai';
import { DAEMON_ENVIRONMENT } from '../../src/setup/daemon-process.ts';
import { Installation } from '../helpers/installation.ts';

describe('setup: what a daemon is started with', function () {
  this.timeout(60_000);
  let cloud: Installation;
  before(async () => {
    cloud = await Installation.create({ join: false });
  });
  after(() => cloud.remove());

  it('the cloud has the variables by which glibc keeps the buffers of idle edges small', async () => {
    const environment = (await readFile(`/proc/${await cloud.pid('cloud')}/environ`, 'utf8')).split('\0');
    expect(DAEMON_ENVIRONMENT.cloud).to.not.deep.equal({});
    expect(environment).to.include.members(Object.entries(DAEMON_ENVIRONMENT.cloud).map(([name, value]) => `${name}=${value}`));
  });
});

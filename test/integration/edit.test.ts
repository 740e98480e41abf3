import { expect } from 'chai';
import { existsSync } from 'node:fs';
import { chmod, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { applyCrds } from '../../src/daemons/cloud/bootstrap/apply-crds.ts';
import { createKubeClient } from '../../src/kube/http-client.ts';
import type { KubeClient } from '../../src/kube/client.ts';
import { loadCredentials } from '../../src/kube/kubeconfig.ts';
import type { Device, DeviceModel } from '../../src/protocol/devices.ts';
import { RESOURCES } from '../../src/protocol/kubernetes.ts';
import { startControlPlane } from '../helpers/control-plane.ts';
import { eventually } from '../helpers/eventually.ts';
import { BIN, run, temporaryFolder } from '../helpers/kedge.ts';
import type { Ran } from '../helpers/kedge.ts';
import { testScope } from '../helpers/test-scope.ts';

const CRDS = fileURLToPath(new URL('../../templates/crds', import.meta.url));
const metadata = { name: 'kitchen', namespace: 'default' };

describe('kedge device edit', function () {
  this.timeout(120_000);
  let client: KubeClient;
  let env: Record<string, string>;
  let folder: string;
  const releases: (() => unknown)[] = [];

  before(async () => {
    const server = await startControlPlane();
    releases.push(() => server.stop());
    const temporary = await temporaryFolder();
    releases.push(temporary.remove);
    folder = temporary.path;
    client = createKubeClient(await loadCredentials(server.kubeconfigPath));
    releases.push(() => client.close());
    await applyCrds(client, CRDS, testScope());
    env = { KUBECONFIG: server.kubeconfigPath, KEDGE_HOME: join(folder, 'home'), TMPDIR: folder };
    const properties = [{ name: 'temperature', type: 'INT' as const, accessMode: 'ReadWrite' as const, maximum: '30' }];
    const model: DeviceModel = { metadata: { name: 'thermostat', namespace: 'default' }, spec: { properties } };
    await client.create<DeviceModel>(RESOURCES.deviceModel, model);
    const desired = { value: '20' };
    await client.create<Device>(RESOURCES.device, {
      metadata,
      spec: { deviceModelRef: { name: 'thermostat' }, properties: [{ name: 'temperature', desired }] },
    });
  });
  after(async () => {
    for (const release of releases.reverse()) await release();
  });

  const edit = (EDITOR: string, line = 'device edit kitchen'): Promise<Ran> =>
    run(process.execPath, [BIN, ...line.split(' ')], { env: { ...env, EDITOR } });
  /** An editor that runs this shell text, the file being $1. */
  const script = async (name: string, text: string): Promise<string> => {
    const path = join(folder, name);
    await writeFile(path, `#!/bin/sh\nset -e\n${text}\n`);
    await chmod(path, 0o755);
    return path;
  };
  const desired = async (): Promise<string | undefined> =>
    (await client.get<Device>(RESOURCES.device, 'kitchen', 'default')).spec?.properties?.[0]?.desired?.value;

  it('applies what was written; the editor may have arguments', async () => {
    const { status, stdout, stderr } = await edit(`sed -i 's/value: "20"/value: "21"/'`);
    expect({ status, stdout }, stderr).to.deep.equal({ status: 0, stdout: 'device kitchen is changed\n' });
    expect(await desired()).to.equal('21');
  });

  it('changes nothing when nothing was changed, or all was deleted', async () => {
    expect((await edit('true')).stdout).to.equal('device kitchen is left as it was\n');
    expect((await edit('truncate -s 0')).stdout).to.equal('device kitchen is left as it was\n');
    expect((await edit('false')).status).to.equal(2);
    expect(await desired()).to.equal('21');
  });

  it('opens it again with the reason, in a file that nobody else may read', async () => {
    const text = `stat -c %a "$1" "$(dirname "$1")" > ${folder}/modes
if grep -q '^#: temperature=99 is above its maximum 30' "$1"; then sed -i 's/"99"/"25"/' "$1"; else sed -i 's/"21"/"99"/' "$1"; fi`;
    const { status, stderr } = await edit(await script('twice', text));
    expect(status, stderr).to.equal(0);
    expect(await desired()).to.equal('25');
    expect(await readFile(join(folder, 'modes'), 'utf8')).to.equal('600\n700\n');
  });

  it('keeps what was written when it is given up', async () => {
    const { status, stderr } = await edit(await script('wrong', `sed -i 's/"25"/"77"/' "$1"`));
    expect(status).to.equal(2);
    expect(stderr).to.contain('above its maximum 30');
    const [, path = ''] = /what you wrote is in (\S+)/.exec(stderr) ?? [];
    expect(await readFile(path, 'utf8')).to.contain('value: "77"');
    expect((await stat(path)).mode & 0o777).to.equal(0o600);
    expect(await desired()).to.equal('25');
  });

  for (const [what, change, status] of [
    ['keeps a report that comes meanwhile', { status: { twins: [{ propertyName: 'temperature', reported: { value: '19' } }] } }, 0],
    ['does not overwrite what somebody else changed meanwhile', { metadata: { labels: { by: 'another' } } }, 5],
  ] as const) {
    it(what, async () => {
      const name = String(status);
      const text = `touch ${folder}/open${name}; until [ -e ${folder}/go${name} ]; do sleep 0.1; done; sed -i 's/"25"/"26"/' "$1"`;
      const editing = edit(await script(`slow${name}`, text));
      await eventually(() => existsSync(join(folder, `open${name}`)), 'the editor', 60_000);
      await client.patch(RESOURCES.device, metadata, change, 'merge');
      await writeFile(join(folder, `go${name}`), '');
      const ran = await editing;
      expect(ran.status, ran.stderr).to.equal(status);
      const device = await client.get<Device>(RESOURCES.device, 'kitchen', 'default');
      expect(device.status?.twins?.[0]?.reported?.value).to.equal('19');
      expect(device.spec?.properties?.[0]?.desired?.value).to.equal(status === 0 ? '26' : '25');
      if (status === 5) expect(ran.stderr).to.contain('was changed by somebody else').and.contain('what you wrote is in');
      else
        await client.patch(
          RESOURCES.device,
          metadata,
          { spec: { properties: [{ name: 'temperature', desired: { value: '25' } }] } },
          'merge',
        );
      if (status === 0) expect(ran.stdout).to.contain('is changed');
    });
  }

  it('edits a model, and says which key is wrong', async () => {
    const ok = await edit(`sed -i 's/maximum: "30"/maximum: "40"/'`, 'device model edit thermostat');
    expect(ok.stdout, ok.stderr).to.equal('device model thermostat is changed\n');
    const wrong = await edit(`sed -i 's/maximum/maxmum/'`, 'device model edit thermostat');
    expect(wrong.stderr).to.contain('spec.properties[0].maxmum: unknown key');
    const renamed = await edit(`sed -i 's/name: thermostat/name: other/'`, 'device model edit thermostat');
    expect(renamed.stderr).to.contain('metadata.name cannot be changed');
  });

  it('needs a terminal or an editor', async () => {
    const none = await edit('');
    expect(none.status).to.equal(2);
    expect(none.stderr).to.contain('EDITOR');
    expect((await edit('/nonexistent/editor')).status).to.equal(3);
    expect((await edit(`code 'wait`)).stderr).to.contain('does not end');
  });
});

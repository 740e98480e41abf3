import { expect } from 'chai';
import { mkdir, open, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { RESOURCES } from '../../src/protocol/kubernetes.ts';
import type { ConfigMap } from '../../src/protocol/kubernetes.ts';
import { eventually } from '../helpers/eventually.ts';
import { Installation } from '../helpers/installation.ts';
import { kedge, temporaryFolder } from '../helpers/kedge.ts';
import type { Ran } from '../helpers/kedge.ts';
import { needs } from '../helpers/neighbour.ts';
import { startRealApiServer } from '../helpers/real-apiserver.ts';

const MANIFEST = `
apiVersion: devices.kubeedge.io/v1beta1
kind: DeviceModel
metadata: {name: lamp}
spec: {properties: [{name: level, type: INT, accessMode: ReadWrite}]}
---
apiVersion: devices.kubeedge.io/v1beta1
kind: Device
metadata: {name: lamp}
spec: {deviceModelRef: {name: lamp}, nodeName: edge-1, properties: [{name: level, desired: {value: "1"}}]}
`;

describe('kedge backup and restore', function () {
  this.timeout(180_000);
  let site: Installation;
  let folder: { path: string; remove: () => Promise<void> };
  const backups = (name: string): string => join(folder.path, name);

  before(async () => {
    folder = await temporaryFolder();
    site = await Installation.create();
    await site.apply(MANIFEST);
  });
  after(async () => {
    await site.remove();
    await folder.remove();
  });

  const run = (line: string): Promise<Ran> => kedge(line.split(' '), { home: site.home });
  const ok = async (line: string): Promise<string> => {
    const { status, stdout, stderr } = await run(line);
    expect(status, `${line}: ${stderr}`).to.equal(0);
    return stdout;
  };
  const refused = async (line: string, status: number, text: string): Promise<void> => {
    const ran = await run(line);
    expect(ran.stderr).to.contain(text);
    expect(ran.status).to.equal(status);
  };
  const desiredAtEdge = async (): Promise<string | undefined> => {
    const { stdout } = await run('device get lamp --at edge -o json');
    const { spec } = JSON.parse(stdout) as { spec?: { properties?: { desired?: { value?: string } }[] } };
    return spec?.properties?.[0]?.desired?.value;
  };

  it('copies one moment of a control plane that is being written to', async () => {
    let written = 0;
    const stop = new AbortController();
    const writer = (async () => {
      for (; !stop.signal.aborted; written += 1) {
        await site.kube.create(RESOURCES.configMap, { metadata: { name: `n-${written}`, namespace: 'default' } });
      }
    })();
    await eventually(() => written > 20, 'some objects');
    const before = written;
    await ok(`backup ${backups('busy')}`);
    stop.abort();
    await writer;
    const other = await temporaryFolder();
    try {
      const restored = JSON.parse((await kedge(['restore', backups('busy'), '-o', 'json'], { home: other.path })).stdout) as {
        objects: number;
      };
      expect(restored.objects).to.be.greaterThan(before);
      const database = await readFile(join(other.path, 'cloud', 'data.db'));
      const has = (number: number): boolean => database.includes(`"n-${number}"`);
      const last = Array.from({ length: written }, (_, number) => number).findIndex((number) => !has(number));
      expect(last === -1 ? written : last).to.be.at.least(before);
      for (let number = 0; number < written; number += 1)
        if (last !== -1 && number >= last) expect(has(number), `n-${number}`).to.equal(false);
    } finally {
      await other.remove();
    }
  });

  it('has secrets for its owner alone', async () => {
    const made = backups('busy');
    expect((await stat(made)).mode & 0o777).to.equal(0o700);
    for (const name of [
      'data.db',
      'config.yaml',
      'admin.kubeconfig',
      'backup.json',
      'pki/rootCA.key',
      'pki/service-account.key',
      'pki/admin.token',
    ]) {
      expect((await stat(join(made, name))).mode & 0o777, name).to.equal(0o600);
    }
  });

  it('brings cloud and edges back to the day of the backup', async () => {
    await eventually(async () => (await desiredAtEdge()) === '1', 'the desired value at the edge');
    await ok(`backup ${backups('monday')}`);
    await ok('device set-twin lamp level=2');
    await eventually(async () => (await desiredAtEdge()) === '2', 'the newer value at the edge');
    const watched = await site.kube.get<ConfigMap>(RESOURCES.configMap, 'n-0', 'default');

    await refused(`restore ${backups('monday')}`, 5, 'is running');
    await ok('stop cloud');
    const { before } = JSON.parse(await ok(`restore ${backups('monday')} --yes -o json`)) as { before: string };
    expect(await readdir(before)).to.include('data.db');
    await ok('start cloud');
    await eventually(async () => (await desiredAtEdge()) === '1', 'the value of the backup at the edge', 60_000);
    const { metadata } = await site.kube.get<ConfigMap>(RESOURCES.configMap, 'n-0', 'default');
    expect(metadata.resourceVersion).to.match(/^\d+$/);
    expect(Number(metadata.resourceVersion)).to.be.greaterThan(Number(watched.metadata.resourceVersion) + 1e8);
    // And life goes on: what is set now reaches the edge.
    await ok('device set-twin lamp level=3');
    await eventually(async () => (await desiredAtEdge()) === '3', 'the next value at the edge');
  });

  it('says what cannot be used, and changes nothing', async () => {
    await ok('stop cloud');
    await refused(`backup ${backups('monday')}`, 5, 'is not empty');
    await refused(`restore ${backups('none')} --yes`, 3, 'there is no whole backup');
    await refused(`backup ${backups('new')} --home ${backups('nowhere')}`, 3, 'there is no cloud');
    await ok(`backup ${backups('damaged')}`);
    const database = join(backups('damaged'), 'data.db');
    const file = await open(database, 'r+');
    await file.write(Buffer.alloc(4_096 * 3, 0x5a), 0, 4_096 * 3, 4_096 * 2);
    await file.close();
    await refused(`restore ${backups('damaged')} --yes`, 2, 'is damaged');
    await writeFile(database, 'no database at all');
    await refused(`restore ${backups('damaged')} --yes`, 2, 'data.db');
    const list = join(backups('damaged'), 'backup.json');
    const told = JSON.parse(await readFile(list, 'utf8')) as object;
    await writeFile(list, JSON.stringify({ ...told, files: ['../../etc/passwd'] }));
    await refused(`restore ${backups('damaged')} --yes`, 2, 'backup.json cannot be used');
    await rm(list);
    await refused(`restore ${backups('damaged')} --yes`, 3, 'backup.json is missing');
    expect((await readdir(site.home)).filter((name) => name.includes('restoring'))).to.deep.equal([]);
    await ok('start cloud');
  });

  it('leaves nothing behind when it cannot be made', async () => {
    const keys = join(site.home, 'cloud', 'pki', 'unreadable.key');
    await mkdir(keys);
    await refused(`backup ${backups('broken')}`, 4, 'cannot be read');
    await rm(keys, { recursive: true });
    expect(await readdir(backups('broken'))).to.deep.equal([]);
  });

  it('of a damaged database a daemon says so at its start, and what helps', async () => {
    for (const [role, help] of [
      ['cloud', 'kedge restore'],
      ['edge', 'kedge reset edge'],
    ] as const) {
      await ok(`stop ${role}`);
      const file = await open(join(site.home, role, 'data.db'), 'r+');
      await file.write(Buffer.alloc(4_096, 0x5a), 0, 4_096, 4_096 * 2);
      await file.close();
      const { status, stderr } = await run(`start ${role}`);
      expect(stderr).to.contain('is damaged').and.to.contain(help);
      expect(status).to.equal(2);
    }
  });

  it('of a cloud on a real cluster has its keys and configuration, and brings them back', async function () {
    needs(this, 'a Kubernetes API server', 'openssl');
    const real = await startRealApiServer();
    const cloud = await Installation.create({ kubeconfig: real!.kubeconfigPath, join: false });
    const command = (...args: string[]): Promise<Ran> => kedge([...args, '-o', 'json'], { home: cloud.home });
    const passes = async (...args: string[]): Promise<unknown> => {
      const { status, stdout, stderr } = await command(...args);
      expect(status, stderr).to.equal(0);
      return JSON.parse(stdout);
    };
    try {
      const { files } = (await passes('backup', backups('cluster'))) as { files: string[] };
      expect(files).to.include.members(['config.yaml', 'pki/rootCA.key']).and.not.include.members(['data.db', 'admin.kubeconfig']);
      await passes('stop', 'cloud');
      const key = await readFile(join(cloud.home, 'cloud', 'pki', 'rootCA.key'), 'utf8');
      await rm(join(cloud.home, 'cloud'), { recursive: true });
      expect(await passes('restore', backups('cluster'))).to.include({ objects: 0, changed: true });
      expect(await readFile(join(cloud.home, 'cloud', 'pki', 'rootCA.key'), 'utf8')).to.equal(key);
      await passes('start', 'cloud');
    } finally {
      await cloud.remove();
      await real?.stop();
    }
  });
});

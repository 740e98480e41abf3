import { expect } from 'chai';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { needs } from '../helpers/neighbour.ts';
import { pack } from '../helpers/packed.ts';
import type { Packed } from '../helpers/packed.ts';
import { Stranger } from '../helpers/stranger.ts';

const MB = 1024 * 1024;

describe('the package', function () {
  this.timeout(300_000);
  let packed: Packed;
  before(async () => (packed = await pack()));
  after(() => packed.remove());

  it('ships what runs, what it renders and every licence', async () => {
    const commands = (await readdir('src/commands', { recursive: true })).filter((name) => name.endsWith('.ts'));
    const templates = (await readdir('templates', { recursive: true })).filter((name) => name.includes('.'));
    expect(packed.files).to.include.members([
      ...['bin/run.js', 'bin/daemon.js', 'bin/postinstall.js', 'dist/cli/main.js', 'dist/daemons/launch.js'],
      ...['package.json', 'oclif.manifest.json', 'README.md', 'CHANGELOG.md', 'LICENSE', 'dist/THIRD_PARTY_LICENSES'],
      ...['templates/crds/devices.yaml', 'certs/ca.json'],
      ...commands.map((name) => join('dist/commands', name.replace(/\.ts$/, '.js'))),
      ...templates.map((name) => join('templates', name)),
    ]);
  });

  it('ships no sources, tests, maps or metadata of the build', () => {
    expect(packed.files.filter((path) => !/^(bin|dist|templates|certs)\/|^[^/]+$/.test(path))).to.deep.equal([]);
    expect(
      packed.files.filter((path) => /(?<!\.d)\.ts$|\.(map|tsbuildinfo)$|^dist\/meta\/|(^|\/)(src|test|node_modules)\//.test(path)),
    ).to.deep.equal([]);
    expect(packed.bytes).to.be.lessThan(4 * MB);
  });

  it('leaves ssh2 and cpu-features out', async () => {
    const { packages } = JSON.parse(await readFile('package-lock.json', 'utf8')) as { packages: Record<string, { name?: string }> };
    const unwanted = /(^|\/)(ssh2|cpu-features)$/;
    // A package of that name may be there as the empty one that stands in for it.
    const installed = Object.entries(packages).filter(([path, { name }]) => unwanted.test(name ?? path));
    expect(installed).to.deep.equal([]);
  });

  describe('installed by another user in an empty folder', () => {
    let stranger: Stranger;
    before(async function () {
      needs(this, 'root');
      stranger = await Stranger.create();
    });
    after(() => (stranger as Stranger | undefined)?.remove());

    it('says which Debian packages are missing, where SQLite can be neither downloaded nor compiled', async () => {
      const cwd = await stranger.folder('nothing');
      const { status, stderr } = await stranger.run('npm', ['install', packed.tarball], {
        cwd,
        env: { npm_config_nodedir: '/usr' },
        timeoutMs: 240_000,
      });
      expect(status).not.to.equal(0);
      expect(stderr).to.contain('apt-get install python3 make g++');
      expect(stderr.split('\n').length, stderr).to.be.lessThan(25);
      expect(stderr).not.to.match(/gyp (ERR|verb|info)|\bat .*:\d+:\d+/);
      expect(await readdir(cwd), 'nothing half done').to.deep.equal([]);
    });

    it('runs the demo and leaves nothing behind', async () => {
      const cwd = await stranger.folder('app');
      const env = { npm_config_better_sqlite3_local_prebuilds: packed.prebuilds };
      const installed = await stranger.run('npm', ['install', '--prefer-offline', packed.tarball], { cwd, env, timeoutMs: 240_000 });
      expect(installed.status, installed.stderr).to.equal(0);
      const packages = await readdir(join(cwd, 'node_modules'));
      expect(packages).to.include('better-sqlite3').and.not.include.members(['ssh2', 'cpu-features', 'esbuild', 'typescript']);

      const home = await readdir(stranger.home);
      const demo = await stranger.run('npx', ['kedge', 'demo', '--once', '-o', 'json'], { cwd, timeoutMs: 120_000 });
      expect(demo.status, demo.stderr).to.equal(0);
      const { desired, reported } = JSON.parse(demo.stdout) as { desired: string; reported: string };
      expect(reported).to.equal(desired);
      expect(await stranger.processes()).to.deep.equal([]);
      expect(await readdir(stranger.home)).to.deep.equal(home);
    });
  });
});

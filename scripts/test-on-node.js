// Runs the unit tests on other versions of Node.js, whose binaries the npm package `node` ships: `node scripts/test-on-node.js 20.19.5 22 24`.
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
// npm leaves it out where Node.js is older than 22.
const PORTABLE = 'better-sqlite3-portable';
const portable = join(root, 'node_modules', PORTABLE);

function npmInstall(folder, ...specs) {
  execFileSync('npm', ['install', '--prefix', folder, '--no-audit', '--no-fund', '--silent', ...specs], { stdio: 'inherit' });
}

/** Returns the folder with the binary of this version. */
function install(version, folder) {
  npmInstall(folder, `node@${version}`);
  const packages = join(folder, 'node_modules', 'node', 'node_modules');
  const found = readdirSync(packages).find((name) => existsSync(join(packages, name, 'bin', 'node')));
  if (found === undefined) throw new Error(`the npm package node@${version} has no binary for this machine`);
  return join(packages, found, 'bin');
}

/** Puts SQLite where newer versions of Node.js look for it. */
function addPortableSqlite(folder) {
  const spec = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')).optionalDependencies[PORTABLE];
  npmInstall(folder, `${PORTABLE}@${spec}`);
  cpSync(join(folder, 'node_modules', PORTABLE), portable, { recursive: true });
}

/** Runs the unit tests with this folder's Node.js, and prints what they said once they are through; resolves to whether they passed. */
async function test(bin) {
  const env = { ...process.env, PATH: `${bin}${delimiter}${process.env.PATH}` };
  const child = spawn('npm', ['run', '--silent', 'test:unit', '--', '--reporter', 'dot'], {
    cwd: root,
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let said = '';
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (text) => (said += text));
  const [status] = await once(child, 'close');
  const version = execFileSync('node', ['--version'], { env, encoding: 'utf8' }).trim();
  process.stderr.write(`unit tests on Node.js ${version}${status === 0 ? '' : ' FAILED'}\n${said}`);
  return status === 0;
}

const versions = process.argv.slice(2);
if (versions.length === 0) throw new Error('name at least one version of Node.js');
const work = mkdtempSync(join(tmpdir(), 'kedge-node-'));
const added = !existsSync(portable);
try {
  if (added) addPortableSqlite(join(work, 'sqlite'));
  const installed = versions.map((version) => install(version, join(work, version)));
  // Side by side, for each has one thread that works.
  const passed = await Promise.all(installed.map(test));
  if (passed.includes(false)) process.exitCode = 1;
} finally {
  if (added) rmSync(portable, { recursive: true, force: true });
  rmSync(work, { recursive: true, force: true });
}

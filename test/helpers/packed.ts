import { chmod, mkdir, readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { run, temporaryFolder } from './kedge.ts';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));

/** What `npm pack` makes of the built package, and the addon of SQLite that was compiled here, packed as its makers publish it. */
export interface Packed {
  readonly tarball: string;
  /** Paths in it. */
  readonly files: readonly string[];
  readonly bytes: number;
  /** A folder for `npm_config_better_sqlite3_local_prebuilds`: fits this Node.js and no other. */
  readonly prebuilds: string;
  readonly remove: () => Promise<void>;
}

export async function pack(): Promise<Packed> {
  const { path, remove } = await temporaryFolder();
  await chmod(path, 0o755);
  const { stdout, stderr } = await run('npm', ['pack', '--json', '--ignore-scripts', '--pack-destination', path], { cwd: ROOT });
  const [made] = JSON.parse(stdout || '[]') as { filename: string; size: number; files: { path: string }[] }[];
  if (made === undefined) throw new Error(`npm pack: ${stderr}`);
  const files = made.files.map((file) => file.path);
  return { tarball: join(path, made.filename), files, bytes: made.size, prebuilds: await packAddon(join(path, 'prebuilds')), remove };
}

async function packAddon(folder: string): Promise<string> {
  const manifest = createRequire(import.meta.url).resolve('better-sqlite3/package.json');
  const { version } = JSON.parse(await readFile(manifest, 'utf8')) as { version: string };
  const name = `better-sqlite3-v${version}-node-v${process.versions.modules}-${process.platform}-${process.arch}.tar.gz`;
  await mkdir(folder);
  const { status, stderr } = await run('tar', ['-czf', join(folder, name), '-C', dirname(manifest), 'build/Release/better_sqlite3.node']);
  if (status !== 0) throw new Error(stderr);
  return folder;
}

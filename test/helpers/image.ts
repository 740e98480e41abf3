import { chown, cp, mkdir, readFile, realpath, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Engine } from './engine.ts';
import { succeed } from './installation.ts';
import { run, temporaryFolder } from './kedge.ts';
import { pack } from './packed.ts';

const RECIPE = 'templates/oci/Containerfile';
/** What a base image and the steps of a build are made of; everything else in a recipe is configuration, which an import takes as it is. */
const BUILD_STEPS = /^(FROM|ARG|COPY|RUN)\b/;

/**
 * Makes the image of the recipe where no registry has its base image: its last stage on a root of this machine's Node.js with its
 * libraries, a busybox, and the packed kedge as npm installs it.
 */
export async function importImage(engine: Engine, tag: string): Promise<void> {
  const { path, remove } = await temporaryFolder();
  try {
    const root = join(path, 'root');
    await putNode(root);
    await installKedge(root);
    const tar = join(path, 'root.tar');
    await succeed(run('tar', ['-cf', tar, '-C', root, '.']));
    const changes = (await configuration()).flatMap((instruction) => ['--change', instruction]);
    await engine.docker('import', ...changes, tar, tag);
  } finally {
    await remove();
  }
}

/** The instructions of the recipe's last stage that configure the image. */
async function configuration(): Promise<string[]> {
  const recipe = (await readFile(RECIPE, 'utf8')).replace(/^#.*\n/gm, '').replace(/\\\n\s*/g, ' ');
  const last = recipe.split(/^(?=FROM )/m).at(-1) ?? '';
  return last.split('\n').filter((line) => line !== '' && !BUILD_STEPS.test(line));
}

async function putNode(root: string): Promise<void> {
  const put = async (from: string, to = from): Promise<void> => {
    await mkdir(dirname(join(root, to)), { recursive: true });
    await cp(await realpath(from), join(root, to));
  };
  await put(process.execPath, '/usr/bin/node');
  const { stdout } = await succeed(run('ldd', [process.execPath]));
  for (const [, library = ''] of stdout.matchAll(/(\/\S+) \(0x/g)) await put(library);
  await put('/bin/busybox');
  for (const name of ['bin/sh', 'usr/bin/env']) await succeed(run('ln', ['-s', '/bin/busybox', join(root, name)]));
  await mkdir(join(root, 'tmp'), { mode: 0o1777 });
  await mkdir(join(root, 'etc'));
  await writeFile(join(root, 'etc/passwd'), 'root:x:0:0::/root:/bin/sh\nnode:x:1000:1000::/home/node:/bin/sh\n');
}

async function installKedge(root: string): Promise<void> {
  const packed = await pack();
  try {
    const env = { npm_config_better_sqlite3_local_prebuilds: packed.prebuilds };
    const prefix = ['--global', '--prefix', join(root, 'opt/kedge')];
    const args = ['install', ...prefix, '--omit=dev', '--no-audit', '--no-fund', '--prefer-offline', packed.tarball];
    await succeed(run('npm', args, { env, timeoutMs: 300_000 }));
  } finally {
    await packed.remove();
  }
  const home = join(root, 'var/lib/kedge');
  await mkdir(dirname(home), { recursive: true });
  await mkdir(home, { mode: 0o700 });
  await chown(home, 1000, 1000);
}

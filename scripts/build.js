// Bundles the package: the commands as ESM with shared chunks (a command loads only what it runs), the daemons each as one file.
import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import ts from 'typescript';
import { licensesOf } from './licenses.js';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const outdir = join(root, 'dist');
const shared = {
  absWorkingDir: root,
  bundle: true,
  platform: 'node',
  target: 'node20',
  format: 'esm',
  minifySyntax: true,
  splitting: true,
  chunkNames: 'chunks/[hash]',
  metafile: true,
  logLevel: 'warning',
  // All licences are in one file, in full.
  legalComments: 'none',
  // Native code, and what is too large to copy for the few commands that need it.
  external: ['better-sqlite3', '@kubernetes/client-node', 'typescript', 'ts-node'],
  // CommonJS libraries inside an ES module still call require().
  banner: { js: "import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);" },
};

function sources(dir) {
  return readdirSync(join(root, dir), { recursive: true })
    .filter((file) => file.endsWith('.ts'))
    .map((file) => join(dir, file));
}

rmSync(outdir, { recursive: true, force: true });
const [commands, daemons] = await Promise.all([
  build({
    ...shared,
    entryPoints: ['src/cli/main.ts', 'src/completion/main.ts', 'src/sim/worker.ts', 'src/mapper/index.ts', ...sources('src/commands')],
    outbase: 'src',
    outdir,
  }),
  build({ ...shared, entryPoints: ['src/daemons/launch.ts'], outdir: join(outdir, 'daemons') }),
]);
// What went where; a test reads it, the package does not ship it.
mkdirSync(join(outdir, 'meta'));
writeFileSync(join(outdir, 'meta', 'commands.json'), JSON.stringify(commands.metafile));
writeFileSync(join(outdir, 'meta', 'daemons.json'), JSON.stringify(daemons.metafile));

// The types of what is published as kedge/mapper.
for (const name of ['index', 'driver', 'run-mapper']) {
  const { outputText } = ts.transpileDeclaration(readFileSync(join(root, 'src', 'mapper', `${name}.ts`), 'utf8'), {
    fileName: `${name}.ts`,
    compilerOptions: { isolatedDeclarations: true, target: ts.ScriptTarget.ES2023, module: ts.ModuleKind.NodeNext },
    reportDiagnostics: true,
  });
  writeFileSync(join(outdir, 'mapper', `${name}.d.ts`), outputText.replaceAll(/(from '\.\/[a-z-]+)\.ts'/g, "$1.js'"));
}

const inputs = [commands, daemons].flatMap(({ metafile }) => Object.keys(metafile.inputs));
writeFileSync(join(outdir, 'THIRD_PARTY_LICENSES'), licensesOf(root, inputs));

// Commands and flags as data, so that help and a command load nothing else.
execFileSync(process.execPath, [join(root, 'node_modules', 'oclif', 'bin', 'run.js'), 'manifest'], {
  cwd: root,
  stdio: ['ignore', 'ignore', 'inherit'],
  env: { ...process.env, OCLIF_SKIP_NEW_VERSION_CHECK: 'true' },
});

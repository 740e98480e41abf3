import { spawn, type ChildProcessByStdio } from 'node:child_process';
import { rmSync } from 'node:fs';
import type { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const SOURCE = fileURLToPath(new URL('../fixtures/device-edge-process.ts', import.meta.url));
/** Where it finds its native package. */
const BUNDLE = fileURLToPath(new URL(`../../node_modules/.cache/device-edge-process-${process.pid}.mjs`, import.meta.url));
const REQUIRE = "import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);";
let bundled: Promise<unknown> | undefined;

/**
 * The MQTT side of an edge as a process, see the fixture for its arguments. It is bundled once: to read each source again costs a start four times as much.
 * The child tells its URL on stdout once it runs; to end it is the caller's.
 */
export async function spawnDeviceEdge(
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<ChildProcessByStdio<null, Readable, null>> {
  await (bundled ??= bundle());
  return spawn(process.execPath, [BUNDLE, ...args], { env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'inherit'] });
}

async function bundle(): Promise<void> {
  await build({
    ...{ entryPoints: [SOURCE], outfile: BUNDLE, bundle: true, external: ['better-sqlite3'], logLevel: 'warning' },
    ...{ platform: 'node', format: 'esm', banner: { js: REQUIRE } },
  });
  process.once('exit', () => rmSync(BUNDLE, { force: true }));
}

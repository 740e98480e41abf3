import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { plainEnvironment } from '../../test/helpers/kedge.ts';
import { sample } from './figure.ts';
import type { Sample } from './figure.ts';

export const KEDGE = fileURLToPath(new URL('../../bin/run.js', import.meta.url));

/** How long commands take, ms, each run in turn so that what else the machine does hits all of them. Undefined: it is not there. */
export function timeCommands(
  times: number,
  commands: readonly (readonly string[])[],
  env: Record<string, string> = {},
): (Sample | undefined)[] {
  const values = commands.map((): number[] => []);
  for (let index = 0; index <= times; index += 1) {
    for (const [each, command] of commands.entries()) {
      const ms = time(command, env);
      // The first round fills the caches.
      if (ms !== undefined && index > 0) values[each]?.push(ms);
    }
  }
  return values.map((each) => (each.length === 0 ? undefined : sample(each)));
}

function time([file = '', ...args]: readonly string[], env: Record<string, string>): number | undefined {
  const begun = performance.now();
  const { status, error, stderr } = spawnSync(file, args, { env: plainEnvironment(env), stdio: ['ignore', 'ignore', 'pipe'] });
  if ((error as NodeJS.ErrnoException | undefined)?.code === 'ENOENT') return undefined;
  if (status !== 0) throw new Error(`${file} ${args.join(' ')} ended with ${String(status)}: ${String(stderr)}`, { cause: error });
  return performance.now() - begun;
}

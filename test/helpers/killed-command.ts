import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { plainEnvironment } from './kedge.ts';

const BIN = fileURLToPath(new URL('../../bin/run.js', import.meta.url));
const POLL_MS = 1;
/** The line that tells the end of a step comes at once before the next one. */
const BEGUN = /^ .*\n/gm;

/** What is counted until the command is killed: the steps and their details that it has told, or the files that have appeared in the folder. */
export type KillBy = 'step' | 'file';

export interface KilledCommand {
  /** False when it came to its end before there were that many. */
  readonly reached: boolean;
  readonly stderr: string;
}

/** Runs the built `kedge` and kills it, and not the daemon that it may have started, at the n-th step or the n-th new file of `dir`. */
export async function killAt(
  args: readonly string[],
  { home, dir, by, n }: { home: string; dir: string; by: KillBy; n: number },
): Promise<KilledCommand> {
  const child = spawn(process.execPath, [BIN, ...args], {
    env: plainEnvironment({ KEDGE_HOME: home }),
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let stderr = '';
  let reached = false;
  const reach = (count: number): void => {
    if (count < n) return;
    reached = true;
    child.kill('SIGKILL');
  };
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
    if (by === 'step') reach(stderr.match(BEGUN)?.length ?? 0);
  });
  const seen = new Set<string>();
  const look = (): void => {
    for (const name of namesIn(dir)) seen.add(name);
    reach(seen.size);
  };
  const timer = by === 'file' ? setInterval(look, POLL_MS) : undefined;
  // Its end, not that of its pipe: the daemon may live on.
  await once(child, 'exit');
  clearInterval(timer);
  return { reached, stderr };
}

function namesIn(dir: string): string[] {
  return ['.', 'pki'].flatMap((folder) => {
    try {
      return readdirSync(join(dir, folder)).map((name) => join(folder, name));
    } catch {
      return [];
    }
  });
}

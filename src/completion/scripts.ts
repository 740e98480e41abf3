import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { packageRoot } from '../kernel/package-root.ts';

export const SHELLS = ['bash', 'zsh', 'fish'] as const;
export type Shell = (typeof SHELLS)[number];

/**
 * The script that a shell sources to complete kedge's commands, flags, values and names. It asks `kedge __complete` for every word, so that
 * a newer kedge needs no newer script.
 */
export async function completionScript(shell: Shell): Promise<string> {
  return (await readFile(join(packageRoot(), 'templates', 'completion', `kedge.${shell}`), 'utf8')).trimEnd();
}

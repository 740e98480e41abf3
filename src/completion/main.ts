import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { packageRoot } from '../kernel/package-root.ts';
import { complete } from './complete.ts';
import type { KnownCommand } from './complete.ts';

/** A person waits at the keyboard, ms. */
const PATIENCE_MS = 1_500;

/**
 * What a shell asks when Tab is pressed: prints a line `WORD<Tab>ABOUT` for each word that could stand here, and `:files` where files could.
 * It reads the manifest alone, without oclif, and says nothing when something fails.
 * @param words what follows `kedge`, the last one as far as it is typed
 */
export async function main(words: readonly string[]): Promise<never> {
  try {
    const { commands } = JSON.parse(readFileSync(join(packageRoot(), 'oclif.manifest.json'), 'utf8')) as {
      commands: Record<string, KnownCommand>;
    };
    const { suggestions, names, files } = complete(words, Object.values(commands));
    const lines = suggestions.map(({ word, about }) => (about === undefined ? word : `${word}\t${about.replaceAll(/\s+/g, ' ')}`));
    if (files === true) lines.push(':files');
    if (names !== undefined) lines.push(...(await withinPatience(import('./names.ts').then(({ namesOf }) => namesOf(names, words)))));
    if (lines.length > 0) process.stdout.write(`${lines.join('\n')}\n`);
  } catch {
    // Tab has nothing to offer then.
  }
  process.exit();
}

function withinPatience(names: Promise<string[]>): Promise<string[]> {
  const late = new Promise<string[]>((resolve) => setTimeout(() => resolve([]), PATIENCE_MS));
  return Promise.race([names, late]);
}

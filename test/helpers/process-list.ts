import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** The command lines of what runs on this machine, as proc(5) shows them; words are separated by spaces. */
export function commandLines(): string[] {
  const processes = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  return processes.flatMap((pid) => {
    try {
      return [readFileSync(join('/proc', pid, 'cmdline'), 'utf8').replaceAll('\0', ' ')];
    } catch {
      // It has just ended.
      return [];
    }
  });
}

import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** The folder of the installed package, from the sources as from the bundles: where `templates/` lies. */
export function packageRoot(): string {
  let dir = import.meta.dirname;
  while (!existsSync(join(dir, 'package.json'))) {
    if (dirname(dir) === dir) throw new Error(`no package.json above ${import.meta.dirname}`);
    dir = dirname(dir);
  }
  return dir;
}

import { expect } from 'chai';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const FOLDER = fileURLToPath(new URL('../snapshots/', import.meta.url));

/** The file of a snapshot: `commands/device-list.txt`. */
export function snapshotPath(kind: 'commands' | 'results', words: string, extension: string): string {
  return `${FOLDER}${kind}/${words.replaceAll(' ', '-')}.${extension}`;
}

/** Compares a text with its file. `npm run snapshots` writes the file instead; the diff is then for you and the reviewer to judge. */
export function matchSnapshot(path: string, text: string): void {
  const actual = `${text.trimEnd()}\n`;
  if (process.env['KEDGE_SNAPSHOTS'] === 'write') {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, actual);
    return;
  }
  const file = relative(ROOT, path);
  const wanted = existsSync(path) ? readFileSync(path, 'utf8') : `(${file} does not exist)\n`;
  expect(actual, `${file}: if the change is wanted, npm run snapshots (see test/README.md)`).to.equal(wanted);
}

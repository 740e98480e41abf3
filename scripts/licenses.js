// The licences of the packages that were bundled: their terms want them to go along with the code.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** Every license that a bundled package may have; one that is not here is looked at by a person first. */
const ACCEPTED = ['0BSD', 'Apache-2.0', 'BlueOak-1.0.0', 'BSD-2-Clause', 'BSD-3-Clause', 'ISC', 'MIT', '(BSD-3-Clause OR GPL-2.0)'];

/**
 * @param {string} root folder of the package
 * @param {Iterable<string>} inputs the bundled files, relative to it
 * @returns {string} one section for each package: name, version, licence and its text
 * @throws when a package has no licence text, or an unknown licence
 */
export function licensesOf(root, inputs) {
  const folders = new Set([...inputs].flatMap((file) => /^(.*node_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(file)?.[1] ?? []));
  return [...folders]
    .map((folder) => section(join(root, folder)))
    .sort()
    .join(`\n${'-'.repeat(80)}\n\n`);
}

function section(folder) {
  const { name, version, license } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
  if (!ACCEPTED.includes(license)) throw new Error(`${name}: is the license ${license} acceptable?`);
  const texts = readdirSync(folder)
    .filter((file) => /^(licen[cs]e|copying|notice)/i.test(file))
    .map((file) => readFileSync(join(folder, file), 'utf8').trim());
  if (texts.length === 0) texts.push(...inReadme(folder));
  if (texts.length === 0) throw new Error(`${name} has no license text`);
  return `${name} ${version} (${license})\n\n${texts.join('\n\n')}\n`;
}

/** Some packages have it as a part of their README: from the copyright on, under its heading. */
function inReadme(folder) {
  const [file] = readdirSync(folder).filter((name) => /^readme/i.test(name));
  if (file === undefined) return [];
  const [, text] = /^#+ *licen[cs]e[^\n]*\n+(copyright [^#]*permission[^#]*)/im.exec(readFileSync(join(folder, file), 'utf8')) ?? [];
  return text === undefined ? [] : [text.trim()];
}

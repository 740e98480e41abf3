// Draws the rooms and their imports into docs/architecture.md, between its two markers: npm run docs
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const page = join(root, 'docs', 'architecture.md');
const args = [
  'src',
  '--output-type',
  'mermaid',
  '--include-only',
  '^src/',
  '--collapse',
  '^src/(daemons/(cloud|edge|controlplane)/|[^/]+/)',
];
const graph = execFileSync(join(root, 'node_modules', '.bin', 'depcruise'), args, { cwd: root, encoding: 'utf8' });
const drawn = `<!-- graph -->\n\`\`\`mermaid\n${graph.trim()}\n\`\`\`\n<!-- /graph -->`;
writeFileSync(
  page,
  readFileSync(page, 'utf8').replace(/<!-- graph -->[\s\S]*<!-- \/graph -->/, () => drawn),
);

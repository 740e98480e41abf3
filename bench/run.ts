import { readdirSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { table } from '../src/cli/table.ts';
import type { Column } from '../src/cli/table.ts';
import { measure } from './support/figure.ts';
import type { Bench, Figure, Goal } from './support/figure.ts';

const COLUMNS: Column<Figure>[] = [
  { title: 'FIGURE', value: ({ name }) => name },
  { title: 'MEDIAN', value: ({ kedge, unit }) => `${kedge.median} ${unit}` },
  { title: 'P95', value: ({ kedge }) => kedge.p95 },
  { title: 'RATIO', value: ({ ratio }) => ratio },
  { title: 'GOAL', value: ({ goal }) => goalText(goal) },
  { title: 'MET', value: ({ met }) => (met === undefined ? '-' : met ? 'yes' : 'NO') },
  { title: 'LOAD', value: ({ machine }) => machine.load },
  { title: 'PEERS', value: ({ peers = [] }) => peers.map(({ name, median }) => `${median} ${name}`).join('; ') },
];

// `npm run bench -- [NAME …] [--quick]`: figures of the built daemons, JSON lines on stdout, a table on stderr.
const { positionals, values } = parseArgs({ allowPositionals: true, options: { quick: { type: 'boolean', default: false } } });
const known = readdirSync(import.meta.dirname)
  .filter((file) => file.endsWith('.ts') && file !== 'run.ts')
  .map((file) => file.slice(0, -3));
const unknown = positionals.filter((name) => !known.includes(name));
if (unknown.length > 0) {
  process.stderr.write(`no such figure: ${unknown.join(', ')}; there are ${known.join(', ')}\n`);
  process.exit(2);
}
const figures: Figure[] = [];
for (const name of positionals.length > 0 ? positionals : known) {
  process.stderr.write(`${name} …\n`);
  const { default: bench } = (await import(`./${name}.ts`)) as { default: Bench };
  const figure = await measure(name, bench, values.quick);
  process.stdout.write(`${JSON.stringify(figure)}\n`);
  figures.push(figure);
}
process.stderr.write(`\n${table(figures, COLUMNS)}\n`);

function goalText(goal: Goal): string {
  if ('ratioAtMost' in goal) return `ratio ≤ ${goal.ratioAtMost}`;
  if ('ratioAtLeast' in goal) return `ratio ≥ ${goal.ratioAtLeast}`;
  return 'atMost' in goal ? `≤ ${goal.atMost}` : `≥ ${goal.atLeast}`;
}

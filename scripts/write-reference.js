// Writes docs/cli.md from the commands and docs/errors.md from the table of errors: npm run docs. With --check it only tells whether they are current.
import { readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { BaseCommand } from '../src/cli/base-command.ts';
import { loadConfig } from '../src/cli/main.ts';
import { ERROR_TABLE } from '../src/kernel/errors.ts';

const docs = join(dirname(fileURLToPath(import.meta.url)), '..', 'docs');
const config = await loadConfig('./src/commands');
const byName = (a, b) => (a < b ? -1 : 1);
const commands = config.commands.filter(({ pluginName, hidden }) => pluginName === config.name && !hidden);
commands.sort((a, b) => byName(a.id, b.id));

const words = ({ id }) => `kedge ${id.replaceAll(':', ' ')}`;
const cell = (text = '') => text.replaceAll('|', '\\|').replaceAll('\n', ' ');
const anchor = (command) => words(command).replaceAll(' ', '-');

function argName({ name, options, required, multiple }) {
  const text = `${options?.join('|') ?? name.toUpperCase()}${multiple ? '...' : ''}`;
  return required ? text : `[${text}]`;
}

function flagName({ name, char, type, options, helpValue, multiple }) {
  const value = type === 'boolean' ? '' : ` ${options?.join('|') ?? helpValue ?? 'VALUE'}${multiple ? '...' : ''}`;
  return `${char ? `-${char}, ` : ''}--${name}${value.replace(/^ \[/, '[')}`;
}

function flagText(flag) {
  const preset = flag.type === 'option' && !flag.noCacheDefault && flag.default !== undefined ? `; ${flag.default} if not given` : '';
  return `${flag.description}${preset}${flag.env ? ` (or in the environment: ${flag.env})` : ''}${flag.required ? ' (needed)' : ''}`;
}

const isShared = ({ name, options = [] }) => {
  const shared = BaseCommand.baseFlags[name];
  return shared !== undefined && String(options) === String(shared.options ?? []);
};

function tableOf(rows) {
  return rows.length === 0 ? [] : ['| | |', '|---|---|', ...rows.map(([name, text]) => `| \`${cell(name)}\` | ${cell(text)} |`), ''];
}

function section(command) {
  const flags = Object.values(command.flags).filter(({ hidden }) => !hidden);
  const own = flags.filter((flag) => !isShared(flag)).sort((a, b) => byName(a.name, b.name));
  const args = Object.values(command.args).filter(({ hidden }) => !hidden);
  const examples = command.examples.map((example) => String(example).replaceAll('<%= config.bin %>', 'kedge'));
  return [
    `## ${words(command)}`,
    '',
    command.summary,
    ...(command.description ? [command.description] : []),
    '',
    '```',
    command.usage ? `kedge ${command.usage}` : [words(command), ...args.map(argName), '[FLAGS]'].join(' '),
    '```',
    '',
    ...tableOf([...args.map((arg) => [argName(arg), arg.description]), ...own.map((flag) => [flagName(flag), flagText(flag)])]),
    'For example:',
    '',
    '```sh',
    ...examples,
    '```',
    '',
  ];
}

const shared = Object.entries(BaseCommand.baseFlags).map(([name, flag]) => ({
  ...flag,
  name,
  default: name === 'output' ? 'table' : undefined,
}));
const cli = [
  '# The command line',
  '',
  '<!-- Written by npm run docs. -->',
  '',
  'Data goes to stdout, everything else to stderr. What is missing is asked for on a terminal; elsewhere, and with `--no-input`, the command fails and',
  'names the flag. [errors.md](errors.md) has the exit statuses. `kedge COMMAND --help` shows what stands here.',
  '',
  ...commands.map((command) => `- [${words(command)}](#${anchor(command)}): ${command.summary}`),
  '',
  '## Flags of every command',
  '',
  ...tableOf(shared.map((flag) => [flagName(flag), flagText(flag)])),
  ...commands.flatMap(section),
];

const errors = [
  '# Errors',
  '',
  '<!-- Written by npm run docs. -->',
  '',
  'A command that fails says on stderr what it attempted, why that failed, and what to try:',
  '',
  '```',
  'error NOT_FOUND: there is no device oven in namespace default',
  '  Try: kedge device list -A',
  '```',
  '',
  'With `-o json` the last line of stderr is `{"error": {"code", "message", "cause", "hint"}}`; `cause` is there when something else lies behind it.',
  'Codes and exit statuses are stable, texts may change. A command that a signal ends exits with 128 and the number of the signal: 130 after Ctrl-C.',
  '',
  '| code | exit status | meaning | to try, where the message says nothing better |',
  '|---|---|---|---|',
  ...Object.entries(ERROR_TABLE).map(([code, { exit, meaning, remedy }]) => `| ${code} | ${exit} | ${cell(meaning)} | ${cell(remedy)} |`),
];

for (const [name, lines] of Object.entries({ 'cli.md': cli, 'errors.md': errors })) {
  const page = join(docs, name);
  const text = `${lines.join('\n').trimEnd()}\n`;
  if (!process.argv.includes('--check')) writeFileSync(page, text);
  else if (readFileSync(page, 'utf8') !== text) {
    console.error(`docs/${name} is not current: npm run docs`);
    process.exitCode = 1;
  }
}

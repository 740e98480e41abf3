import type { Command } from '@oclif/core';
import { loadConfig } from '../../src/cli/main.ts';

/** The commands of the sources, sorted, without hidden ones. */
export async function visibleCommands(): Promise<Command.Loadable[]> {
  const { commands } = await loadConfig('./src/commands');
  return commands.filter(({ pluginName, hidden }) => pluginName === 'kedge' && !hidden).sort((a, b) => (a.id < b.id ? -1 : 1));
}

/** As people type it: `device list`. */
export function wordsOf(command: Pick<Command.Loadable, 'id'>): string {
  return command.id.replaceAll(':', ' ');
}

/** What scripts rely on: names, letters, values, defaults. Descriptions may change, so they are left out. */
export function surfaceOf(command: Command.Loadable): string {
  const flags = Object.values(command.flags).filter(({ hidden }) => hidden !== true);
  const args = Object.values(command.args).map((arg) => `  ${argLine(arg)}`);
  const lines = flags.map((flag) => `  ${flagLine(flag)}`).sort();
  const sections = [`kedge ${wordsOf(command)}`, ...section('arguments', args), ...section('flags', lines)];
  return [...sections, `examples: ${(command.examples ?? []).length > 0 ? 'yes' : 'none'}`].join('\n');
}

function section(title: string, lines: readonly string[]): string[] {
  return lines.length === 0 ? [] : [`${title}:`, ...lines];
}

function argLine({ name, required, multiple, options, default: preset }: Command.Arg.Cached & { multiple?: boolean }): string {
  const name_ = `${options?.join('|') ?? name.toUpperCase()}${multiple === true ? '...' : ''}`;
  return `${required === true ? name_ : `[${name_}]`}${presetOf(preset)}`;
}

function flagLine(flag: Command.Flag.Cached): string {
  const name = `--${flag.name}${flag.char === undefined ? '' : `, -${flag.char}`}`;
  const { required, exclusive = [] } = flag;
  const rules = `${required === true ? ' (required)' : ''}${exclusive.length > 0 ? ` (not with ${exclusive.join(', ')})` : ''}`;
  if (flag.type === 'boolean') return `${name}${rules}`;
  const value = flag.options?.join('|') ?? flag.helpValue ?? 'VALUE';
  // The home depends on the machine.
  return `${name} ${String(value)}${flag.multiple === true ? '...' : ''}${flag.noCacheDefault === true ? '' : presetOf(flag.default)}${rules}`;
}

function presetOf(preset: unknown): string {
  return preset === undefined ? '' : ` = ${JSON.stringify(preset)}`;
}

import { Config, Plugin, run } from '@oclif/core';
import type { Interfaces } from '@oclif/core';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { systemCode } from '../kernel/errors.ts';
import { packageRoot } from '../kernel/package-root.ts';
import { nextSteps } from './next-steps.ts';
import { reportError } from './report-error.ts';

/**
 * The command line: finds the command, runs it, and ends the process with its exit status.
 * @param commands the folder of the commands, below the package; the built ones are listed in package.json.
 */
export async function main(argv: string[], commands?: string): Promise<never> {
  // Else oclif asks the user database for it, where the user of a container need not be.
  process.env['SHELL'] ??= '/bin/sh';
  process.stdout.on('error', (error) => {
    // The reader of our pipe has seen enough.
    if (systemCode(error) === 'EPIPE') process.exit(0);
    throw error;
  });
  process.on('uncaughtException', (error) => process.exit(reportError(error, { argv })));
  let config: Interfaces.Config | undefined;
  try {
    config = await loadConfig(commands);
    await run(argv, config);
    process.exit();
  } catch (error) {
    process.exit(
      exitOf(error) ?? reportError(error, { argv, commands: commandsOf(config), nextStep: nextSteps(argv, config?.commands ?? []) }),
    );
  }
}

/** What oclif knows of the package; `commands` as in `main`. */
export async function loadConfig(commands?: string): Promise<Interfaces.Config> {
  const root = packageRoot();
  if (commands === undefined) return Config.load({ root });
  const pjson = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as Interfaces.PJSON;
  pjson.oclif.commands = { strategy: 'pattern', target: commands, globPatterns: ['**/*.ts'] };
  // The manifest of the last build tells nothing of the sources.
  const plugin = new Plugin({ root, pjson, isRoot: true, ignoreManifest: true });
  await plugin.load();
  return Config.load({ root, pjson, plugins: new Map([[plugin.name, plugin]]) });
}

/** The exit status, when the command has said already what there is to say. */
function exitOf(error: unknown): number | undefined {
  if (systemCode(error) !== 'EEXIT') return undefined;
  return (error as { oclif?: { exit?: number } }).oclif?.exit ?? 0;
}

/** The commands as people type them. */
function commandsOf(config: Interfaces.Config | undefined): string[] {
  const visible = config?.commands.filter(({ hidden }) => !hidden) ?? [];
  return visible.map(({ id }) => id.replaceAll(':', ' '));
}

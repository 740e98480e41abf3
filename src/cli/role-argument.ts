import { existsSync } from 'node:fs';
import { Args } from '@oclif/core';
import { homePaths } from '../config/home.ts';
import { chooser } from './prompts.ts';
import type { Ui } from './ui.ts';

const ROLES = ['cloud', 'edge'] as const;
export type Role = (typeof ROLES)[number];

/** `cloud` or `edge`: which daemon of the home a command is about. */
export const role = Args.option({ description: 'which daemon', options: ROLES })();

/** The role that was given; else one of those that this home has. @throws KedgeError USAGE without a terminal, NOT_FOUND in an empty home */
export async function chooseRole(ui: Ui, given: Role | undefined, home: string): Promise<Role> {
  const paths = homePaths(home);
  const names = (): Promise<Role[]> => Promise.resolve(ROLES.filter((one) => existsSync(paths[one].config)));
  return (await chooser(ui, given, 'cloud or edge')({ what: 'daemon', names, none: 'kedge init cloud, or kedge join edge' })) as Role;
}

import { ask, askApi } from '../client/answerer.ts';
import { deviceChoices, modelChoices, nodeChoices } from '../client/choices.ts';
import { listTokens } from '../client/tokens.ts';
import { defaultHome } from '../config/home.ts';
import type { NameKind } from './complete.ts';

/** The names that there are, in the home and namespace that the words name. */
export function namesOf(kind: NameKind, words: readonly string[]): Promise<string[]> {
  const home = valueOf(words, '--home') ?? defaultHome();
  const namespace = valueOf(words, '--namespace') ?? valueOf(words, '-n') ?? 'default';
  switch (kind) {
    case 'device':
      return ask(home, undefined, (answerer) => deviceChoices(answerer, namespace).names());
    case 'device model':
      return askApi(home, (client) => modelChoices(client, namespace).names());
    case 'node':
      return askApi(home, (client) => nodeChoices(client).names());
    case 'token':
      return listTokens(home).then((tokens) => tokens.map(({ id }) => id));
  }
}

function valueOf(words: readonly string[], flag: string): string | undefined {
  const joined = words.find((word) => word.startsWith(`${flag}=`));
  const at = words.indexOf(flag);
  return joined?.slice(flag.length + 1) ?? (at < 0 ? undefined : words[at + 1]);
}

import { KedgeError, messageOf } from '../kernel/errors.ts';
import type { Ui } from './ui.ts';

export interface Question {
  /** What is asked. */
  readonly message: string;
  /** What to give on the command line instead, such as `--token` or `NAME`; named when nobody can be asked. */
  readonly flag: string;
}

/** What is wrong with an answer. */
type Check = (text: string) => string | undefined | Promise<string | undefined>;

/** Asks for a line of text; `check` returns what is wrong with it. @throws KedgeError USAGE without a terminal. */
export async function askText(ui: Ui, question: Question & { readonly initial?: string; readonly check?: Check }): Promise<string> {
  const validate = async (text: string): Promise<string | true> =>
    text.trim() === '' ? NEEDED : ((await question.check?.(text.trim())) ?? true);
  const prompt = await promptOf(ui, question);
  const { initial, message } = question;
  const { answer } = await prompt<{ answer: string }>({
    type: 'input',
    name: 'answer',
    message,
    validate,
    ...(initial && { default: initial }),
  });
  return answer.trim();
}

/** Asks for the URL of an MQTT broker. @throws KedgeError USAGE without a terminal. */
export async function askBrokerUrl(ui: Ui, flag: string): Promise<string> {
  const { brokerUrl } = await import('../config/external-broker.ts');
  const check = (text: string): string | undefined => {
    try {
      return brokerUrl(text) === '' ? NEEDED : undefined;
    } catch (error) {
      return messageOf(error);
    }
  };
  return askText(ui, { message: 'URL of the MQTT broker (mqtts://HOST:8883, or mqtt://HOST:1883 without TLS)', flag, check });
}

/** Asks for a secret, which is not shown. @throws KedgeError USAGE without a terminal. */
export async function askSecret(ui: Ui, question: Question): Promise<string> {
  const validate = (text: string): string | true => text.trim() !== '' || NEEDED;
  const prompt = await promptOf(ui, question);
  const { answer } = await prompt<{ answer: string }>({ type: 'password', name: 'answer', message: question.message, mask: '*', validate });
  return answer.trim();
}

/** Lets one of the choices be picked. @throws KedgeError USAGE without a terminal. */
export async function askChoice(
  ui: Ui,
  question: Question & { readonly choices: readonly { value: string; name?: string }[] },
): Promise<string> {
  const prompt = await promptOf(ui, question);
  const { answer } = await prompt<{ answer: string }>({
    type: 'select',
    name: 'answer',
    message: question.message,
    choices: question.choices,
  });
  return answer;
}

/** What may be named where a name is missing; client/choices.ts knows what there is. */
export interface Choices {
  /** What it is called: `device`. */
  readonly what: string;
  names(): Promise<readonly string[]>;
  /** What to do when there are none. */
  readonly none: string;
}

/**
 * The way to a name: it is the one that was given, or, on a terminal, the one that is picked from the choices.
 * @param flag what to give on the command line instead: `NAME`
 * @throws KedgeError USAGE at once where nobody can be asked; NOT_FOUND later, when there is nothing to choose from
 */
export function chooser(ui: Ui, given: string | undefined, flag: string): (choices: Choices) => Promise<string> {
  if (given === undefined && !ui.interactive) throw missing(flag);
  return async (choices) => {
    if (given !== undefined) return given;
    const names = await choices.names();
    if (names.length === 0) throw new KedgeError('NOT_FOUND', `there is no ${choices.what} yet`, { hint: choices.none });
    return askChoice(ui, { message: `Which ${choices.what}?`, flag, choices: names.map((value) => ({ value })) });
  };
}

/** True if a person agrees, or `--yes` was given. @throws KedgeError USAGE without a terminal. */
export async function confirm(ui: Ui, message: string): Promise<boolean> {
  if (ui.yes) return true;
  const prompt = await promptOf(ui, { message, flag: '--yes' });
  const { answer } = await prompt<{ answer: boolean }>({ type: 'confirm', name: 'answer', message, default: false });
  return answer;
}

/** Nobody can be asked for what is missing. */
export function missing(flag: string): KedgeError {
  return new KedgeError('USAGE', `${flag} is missing, and there is no terminal to ask on`, { hint: `give ${flag}` });
}

const NEEDED = 'Please give a value.';

async function promptOf(ui: Ui, { flag }: Question) {
  if (!ui.interactive) throw missing(flag);
  const { default: inquirer } = await import('inquirer');
  return inquirer.createPromptModule({ output: process.stderr });
}

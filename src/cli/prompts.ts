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

/** True if a person agrees, or `--yes` was given. @throws KedgeError USAGE without a terminal. */
export async function confirm(ui: Ui, message: string): Promise<boolean> {
  if (ui.yes) return true;
  const prompt = await promptOf(ui, { message, flag: '--yes' });
  const { answer } = await prompt<{ answer: boolean }>({ type: 'confirm', name: 'answer', message, default: false });
  return answer;
}

const NEEDED = 'Please give a value.';

async function promptOf(ui: Ui, { flag }: Question) {
  if (!ui.interactive) throw new KedgeError('USAGE', `${flag} is missing, and there is no terminal to ask on`, { hint: `give ${flag}` });
  const { default: inquirer } = await import('inquirer');
  return inquirer.createPromptModule({ output: process.stderr });
}

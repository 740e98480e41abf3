import { KedgeError } from '../kernel/errors.ts';
import { toKedgeError } from '../kube/api-error.ts';
import { EditedFile } from './editor.ts';
import type { Ui } from './ui.ts';

export interface Edit<R> {
  /** What is edited, for people: `device kitchen`. */
  readonly what: string;
  readonly text: string;
  /** Puts the edited text into effect. What it throws as INVALID_INPUT is shown in the text, which is opened again. */
  readonly apply: (text: string) => Promise<R>;
}

/**
 * Opens a text in the person's editor until it can be applied, or is left as it was: undefined then. What was written and cannot be applied
 * is kept in a file, which the error names. @throws KedgeError of the editor and of `apply`
 */
export async function editUntilApplied<R>(ui: Ui, { what, text, apply }: Edit<R>): Promise<R | undefined> {
  const file = await EditedFile.create(ui, `${what.replaceAll(' ', '-')}.yaml`);
  let keep = false;
  let last = text;
  let comment = '';
  try {
    for (;;) {
      const edited = withoutComment(await file.edit(`${HEAD(what)}${comment}${last}`));
      if (edited.trim() === '' || edited === text) {
        keep = false;
        return undefined;
      }
      try {
        const result = await apply(edited);
        keep = false;
        return result;
      } catch (error) {
        keep = true;
        const known = toKedgeError(error);
        if (known.code !== 'INVALID_INPUT' || edited === last) throw kept(known, file.path);
        comment = commentOf(known.message);
        last = edited;
      }
    }
  } finally {
    if (!keep) await file.remove();
  }
}

const MARK = '#:';
const HEAD = (what: string): string =>
  [
    `${MARK} Change ${what}, save and close. Lines that begin with ${MARK} are left out.`,
    `${MARK} Leave it as it is, or empty, to change nothing.`,
    '',
  ].join('\n');

function commentOf(message: string): string {
  return `${MARK}\n${message
    .split('\n')
    .map((line) => `${MARK} ${line}`)
    .join('\n')}\n${MARK}\n`;
}

function withoutComment(text: string): string {
  return text
    .split('\n')
    .filter((line) => !line.startsWith(MARK))
    .join('\n');
}

function kept(error: KedgeError, path: string): KedgeError {
  const next = error.hint === undefined ? '' : `${error.hint}; `;
  return new KedgeError(error.code, error.message, { hint: `${next}what you wrote is in ${path}`, cause: error.cause });
}

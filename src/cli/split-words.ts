import { KedgeError } from '../kernel/errors.ts';

/**
 * The words of a command as people write it into EDITOR: blanks separate, quotes and backslashes keep together. Nothing is expanded or
 * executed. @throws KedgeError INVALID_INPUT for a quote that does not end
 */
export function splitWords(text: string): string[] {
  const words: string[] = [];
  for (const [, word = ''] of text.matchAll(/((?:[^\s'"\\]|\\[\s\S]|'[^']*'|"(?:[^"\\]|\\[\s\S])*"|['"\\])+)/g)) words.push(unquoted(word));
  return words;
}

function unquoted(word: string): string {
  return word.replace(
    /\\([\s\S])|'([^']*)'|"((?:[^"\\]|\\[\s\S])*)"|(['"\\])/g,
    (_, escaped?: string, plain?: string, quoted?: string, open?: string) => {
      if (open !== undefined)
        throw new KedgeError('INVALID_INPUT', `the editor ${word} has a ${open} that does not end`, {
          hint: "for example EDITOR='code --wait'",
        });
      return escaped ?? plain ?? (quoted ?? '').replace(/\\(["\\$`])/g, '$1');
    },
  );
}

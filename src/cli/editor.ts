import { spawn } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { KedgeError, messageOf } from '../kernel/errors.ts';
import { splitWords } from './split-words.ts';
import type { Ui } from './ui.ts';

const CHOOSE = 'export EDITOR=nano';

/** A text that a person edits in a private file, as often as needed. */
export class EditedFile {
  readonly path: string;
  readonly #folder: string;
  readonly #command: readonly string[];

  private constructor(folder: string, name: string, command: readonly string[]) {
    this.#folder = folder;
    this.path = join(folder, name);
    this.#command = command;
  }

  /**
   * @param name of the file, whose ending tells the editor what it is
   * @throws KedgeError NOT_FOUND when there is no editor, USAGE when one that needs a terminal would have none
   */
  static async create(ui: Ui, name: string, env: NodeJS.ProcessEnv = process.env): Promise<EditedFile> {
    const command = editorCommand(ui, env);
    return new EditedFile(await mkdtemp(join(tmpdir(), 'kedge-edit-')), name, command);
  }

  /** The text after the person has closed the editor. @throws KedgeError NOT_FOUND or INVALID_INPUT when the editor fails */
  async edit(text: string): Promise<string> {
    await writeFile(this.path, text, { mode: 0o600 });
    await this.#run();
    return readFile(this.path, 'utf8');
  }

  async remove(): Promise<void> {
    await rm(this.#folder, { recursive: true, force: true });
  }

  #run(): Promise<void> {
    const [program = '', ...args] = this.#command;
    return new Promise((resolve, reject) => {
      // Ctrl-C is the editor's; this command ends with it.
      const ignore = (): void => undefined;
      process.on('SIGINT', ignore);
      const child = spawn(program, [...args, this.path], { stdio: 'inherit' });
      child.once('error', (error) => {
        process.off('SIGINT', ignore);
        reject(new KedgeError('NOT_FOUND', `the editor ${program} cannot be run: ${messageOf(error)}`, { hint: CHOOSE, cause: error }));
      });
      child.once('close', (status, signal) => {
        process.off('SIGINT', ignore);
        if (status === 0) resolve();
        else
          reject(
            new KedgeError(
              'INVALID_INPUT',
              `the editor ${program} ended with ${signal ?? `status ${String(status)}`}, so nothing is changed`,
              { hint: CHOOSE },
            ),
          );
      });
    });
  }
}

/** KEDGE_EDITOR, VISUAL, EDITOR; else, on a terminal, what is there. */
function editorCommand(ui: Ui, env: NodeJS.ProcessEnv): string[] {
  const words = [env['KEDGE_EDITOR'], env['VISUAL'], env['EDITOR']].map((text) => splitWords(text ?? '')).find(({ length }) => length > 0);
  if (words !== undefined) return words;
  if (!ui.interactive) throw new KedgeError('USAGE', 'editing needs a terminal, or an editor in EDITOR', { hint: CHOOSE });
  const found = ['vi', 'nano'].find((name) => isInPath(name, env['PATH'] ?? ''));
  if (found === undefined) throw new KedgeError('NOT_FOUND', 'there is neither vi nor nano, and EDITOR names none', { hint: CHOOSE });
  return [found];
}

function isInPath(name: string, path: string): boolean {
  return path.split(delimiter).some((folder) => {
    try {
      accessSync(join(folder, name), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}

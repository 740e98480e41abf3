import { spawn } from 'node:child_process';
import type { ChildProcessWithoutNullStreams } from 'node:child_process';
import { eventually } from './eventually.ts';
import { plainEnvironment } from './kedge.ts';

// eslint-disable-next-line no-control-regex
const ESCAPES = /\u001b(\[[0-9;?]*[A-Za-z]|[()][A-Z0-9]|[=>])/g;

/** A command on a real terminal (the pty of util-linux's script), with a person's fingers. */
export class Terminal {
  readonly #child: ChildProcessWithoutNullStreams;
  readonly ended: Promise<number | null>;
  #text = '';
  #read = 0;

  constructor(command: readonly string[], env: Record<string, string> = {}) {
    const line = command.map((word) => `'${word.replaceAll("'", String.raw`'\''`)}'`).join(' ');
    this.#child = spawn('script', ['-qefc', line, '/dev/null'], {
      env: plainEnvironment({ TERM: 'xterm', COLUMNS: '200', ...env }),
      stdio: 'pipe',
    });
    this.#child.stdout.setEncoding('utf8').on('data', (text: string) => (this.#text += text));
    this.#child.stdin.on('error', () => undefined);
    this.ended = new Promise((resolve) => this.#child.once('close', resolve));
  }

  /** Everything that was shown, without colours and movements of the cursor. */
  get text(): string {
    return this.#text.replace(ESCAPES, '');
  }

  /** Waits for a text that comes after what was awaited last, then types. */
  async answer(awaited: string, keys: string): Promise<void> {
    await eventually(() => this.text.includes(awaited, this.#read), `${awaited} in ${JSON.stringify(this.text)}`, 60_000).catch(
      (error: unknown) => {
        throw new Error(`${awaited} is not in ${JSON.stringify(this.text)}`, { cause: error });
      },
    );
    this.#read = this.text.length;
    this.#child.stdin.write(keys);
  }

  /** The exit status. Ends the command if a test forgot. */
  async close(): Promise<number | null> {
    const timer = setTimeout(() => this.#child.kill('SIGKILL'), 60_000);
    try {
      return await this.ended;
    } finally {
      clearTimeout(timer);
    }
  }
}

import { Command, Flags } from '@oclif/core';
import type { Interfaces } from '@oclif/core';
import { defaultHome } from '../config/home.ts';
import { reportError } from './report-error.ts';
import { render } from './output.ts';
import type { Human } from './output.ts';
import { createUi } from './ui.ts';
import type { Ui } from './ui.ts';

export type CommandFlags<C extends typeof Command> = Interfaces.InferredFlags<(typeof BaseCommand)['baseFlags'] & C['flags']>;
export type CommandArgs<C extends typeof Command> = Interfaces.InferredArgs<C['args']>;

/** The `-o` flag for commands that list or show objects. */
export const objectOutput = Flags.option({
  char: 'o',
  description: 'how to print it',
  options: ['table', 'wide', 'name', 'json', 'yaml'] as const,
  default: 'table',
})();

/**
 * What all commands share: `class List extends BaseCommand<typeof List>` finds its parsed `this.flags` and `this.args`, the
 * terminal in `this.ui`, and returns its result from `run()` after showing it with `this.show`. What it throws is printed here,
 * once, and becomes the exit status.
 */
export abstract class BaseCommand<C extends typeof Command> extends Command {
  static override baseFlags = {
    home: Flags.directory({
      description: 'folder of this kedge',
      env: 'KEDGE_HOME',
      helpGroup: 'GLOBAL',
      default: () => Promise.resolve(defaultHome()),
    }),
    output: Flags.option({
      char: 'o',
      description: 'how to print it',
      options: ['table', 'json', 'yaml'] as const,
      default: 'table',
      helpGroup: 'GLOBAL',
    })(),
    yes: Flags.boolean({ char: 'y', description: 'answer yes to every question', helpGroup: 'GLOBAL' }),
    'no-input': Flags.boolean({ description: 'never ask', helpGroup: 'GLOBAL' }),
    'no-color': Flags.boolean({ description: 'no colours', helpGroup: 'GLOBAL' }),
  };

  protected flags!: CommandFlags<C>;
  protected args!: CommandArgs<C>;
  /** Where people are talked to (stderr), and whether they can answer. */
  protected ui!: Ui;
  readonly #interrupt = new AbortController();
  #listening = false;

  abstract override run(): Promise<unknown>;

  /** Aborts on Ctrl-C (and SIGTERM). Without a look at it, Ctrl-C ends the process at once; after one, the command must end itself. */
  protected get interrupted(): AbortSignal {
    if (!this.#listening) {
      this.#listening = true;
      for (const [name, number] of [
        ['SIGINT', 2],
        ['SIGTERM', 15],
      ] as const) {
        process.once(name, () => {
          this.#interrupt.abort(128 + number);
        });
      }
    }
    return this.#interrupt.signal;
  }

  override async init(): Promise<void> {
    await super.init();
    const { args, flags } = await this.parse({
      flags: this.ctor.flags,
      baseFlags: (super.ctor as typeof BaseCommand).baseFlags,
      args: this.ctor.args,
      strict: this.ctor.strict,
    });
    this.flags = flags as CommandFlags<C>;
    this.args = args as CommandArgs<C>;
    this.ui = createUi(this.flags);
  }

  /** Prints the result on stdout as the `-o` flag wants it and hands it back: `return this.show(list, …)`. */
  protected async show<R>(result: R, human: Human): Promise<R> {
    this.log(await render(result, this.flags.output, human));
    return result;
  }

  protected override catch(error: unknown): Promise<never> {
    const status = this.#interrupt.signal.aborted ? (this.#interrupt.signal.reason as number) : reportError(error);
    return this.exit(status);
  }
}

import { Command, Flags } from '@oclif/core';
import type { Interfaces } from '@oclif/core';
import { defaultHome } from '../config/home.ts';
import { stopSignal } from '../kernel/stop-signal.ts';
import type { Change } from '../kube/change.ts';
import { nextSteps } from './next-steps.ts';
import { reportError } from './report-error.ts';
import { render } from './output.ts';
import type { Human, OutputFormat } from './output.ts';
import { createUi } from './ui.ts';
import type { Ui } from './ui.ts';
import { WatchOutput } from './watch-output.ts';
import type { Watched } from './watch-output.ts';

type BaseFlags = (typeof BaseCommand)['baseFlags'];
/** A command's own flags stand in for base flags of the same name, such as a wider `-o`. */
type AllFlags<Own> = string extends keyof Own ? BaseFlags : Omit<BaseFlags, keyof Own> & Own;
export type CommandFlags<C extends typeof Command> = Interfaces.InferredFlags<AllFlags<C['flags']>>;
export type CommandArgs<C extends typeof Command> = Interfaces.InferredArgs<C['args']>;

/**
 * What all commands share: `class List extends BaseCommand<typeof List>` finds its parsed `this.flags` and `this.args`, the
 * terminal in `this.ui`, and returns its result from `run()` after showing it with `this.show`. What it throws is printed here,
 * once, and becomes the exit status.
 */
export abstract class BaseCommand<C extends typeof Command> extends Command {
  static override baseFlags = {
    home: Flags.directory({
      description: 'folder of this kedge; if not given, /var/lib/kedge for root and ~/.kedge for others',
      env: 'KEDGE_HOME',
      helpValue: 'FOLDER',
      helpGroup: 'GLOBAL',
      default: () => Promise.resolve(defaultHome()),
      // Who builds the package has another home than who uses it.
      noCacheDefault: true,
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
  #interrupt: AbortSignal | undefined;
  #output: OutputFormat = 'table';

  abstract override run(): Promise<unknown>;

  /** Aborts on Ctrl-C, SIGTERM and the end of the terminal. Without a look at it, Ctrl-C ends the process at once; after one, the second does. */
  protected get interrupted(): AbortSignal {
    return (this.#interrupt ??= stopSignal(['SIGHUP', 'SIGINT', 'SIGTERM']));
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
    this.ui = createUi(flags);
    this.#output = flags['output'];
  }

  /** Prints the result on stdout as the `-o` flag wants it and hands it back: `return this.show(list, …)`. */
  protected async show<R>(result: R, human: Human): Promise<R> {
    this.log(await render(result, this.#output, human));
    return result;
  }

  /** Prints what is followed as the `-o` flag wants it, until Ctrl-C: `return this.follow(watchObjects(…), …)`. */
  protected async follow<T>(changes: AsyncIterable<readonly Change<T>[]>, watched: Watched<T>): Promise<undefined> {
    const output = new WatchOutput(this.#output, watched);
    for await (const some of changes) {
      const text = await output.text(some);
      if (text !== undefined) this.log(text);
    }
  }

  /** A text that names commands of kedge to try next, as it is to be shown: with the `--home` that this command was given. */
  protected nextStep(text: string): string {
    return nextSteps(this.argv, this.config.commands)(text);
  }

  protected override catch(error: unknown): Promise<never> {
    return this.exit(this.#exitStatusOf(error));
  }

  #exitStatusOf(error: unknown): number {
    if (this.#interrupt?.aborted === true) return this.#interrupt.reason as number;
    // Ctrl-C at a prompt.
    if (error instanceof Error && error.name === 'ExitPromptError') return 130;
    const words = (this.id ?? '').replaceAll(':', ' ');
    const flags = Object.keys({ ...BaseCommand.baseFlags, ...this.ctor.flags });
    return reportError(error, { argv: this.argv, command: { words, flags }, nextStep: (text) => this.nextStep(text) });
  }
}

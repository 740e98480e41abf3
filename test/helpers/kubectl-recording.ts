import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { run } from './kedge.ts';
import { RANDOM, steady, type KubectlAnswers, type KubectlRequest } from './kubectl-user.ts';

interface Recorded {
  /** The digest of what was asked, of which kubectl, and of how its answers are written down. */
  readonly asked: string;
  /** By namespace; of each step its lines. */
  readonly answers: Record<string, { readonly line: string; readonly printed: readonly string[] }[]>;
}

/** What kubectl printed at a server that never changes, so that it need not be asked each time. */
export class KubectlRecording implements KubectlAnswers {
  readonly #path: string;
  readonly #asked: string;
  readonly #answers: Recorded['answers'];
  readonly #server: KubectlAnswers | undefined;

  private constructor(path: string, asked: string, answers: Recorded['answers'], server?: KubectlAnswers) {
    this.#path = path;
    this.#asked = asked;
    this.#answers = answers;
    this.#server = server;
  }

  /** The recording in this file, or undefined when it is of other steps, or of another kubectl. */
  static open(path: string, asked: string): KubectlRecording | undefined {
    if (!existsSync(path)) return undefined;
    const recorded = JSON.parse(readFileSync(path, 'utf8')) as Recorded;
    return recorded.asked === asked ? new KubectlRecording(path, asked, recorded.answers) : undefined;
  }

  /** A new one, of what this server answers. */
  static of(server: KubectlAnswers, path: string, asked: string): KubectlRecording {
    return new KubectlRecording(path, asked, {}, server);
  }

  /** What the server prints, or printed; throws when it was asked something else at this place. */
  async does(request: KubectlRequest, namespace: string): Promise<string> {
    const { line } = request;
    if (this.#server === undefined) {
      const next = this.#answers[namespace]?.shift();
      if (next?.line !== line) throw new Error(`kubectl ${line}: the recording has ${String(next?.line)} here`);
      return next.printed.join('\n');
    }
    const printed = await this.#server.does(request, namespace);
    (this.#answers[namespace] ??= []).push({ line, printed: printed.split('\n') });
    return printed;
  }

  /** Writes the file, if it is a new one. */
  save(): void {
    if (this.#server === undefined) return;
    const recorded: Recorded = { asked: this.#asked, answers: this.#answers };
    writeFileSync(this.#path, `${JSON.stringify(recorded, undefined, 1)}\n`);
  }
}

/** The digest of all that answers depend on: the steps before each, kubectl's version, and what is left out of them. */
export async function digestOf(requests: object): Promise<string> {
  const { stdout } = await run('kubectl', ['version', '--client', '-o', 'json']);
  const { clientVersion } = JSON.parse(stdout) as { clientVersion: { gitVersion: string } };
  const kubectl = clientVersion.gitVersion.replace(/-.*/, '');
  const plain = (_: string, value: unknown): unknown => (value instanceof RegExp ? String(value) : value);
  const asked = steady(JSON.stringify(requests, plain));
  return createHash('sha256')
    .update([kubectl, asked, String(RANDOM)].join('\n'))
    .digest('hex');
}

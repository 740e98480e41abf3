import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { eventually } from './eventually.ts';
import { plainEnvironment, run, type RunOptions } from './kedge.ts';

export interface KubectlUserOptions {
  readonly kubeconfigPath: string;
  /** A folder of this server's own. */
  readonly cache: string;
  /** What `kubectl edit` opens; finds `EDIT` in its environment. */
  readonly editor: string;
}

/** What is asked of kubectl, see `KubectlStep`. */
export interface KubectlRequest {
  readonly line: string;
  readonly input?: string;
  readonly edit?: string;
  readonly during?: readonly string[];
  readonly lines?: number;
  readonly until?: RegExp;
  readonly sorted?: boolean;
  readonly env?: Readonly<Record<string, string>>;
}

/** Who answers what is asked of kubectl: kubectl itself, or a recording of it. */
export interface KubectlAnswers {
  does(request: KubectlRequest, namespace: string): Promise<string>;
}

/** Somebody with kubectl at one API server; what is printed comes back without what is another one each time. */
export class KubectlUser implements KubectlAnswers {
  readonly #options: KubectlUserOptions;

  constructor(options: KubectlUserOptions) {
    this.#options = options;
  }

  /** The exit status, stdout and stderr, in lines. */
  async does(request: KubectlRequest, namespace: string): Promise<string> {
    if (request.during !== undefined) return this.#watch(request, namespace);
    if (request.until === undefined) return this.#once(request, namespace);
    let last = '';
    await eventually(async () => request.until!.test((last = await this.#once(request, namespace))), request.line, 10_000).catch(
      () => undefined,
    );
    return last;
  }

  async #once({ line, input, edit, sorted = false, env: more }: KubectlRequest, namespace: string): Promise<string> {
    const env = { ...more, ...(edit !== undefined && { KUBE_EDITOR: this.#options.editor, EDIT: edit }) };
    const options: RunOptions = { env, timeoutMs: 30_000, ...(input !== undefined && { input }) };
    const { status, stdout: printed, stderr } = await run('kubectl', this.#arguments(line, namespace), options);
    const stdout = sorted ? printed.split('\n').sort().join('\n').trimStart() : printed;
    return steady(`exit ${String(status)}\n${stdout}${stderr === '' ? '' : `stderr:\n${stderr}`}`);
  }

  /** Runs other lines while this one watches. */
  async #watch({ line, during = [], lines = 0 }: KubectlRequest, namespace: string): Promise<string> {
    const child = spawn('kubectl', this.#arguments(line, namespace), { env: plainEnvironment(), stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (text: string) => (output += text));
    const closed = once(child, 'close');
    const printed = (count: number) => (): boolean => output.split('\n').length > count;
    try {
      await eventually(printed(1), `${line}: its first event`);
      for (const each of during) await this.#once({ line: each }, namespace);
      await eventually(printed(lines), `${line}: ${lines} lines`, 5_000).catch(() => undefined);
    } finally {
      child.kill();
      await closed;
    }
    return steady(output);
  }

  #arguments(line: string, namespace: string): string[] {
    const words = [...line.matchAll(/'([^']*)'|\S+/g)].map(([word, quoted]) => quoted ?? word);
    return ['--kubeconfig', this.#options.kubeconfigPath, '--cache-dir', this.#options.cache, '--namespace', namespace, ...words];
  }
}

/** What must be another one each time, in this order. */
export const RANDOM: readonly (readonly [RegExp, string])[] = [
  [/^WARNING: version difference.*\n/gm, ''],
  // What Go's client logs: of a watch that ends as it begins, which is for chance to say; and when, in which process.
  [/^W\d{4} .*: very short watch: .*\n/gm, ''],
  [/^([WE])\d{4} \d\d:\d\d:\d\d\.\d+ +\S+ /gm, '$1 '],
  [/[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g, 'UID'],
  [/("?resourceVersion"?: ?)"\d+"/g, '$1"VERSION"'],
  [/(Resource Version: +)\d+/g, '$1VERSION'],
  [/debugger-\w{5}/g, 'debugger-NAME'],
  [/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z/g, 'TIME'],
  [/[A-Z][a-z]{2}, \d\d [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d [+-]\d{4}/g, 'TIME'],
  [/eyJ[\w-]+\.[\w-]+\.[\w-]+/g, 'TOKEN'],
  [/LS0tLS1CRUdJTi[\w+/=]+/g, 'PEM'],
  [/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g, 'PEM'],
  [/https:\/\/127\.0\.0\.1:\d+/g, 'SERVER'],
  [/127\.0\.0\.1:\d+/g, 'SERVER'],
  [/\/tmp\/(LIVE|MERGED)-\d+/g, '/tmp/$1'],
  [/\/tmp\/kubectl-edit-\d+\.yaml/g, '/tmp/kubectl-edit.yaml'],
  [/^(---|\+\+\+) (\S+)\t.*$/gm, '$1 $2'],
  // Steps that ask for an address or a port ask for the three that are left.
  [/\b10\.96\.(?!77\.[19]\b)\d+\.\d+/g, 'ADDRESS'],
  [/\b3(?!2123)[0-2]\d{3}\b/g, 'PORT'],
  [/(?<= )(\d{1,2}m(\d+s)?|\d+s)(?= |$)/gm, 'AGE'],
  // Columns are as wide as the widest of these.
  [/(?<=\S) {2,}/g, '  '],
  [/ +$/gm, ''],
];

/** A text without what is another one each time. */
export function steady(text: string): string {
  return RANDOM.reduce((result, [pattern, replacement]) => result.replaceAll(pattern, replacement), text);
}

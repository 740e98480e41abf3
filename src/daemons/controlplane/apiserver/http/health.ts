import { messageOf } from '../../../../kernel/errors.ts';
import type { Logger } from '../../../../kernel/log.ts';
import type { Answer } from './respond.ts';

/** Something that must be well; `trouble` says what is not, or nothing. */
export interface HealthCheck {
  readonly name: string;
  readonly trouble: () => string | undefined;
}

/** Checks by path: `healthz`, `livez` and `readyz`. */
export type HealthChecks = Readonly<Record<'healthz' | 'livez' | 'readyz', readonly HealthCheck[]>>;

export interface HealthDeps {
  /** Whether objects can be read. @throws when they cannot */
  readonly read: () => unknown;
  /** Why the disk takes no writes. */
  readonly diskTrouble: () => string | undefined;
  /** What is still to be done before the server has started, by Kubernetes' names of these steps. */
  readonly starting: ReadonlySet<string>;
  readonly startSteps: readonly string[];
  /** Aborts when the server stops. */
  readonly signal: AbortSignal;
}

const PATH = /^\/(healthz|livez|readyz)(?:\/(.+))?$/;
const FAILED = 500;
const TEXT = { mediaType: 'text/plain' } as const;
const NO_SNIFF = { 'x-content-type-options': 'nosniff' };

/**
 * The checks of this server, by the names of those of Kubernetes' API server that mean the same: `etcd` is the store, whatever it is made
 * of, and `etcd-readiness` (1.27) whether it takes writes.
 */
export function healthChecks({ read, diskTrouble, starting, startSteps, signal }: HealthDeps): HealthChecks {
  const alive: HealthCheck[] = [
    { name: 'ping', trouble: () => undefined },
    { name: 'etcd', trouble: () => failureOf(read) },
  ];
  const steps = startSteps.map((step) => ({
    name: `poststarthook/${step}`,
    trouble: () => (starting.has(step) ? 'not finished' : undefined),
  }));
  const writable: HealthCheck = { name: 'etcd-readiness', trouble: diskTrouble };
  const staying: HealthCheck = { name: 'shutdown', trouble: () => (signal.aborted ? 'process is shutting down' : undefined) };
  return { healthz: [...alive, ...steps], livez: [...alive, ...steps], readyz: [...alive, writable, ...steps, staying] };
}

/** True for what everybody may ask for: whether all is well, but not why not. */
export function isHealthPath(path: string): boolean {
  return path === '/healthz' || path === '/livez' || path === '/readyz';
}

/** Answers `/livez` and its like, with `verbose` and `exclude=NAME`, and `/livez/NAME`; undefined when there is no such check. */
export function serveHealth(checks: HealthChecks, { pathname, searchParams }: URL, log: Logger): Answer | undefined {
  const [, path, name] = PATH.exec(pathname) ?? [];
  if (path === undefined) return undefined;
  const all = checks[path as keyof HealthChecks];
  if (name !== undefined) return one(all.find((check) => check.name === name));
  const excluded = new Set(searchParams.getAll('exclude'));
  const lines: string[] = [];
  const failures: string[] = [];
  for (const check of all) {
    const trouble = excluded.has(check.name) ? undefined : check.trouble();
    if (trouble !== undefined) failures.push(`${check.name}: ${trouble}`);
    // Why is for those who may ask for the check itself.
    lines.push(
      trouble !== undefined
        ? `[-]${check.name} failed: reason withheld`
        : `[+]${check.name} ${excluded.delete(check.name) ? 'excluded: ' : ''}ok`,
    );
  }
  if (excluded.size > 0)
    lines.push(`warn: some health checks cannot be excluded: no matches for ${[...excluded].sort().map(quoted).join(',')}`);
  const isWell = failures.length === 0;
  if (!isWell) log.debug({ failures }, `the check ${pathname} has failed`);
  const said =
    isWell && !searchParams.has('verbose') ? 'ok' : `${[...lines, `${path} check ${isWell ? 'passed' : 'failed'}`].join('\n')}\n`;
  return { ...TEXT, code: isWell ? 200 : FAILED, value: said, headers: NO_SNIFF };
}

function one(check: HealthCheck | undefined): Answer | undefined {
  if (check === undefined) return undefined;
  const trouble = check.trouble();
  if (trouble === undefined) return { ...TEXT, code: 200, value: 'ok' };
  return { ...TEXT, code: FAILED, value: `internal server error: ${trouble}\n`, headers: NO_SNIFF };
}

function failureOf(read: () => unknown): string | undefined {
  try {
    read();
    return undefined;
  } catch (error) {
    return messageOf(error);
  }
}

/** What a client sends must not make lines of its own. */
function quoted(text: string): string {
  return JSON.stringify(text);
}

import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The built command's script. */
export const BIN = fileURLToPath(new URL('../../bin/run.js', import.meta.url));

export interface Ran {
  status: number | null;
  stdout: string;
  stderr: string;
}

/** The environment of a plain shell: no KEDGE_*, no KUBECONFIG, no Node options of the test run. */
export function plainEnvironment(extra: Record<string, string> = {}): NodeJS.ProcessEnv {
  const kept = Object.entries(process.env).filter(([name]) => !/^(KEDGE_|KUBECONFIG$|NODE_)/.test(name));
  return { ...Object.fromEntries(kept), ...extra };
}

/** Runs the built `kedge` as a user would, without a terminal. */
export function kedge(
  args: readonly string[],
  options: { home?: string; input?: string; env?: Record<string, string>; timeoutMs?: number } = {},
): Promise<Ran> {
  return run(process.execPath, [BIN, ...args], {
    ...options,
    env: { ...(options.home === undefined ? {} : { KEDGE_HOME: options.home }), ...options.env },
  });
}

/** The first line that the built `kedge` prints on stdout; it is interrupted then, as by Ctrl-C. */
export function firstLine(args: readonly string[], home: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [BIN, ...args], {
      env: plainEnvironment({ KEDGE_HOME: home }),
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const timer = setTimeout(() => child.kill('SIGKILL'), 90_000);
    let stdout = '';
    let stderr = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      stdout += text;
      if (stdout.includes('\n')) child.kill('SIGINT');
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
    child.once('error', reject);
    child.once('close', (status) => {
      clearTimeout(timer);
      const [line, rest] = stdout.split('\n', 2);
      if (line !== undefined && rest !== undefined) resolve(line);
      else reject(new Error(`no line; exit status ${String(status)}\n${stderr}`));
    });
  });
}

export interface RunOptions {
  readonly input?: string;
  readonly env?: Record<string, string>;
  /** With nothing of this process's environment but `env`. */
  readonly bare?: boolean;
  readonly cwd?: string;
  /** User and group to run as. */
  readonly uid?: number;
  readonly timeoutMs?: number;
}

/** Runs any command to its end; killed after `timeoutMs` (90 s). */
export function run(command: string, args: readonly string[], options: RunOptions = {}): Promise<Ran> {
  const { uid, cwd, bare = false } = options;
  const env = bare ? options.env : plainEnvironment(options.env);
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { env, cwd, uid, gid: uid, stdio: ['pipe', 'pipe', 'pipe'] });
    let stdout = '';
    let stderr = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
    child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
    child.stdin.on('error', () => undefined).end(options.input ?? '');
    const timer = setTimeout(() => child.kill('SIGKILL'), options.timeoutMs ?? 90_000);
    child.once('error', reject);
    child.once('close', (status) => {
      clearTimeout(timer);
      resolve({ status, stdout, stderr });
    });
  });
}

/** `count` TCP ports that were free a moment ago. */
export async function freePorts(count: number): Promise<number[]> {
  const servers = await Promise.all(
    Array.from({ length: count }, async () => {
      const server = createServer();
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
      return server;
    }),
  );
  const ports = servers.map((server) => (server.address() as { port: number }).port);
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  return ports;
}

/** A short-lived folder, e.g. for a KEDGE_HOME. */
export async function temporaryFolder(): Promise<{ path: string; remove: () => Promise<void> }> {
  const path = await mkdtemp(join(tmpdir(), 'kedge-test-'));
  return { path, remove: () => rm(path, { recursive: true, force: true }) };
}

import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { readFileSync, readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { DAEMON_ENVIRONMENT, NODE_FLAGS } from '../../src/setup/daemon-process.ts';
import { plainEnvironment } from '../../test/helpers/kedge.ts';

const DAEMON = fileURLToPath(new URL('../../bin/daemon.js', import.meta.url));
/** The built daemon as a child, as `kedge start` starts it, which logs to its home's file. */
export function spawnDaemon(role: 'cloud' | 'edge', home: string): ChildProcess {
  const args = [...NODE_FLAGS[role], DAEMON, role, '--home', home, '--log-file'];
  return spawn(process.execPath, args, { env: plainEnvironment(DAEMON_ENVIRONMENT[role]), stdio: 'ignore' });
}

/** Ends it in order and resolves when it is gone. */
export async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGTERM');
  await gone;
}

/** Resident memory of processes and all that they have started, MB of 2^20 bytes. */
export function residentMegabytes(...roots: readonly number[]): number {
  const kilobytes = withDescendants(roots).map((pid) => Number(/^VmRSS:\s+(\d+) kB$/m.exec(statusOf(pid))?.[1] ?? 0));
  return kilobytes.reduce((sum, each) => sum + each, 0) / 1024;
}

/** CPU time that a process has used so far, ms; the kernel counts it in ticks of 10 ms. */
export function cpuMs(pid: number): number {
  // The name of the program, in brackets, may hold anything.
  const [, fields = ''] = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ');
  const [user, system] = fields.split(' ').slice(11, 13).map(Number);
  return ((user ?? 0) + (system ?? 0)) * 10;
}

function withDescendants(roots: readonly number[]): number[] {
  const pids = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number);
  const parents = new Map(pids.map((pid) => [pid, Number(/^PPid:\s+(\d+)$/m.exec(statusOf(pid))?.[1] ?? 0)]));
  const found = new Set(roots);
  for (let before = 0; before !== found.size;) {
    before = found.size;
    for (const [pid, parent] of parents) if (found.has(parent)) found.add(pid);
  }
  return [...found];
}

function statusOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/status`, 'utf8');
  } catch {
    // It has just ended.
    return '';
  }
}

import { readdir, readFile, readlink } from 'node:fs/promises';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { KedgeError, messageOf, systemCode } from '../kernel/errors.ts';

/** Where something is going to listen. */
export interface Listener {
  readonly address: string;
  /** 0 for any free one. */
  readonly port: number;
}

interface Holder {
  readonly pid: number;
  readonly command: string;
}

const LISTEN = '0A';
const ATTEMPTS = 10;
const ATTEMPT_MS = 50;

/**
 * Makes sure that a port can be listened on, and chooses one for 0.
 * @param purpose what for, as in `the MQTT broker`
 * @returns the port
 * @throws KedgeError PORT_IN_USE naming the process where that can be known, PERMISSION, INVALID_INPUT
 */
export async function claimPort({ address, port }: Listener, purpose: string): Promise<number> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await tryListen(address, port);
    } catch (error) {
      if (systemCode(error) !== 'EADDRINUSE') throw cannotListen(error, purpose, address, port);
      const holder = await listenerOf(port);
      if (holder !== undefined || attempt >= ATTEMPTS) throw inUse(port, purpose, holder);
      // Nobody to be seen: it may be a process that is just ending.
      await new Promise((resolve) => setTimeout(resolve, ATTEMPT_MS));
    }
  }
}

function inUse(port: number, purpose: string, holder: Holder | undefined): KedgeError {
  const by = holder === undefined ? 'another process' : `${holder.command} (process ${holder.pid})`;
  return new KedgeError('PORT_IN_USE', `port ${port}, which ${purpose} needs, is in use by ${by}`, {
    hint: 'stop that process, or choose another port (kedge shows the flags with --help)',
  });
}

function cannotListen(error: unknown, purpose: string, address: string, port: number): KedgeError {
  const code = systemCode(error) === 'EACCES' ? 'PERMISSION' : 'INVALID_INPUT';
  return new KedgeError(code, `${purpose} cannot listen on ${address}:${port}: ${messageOf(error)}`, { cause: error });
}

function tryListen(address: string, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(port, address, () => {
      const chosen = (server.address() as AddressInfo).port;
      server.close(() => {
        resolve(chosen);
      });
    });
  });
}

/** The process that listens on a TCP port, as far as proc(5) shows it to this user. */
async function listenerOf(port: number): Promise<Holder | undefined> {
  const tables = await Promise.all(['/proc/net/tcp', '/proc/net/tcp6'].map((path) => readFile(path, 'utf8').catch(() => '')));
  const sockets = new Set(tables.flatMap((table) => listeningInodes(table, port)).map((inode) => `socket:[${inode}]`));
  if (sockets.size === 0) return undefined;
  const pids = (await readdir('/proc').catch(() => [])).filter((name) => /^\d+$/.test(name));
  for (const pid of pids) {
    if (!(await holdsOneOf(pid, sockets))) continue;
    const command = await readFile(`/proc/${pid}/comm`, 'utf8').catch(() => '');
    return { pid: Number(pid), command: command.trim() };
  }
  return undefined;
}

/** Lines such as `0: 0100007F:075B 00000000:0000 0A … inode`. */
function listeningInodes(table: string, port: number): string[] {
  const wanted = `:${port.toString(16).toUpperCase().padStart(4, '0')}`;
  return table
    .split('\n')
    .map((line) => line.trim().split(/\s+/))
    .filter(([, local, , state]) => local?.endsWith(wanted) === true && state === LISTEN)
    .flatMap((fields) => fields[9] ?? []);
}

async function holdsOneOf(pid: string, sockets: ReadonlySet<string>): Promise<boolean> {
  const files = await readdir(`/proc/${pid}/fd`).catch(() => []);
  for (const file of files) {
    const target = await readlink(`/proc/${pid}/fd/${file}`).catch(() => '');
    if (sockets.has(target)) return true;
  }
  return false;
}

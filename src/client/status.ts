import { existsSync } from 'node:fs';
import { homePaths } from '../config/home.ts';
import type { ModuleReport } from '../kernel/daemon.ts';
import { KedgeError, messageOf } from '../kernel/errors.ts';
import type { StatusReport } from '../protocol/admin.ts';
import { adminRequest, notInstalled } from './admin-client.ts';
import type { Side } from './answerer.ts';

/** One daemon of a home, as `status` shows it. */
export interface DaemonStatus {
  readonly role: Side;
  /** Null while it is not running. */
  readonly pid: number | null;
  readonly ready: boolean;
  readonly version?: string;
  /** RFC 3339. */
  readonly startedAt?: string;
  /** The ports that it listens on, by module. */
  readonly ports: Readonly<Record<string, number>>;
  readonly modules: readonly ModuleReport[];
  /** Why there is nothing more to tell. */
  readonly error?: { readonly code: string; readonly message: string; readonly hint?: string };
}

/** The daemons that this home has, or the named one. A daemon that is down is part of the answer. @throws KedgeError NOT_INSTALLED */
export async function readStatus(home: string, side?: Side): Promise<DaemonStatus[]> {
  const paths = homePaths(home);
  const sides = (side === undefined ? (['cloud', 'edge'] as const) : [side]).filter((role) => existsSync(paths[role].config));
  if (sides.length === 0) throw notInstalled(paths.home, side ?? 'cloud or edge');
  return Promise.all(sides.map((role) => statusOf(role, paths[role].socket)));
}

/** The facts that one module of the edge tells. @throws KedgeError UNREACHABLE while the edge or the module is not running */
export async function readEdgeModule(home: string, name: string): Promise<Readonly<Record<string, unknown>>> {
  const { modules } = await adminRequest<StatusReport>(homePaths(home).edge.socket, 'GET', '/status');
  const module = modules.find((candidate) => candidate.name === name);
  if (module?.facts !== undefined) return module.facts;
  const why = module?.detail ?? module?.state ?? 'missing';
  throw new KedgeError('UNREACHABLE', `${name} of the edge is not running: ${why}`, { hint: 'kedge status edge' });
}

async function statusOf(role: Side, socket: string): Promise<DaemonStatus> {
  try {
    const { pid, ready, version, startedAt, modules } = await adminRequest<StatusReport>(socket, 'GET', '/status');
    return { role, pid, ready, version, startedAt, ports: portsOf(modules), modules };
  } catch (error) {
    const known = error instanceof KedgeError ? error : new KedgeError('BUG', messageOf(error));
    const { code, message, hint } = known;
    return { role, pid: null, ready: false, ports: {}, modules: [], error: { code, message, ...(hint !== undefined && { hint }) } };
  }
}

function portsOf(modules: readonly ModuleReport[]): Record<string, number> {
  const ports: Record<string, number> = {};
  for (const { name, facts = {} } of modules) {
    const urls = Array.isArray(facts['urls']) ? (facts['urls'] as unknown[]) : [];
    const port = facts['port'] ?? (typeof urls[0] === 'string' ? Number(new URL(urls[0]).port) : undefined);
    if (typeof port === 'number' && port > 0) ports[name] = port;
  }
  return ports;
}

import { existsSync } from 'node:fs';
import { homePaths } from '../config/home.ts';
import type { HomePaths } from '../config/home.ts';
import type { ModuleReport } from '../kernel/daemon.ts';
import { KedgeError, messageOf } from '../kernel/errors.ts';
import type { Peer } from '../kernel/module.ts';
import type { Problem } from '../kernel/recent-problems.ts';
import type { StatusReport } from '../protocol/admin.ts';
import { adminRequest, notInstalled } from './admin-client.ts';
import type { Side } from './answerer.ts';
import { listCertificates } from './certificates.ts';
import type { CertificateRow } from './certificates.ts';
import { diagnose, loggedProblems } from './diagnose.ts';
import type { Silence } from './diagnose.ts';

/** One daemon of a home, as `status` shows it; docs/operations.md describes the JSON. */
export interface DaemonStatus {
  readonly role: Side;
  readonly home: string;
  readonly health: 'healthy' | 'degraded' | Silence;
  /** Null while it is not running. */
  readonly pid: number | null;
  readonly ready: boolean;
  readonly version?: string;
  /** RFC 3339. */
  readonly startedAt?: string;
  /** The ports that it listens on, by module. */
  readonly ports: Readonly<Record<string, number>>;
  /** The nodes of a cloud, the cloud of an edge. */
  readonly peers: readonly Peer[];
  /** How many wait, by `module.what`. */
  readonly queues: Readonly<Record<string, number>>;
  readonly certificates: readonly Pick<CertificateRow, 'name' | 'state' | 'daysLeft' | 'notAfter'>[];
  readonly modules: readonly Pick<ModuleReport, 'name' | 'state' | 'detail' | 'facts'>[];
  /** Warnings and errors, the newest last. */
  readonly lastErrors: readonly Problem[];
  /** Why it is not healthy, and the next thing to try. */
  readonly error?: { readonly code: string; readonly message: string; readonly hint?: string };
}

const TIMEOUT_MS = 5_000;

/**
 * The daemons that this home has, or the named one. Whatever is wrong with one is part of the answer, which takes 5 s at most.
 * @throws KedgeError NOT_INSTALLED, PERMISSION
 */
export async function readStatus(home: string, side?: Side): Promise<DaemonStatus[]> {
  const paths = homePaths(home);
  const sides = (side === undefined ? (['cloud', 'edge'] as const) : [side]).filter((role) => existsSync(paths[role].dir));
  if (sides.length === 0) throw notInstalled(paths.home, side ?? 'cloud or edge');
  return Promise.all(sides.map((role) => statusOf(role, paths)));
}

/** The facts that one module of the edge tells. @throws KedgeError UNREACHABLE while the edge or the module is not running */
export async function readEdgeModule(home: string, name: string): Promise<Readonly<Record<string, unknown>>> {
  const { modules } = await adminRequest<StatusReport>(homePaths(home).edge.socket, 'GET', '/status');
  const module = modules.find((candidate) => candidate.name === name);
  if (module?.facts !== undefined) return module.facts;
  const why = module?.detail ?? module?.state ?? 'missing';
  throw new KedgeError('UNREACHABLE', `${name} of the edge is not running: ${why}`, { hint: 'kedge status edge' });
}

async function statusOf(role: Side, paths: HomePaths): Promise<DaemonStatus> {
  const { socket, log } = paths[role];
  const common = { role, home: paths.home, certificates: certificatesOf(role, paths) };
  try {
    const report = await adminRequest<StatusReport>(socket, 'GET', '/status', undefined, TIMEOUT_MS);
    return fromReport(common, report);
  } catch (error) {
    const failure = error instanceof KedgeError ? error : new KedgeError('BUG', messageOf(error), { cause: error });
    const { health, pid, error: why } = diagnose(role, paths[role], failure);
    const { code, message, hint } = why;
    const nothing = { ready: false, ports: {}, peers: [], queues: {}, modules: [] };
    const lastErrors = await loggedProblems(log);
    return { ...common, health, pid, ...nothing, lastErrors, error: { code, message, ...(hint !== undefined && { hint }) } };
  }
}

type Common = Pick<DaemonStatus, 'role' | 'home' | 'certificates'>;

function fromReport(common: Common, { pid, ready, version, startedAt, modules, lastErrors }: StatusReport): DaemonStatus {
  const trouble = ready ? troubleOf(modules, common) : undefined;
  return {
    ...common,
    health: trouble !== undefined ? 'degraded' : ready ? 'healthy' : 'starting',
    pid,
    ready,
    version,
    startedAt,
    ports: portsOf(modules),
    peers: modules.flatMap(({ peers = [] }) => peers),
    queues: Object.fromEntries(
      modules.flatMap(({ name, queues = {} }) => Object.entries(queues).map(([what, length]) => [`${name}.${what}`, length])),
    ),
    modules: modules.map(({ name, state, detail, facts }) => ({
      name,
      state,
      ...(detail !== undefined && { detail }),
      ...(facts !== undefined && { facts }),
    })),
    lastErrors,
    ...(!ready && { error: { ...CODES.starting, message: `the ${common.role} is starting` } }),
    ...(trouble !== undefined && { error: { ...CODES.degraded, hint: `kedge logs ${common.role} --level warn`, message: trouble } }),
  };
}

const CODES = { starting: { code: 'UNREACHABLE', hint: 'kedge status in a moment' }, degraded: { code: 'CHECK_WARNINGS' } };

function troubleOf(modules: readonly ModuleReport[], { role, certificates }: Common): string | undefined {
  const module = modules.find(({ state }) => state !== 'ok');
  if (module !== undefined) return `${module.name} of the ${role} is ${module.state}: ${module.detail ?? 'it does not say why'}`;
  const certificate = certificates.find(({ state }) => state !== 'ok' && state !== 'warning');
  return certificate && `certificate ${certificate.name} of the ${role} is ${certificate.state}`;
}

function certificatesOf(role: Side, paths: HomePaths): DaemonStatus['certificates'] {
  const own = listCertificates(paths).filter((row) => row.role === role);
  return own.map(({ name, state, daysLeft, notAfter }) => ({
    name,
    state,
    ...(daysLeft !== undefined && { daysLeft }),
    ...(notAfter !== undefined && { notAfter }),
  }));
}

function portsOf(modules: readonly ModuleReport[]): Record<string, number> {
  const ports: Record<string, number> = {};
  for (const { name, facts = {} } of modules) {
    // In mode external the URL is another's.
    const urls = Array.isArray(facts['urls']) && facts['mode'] !== 'external' ? (facts['urls'] as unknown[]) : [];
    const port = facts['port'] ?? (typeof urls[0] === 'string' ? Number(new URL(urls[0]).port) : undefined);
    if (typeof port === 'number' && port > 0) ports[name] = port;
  }
  return ports;
}

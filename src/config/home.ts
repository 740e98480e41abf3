import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { KedgeError } from '../kernel/errors.ts';
import { MAX_SOCKET_PATH_BYTES } from '../kernel/listen-unix.ts';

/** Where a certificate and its key lie. */
export interface PairPaths {
  readonly cert: string;
  readonly key: string;
}

/** The files that both daemons have. */
export interface DaemonPaths {
  readonly dir: string;
  readonly config: string;
  readonly pki: string;
  readonly database: string;
  readonly socket: string;
  readonly log: string;
  /** Held by the running daemon, so that no second one starts. */
  readonly pid: string;
}

export interface CloudPaths extends DaemonPaths {
  /** The CA of CloudHub. */
  readonly ca: PairPaths;
  /** CloudHub's own certificate. */
  readonly server: PairPaths;
  readonly kubernetesCa: PairPaths;
  readonly apiserver: PairPaths;
  readonly admin: PairPaths;
  readonly adminKubeconfig: string;
  /** Signs the tokens of ServiceAccounts. */
  readonly tokenKey: string;
  /** Holds the bearer token of the built-in API's administrator. */
  readonly adminToken: string;
}

export interface EdgePaths extends DaemonPaths {
  /** The cloud's CA certificate. */
  readonly caCert: string;
  /** The edge's own certificate; the name is KubeEdge's. */
  readonly server: PairPaths;
  /** What kedge makes for the TLS listeners of the embedded MQTT broker. */
  readonly mqttCa: PairPaths;
  readonly mqtt: PairPaths;
  /** Where mappers find DMI when the configuration names no other place. */
  readonly dmiSocket: string;
}

export interface HomePaths {
  readonly home: string;
  readonly cloud: CloudPaths;
  readonly edge: EdgePaths;
}

/** KEDGE_HOME, else /var/lib/kedge for root, else ~/.kedge. */
export function defaultHome(env: NodeJS.ProcessEnv = process.env): string {
  const named = env['KEDGE_HOME'];
  if (named !== undefined && named !== '') return resolve(named);
  return process.getuid?.() === 0 ? '/var/lib/kedge' : join(homedir(), '.kedge');
}

/**
 * Every file of a home.
 * @throws KedgeError INVALID_INPUT when the path is too long for the admin sockets
 */
export function homePaths(home: string): HomePaths {
  const root = resolve(home);
  const cloud = daemonPaths(root, 'cloud');
  const edge = daemonPaths(root, 'edge');
  return {
    home: root,
    cloud: {
      ...cloud,
      ca: pair(cloud.pki, 'rootCA'),
      server: pair(cloud.pki, 'server'),
      kubernetesCa: pair(cloud.pki, 'kubernetes-ca'),
      apiserver: pair(cloud.pki, 'apiserver'),
      admin: pair(cloud.pki, 'admin'),
      adminKubeconfig: join(cloud.dir, 'admin.kubeconfig'),
      tokenKey: join(cloud.pki, 'service-account.key'),
      adminToken: join(cloud.pki, 'admin.token'),
    },
    edge: {
      ...edge,
      caCert: join(edge.pki, 'rootCA.crt'),
      server: pair(edge.pki, 'server'),
      mqttCa: pair(edge.pki, 'mqtt-listener-ca'),
      mqtt: pair(edge.pki, 'mqtt-listener'),
      dmiSocket: join(edge.dir, 'dmi.sock'),
    },
  };
}

/**
 * The files that a daemon has in any home.
 * @throws KedgeError INVALID_INPUT when the path is too long for its admin socket
 */
export function daemonPaths(home: string, role: 'cloud' | 'edge'): DaemonPaths {
  const dir = join(resolve(home), role);
  const socket = join(dir, 'admin.sock');
  if (Buffer.byteLength(socket) > MAX_SOCKET_PATH_BYTES) {
    throw new KedgeError('INVALID_INPUT', `the home ${home} is too long a path: ${socket} would exceed ${MAX_SOCKET_PATH_BYTES} bytes`, {
      hint: 'choose a shorter --home (or KEDGE_HOME)',
    });
  }
  return {
    dir,
    config: join(dir, 'config.yaml'),
    pki: join(dir, 'pki'),
    database: join(dir, 'data.db'),
    socket,
    log: join(dir, 'log'),
    pid: join(dir, 'daemon.pid'),
  };
}

function pair(dir: string, name: string): PairPaths {
  return { cert: join(dir, `${name}.crt`), key: join(dir, `${name}.key`) };
}

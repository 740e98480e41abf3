import { cloudCredentials } from '../client/answerer.ts';
import { findRunningCloud } from '../client/running-cloud.ts';
import { createToken, revokeToken } from '../client/tokens.ts';
import { homePaths } from '../config/home.ts';
import { KedgeError } from '../kernel/errors.ts';
import type { KubeClient } from '../kube/client.ts';
import { createKubeClient } from '../kube/http-client.ts';
import { loadCredentials } from '../kube/kubeconfig.ts';
import { parseHostPort } from '../protocol/host-port.ts';
import { CloudPlayer } from './cloud-player.ts';
import type { Transcript } from './compare-all.ts';
import { Footprint } from './footprint.ts';
import { sendHttp } from './http-exchange.ts';
import { namesNoNode } from './recording.ts';
import type { Recording } from './recording.ts';

const HTTPS_PORT = 10_002;
const WEBSOCKET_PORT = 10_000;
const TOKEN_SECONDS = 3600;

/**
 * Plays the recording against the cloud of this home, which runs, with a token of its own.
 * @throws KedgeError NOT_INSTALLED, UNREACHABLE, CONFLICT when objects of the recorded names exist or old edges are not let in
 */
export async function playCloudOfHome(recording: Recording, home: string, signal: AbortSignal): Promise<Transcript> {
  const { host, port, config } = await findRunningCloud(home);
  if (namesNoNode(recording) && !config.cloudHub.legacyEdges) {
    throw new KedgeError('CONFLICT', `this cloud lets no edges of KubeEdge ${recording.version} in, for their certificates name no node`, {
      hint: `set cloudHub.legacyEdges in ${homePaths(home).cloud.config} to true, then kedge restart cloud`,
    });
  }
  const kube = createKubeClient(await cloudCredentials(home));
  const created = await createToken(home, { ttlSeconds: TOKEN_SECONDS, uses: 0, nodeName: recording.nodeName });
  try {
    return await play(recording, { host, port, kube, token: created.token }, signal);
  } finally {
    kube.close();
    await revokeToken(home, created.id);
  }
}

/** The same with a cloud elsewhere. `kubeconfig` is a path. @throws KedgeError INVALID_INPUT, CONFLICT, AUTH, UNREACHABLE */
export async function playCloudAt(
  recording: Recording,
  { address, token, kubeconfig }: { readonly address: string; readonly token: string; readonly kubeconfig?: string },
  signal: AbortSignal,
): Promise<Transcript> {
  const { host, port } = parseHostPort(address, HTTPS_PORT);
  const kube = createKubeClient(await loadCredentials(kubeconfig));
  try {
    return await play(recording, { host, port, kube, token }, signal);
  } finally {
    kube.close();
  }
}

interface RunningCloud {
  readonly host: string;
  readonly port: number;
  readonly kube: KubeClient;
  readonly token: string;
}

/** Plays it, and removes what that made. */
async function play(recording: Recording, cloud: RunningCloud, signal: AbortSignal): Promise<Transcript> {
  const { host, port, kube, token } = cloud;
  const footprint = new Footprint(recording, kube);
  await footprint.refuseExisting();
  const websocketPort = await websocketPortOf(host, port);
  try {
    return await new CloudPlayer(recording, { host, httpsPort: port, websocketPort, kube, token }, signal).play();
  } finally {
    await footprint.remove();
  }
}

/** kedge tells it at the enrolment port; KubeEdge's is known. */
async function websocketPortOf(host: string, port: number): Promise<number> {
  const { headers } = await sendHttp({ host, port, method: 'GET', path: '/ca.crt', headers: {}, body: Buffer.alloc(0) });
  const told = Number(headers['kedge-websocket-port']);
  return Number.isInteger(told) && told > 0 ? told : WEBSOCKET_PORT;
}

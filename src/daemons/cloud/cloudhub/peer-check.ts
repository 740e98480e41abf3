import { KedgeError } from '../../../kernel/errors.ts';
import type { Logger } from '../../../kernel/log.ts';
import type { HubPeer } from '../../../link/hub-server.ts';
import type { Refusal } from '../../../link/refuse.ts';
import { certificateInfo } from '../../../pki/certificate-info.ts';
import { LEGACY_USER, NODES_GROUP, isLegacyGroup, isNodeName, nodeUser } from '../../../protocol/node-name.ts';

export interface PeerCheck {
  readonly acceptsCertificate: (nodeName: string, serial: string) => Promise<boolean>;
  /** The same of a certificate that names no node. */
  readonly acceptsNameless: (nodeName: string, serial: string) => Promise<boolean>;
  /** Whether those come in at all. */
  readonly legacyEdges: boolean;
}

/**
 * Whether a peer is the node that it says it is: the certificate must be that node's own (CN `system:node:{node_id}`, organization
 * `system:nodes`; KubeEdge wire format, node identity check), and not replaced by a later enrolment. A legacy certificate stands for the
 * node that it was issued to here; of one that KubeEdge's own cloud has issued nobody knows, so the node's name is logged.
 */
export async function checkPeer(peer: HubPeer, check: PeerCheck, log: Logger): Promise<Refusal | undefined> {
  const { nodeId } = peer;
  const refuse = (status: Refusal['status'], text: string): Refusal => {
    log.warn({ node: nodeId, remote: peer.remoteAddress, text }, 'a connection was refused');
    return { status, text };
  };
  if (peer.connectionUse !== 'msg') return refuse(400, 'the header ConnectionUse must be msg');
  if (!isNodeName(nodeId)) return refuse(400, 'the header node_id must hold the name of a node');
  const certificate = readCertificate(peer.certificate);
  if (certificate === undefined) return refuse(401, 'a client certificate is required');
  const { commonName, organizations, serial } = certificate;
  const isLegacy = commonName === LEGACY_USER;
  if (isLegacy && !check.legacyEdges) {
    const way = 'update the edge, or let such edges in: kedge init cloud --legacy-edges';
    return refuse(403, `${nodeId} uses a certificate of KubeEdge before 1.16, which names no node: ${way}`);
  }
  const isOwn = isLegacy ? organizations.every(isLegacyGroup) : commonName === nodeUser(nodeId) && organizations.includes(NODES_GROUP);
  if (!isOwn) {
    return refuse(403, `the certificate is not that of node ${nodeId}`);
  }
  const accepts = isLegacy ? check.acceptsNameless : check.acceptsCertificate;
  if (!(await accepts(nodeId, serial))) {
    return refuse(401, `the certificate of node ${nodeId} was replaced or revoked: enrol it again with a token`);
  }
  if (isLegacy) log.warn({ node: nodeId, serial, remote: peer.remoteAddress }, 'a certificate that names no node is let in (legacyEdges)');
  return undefined;
}

/** True for the certificates of edges up to KubeEdge 1.15, which are the same for all of them. */
export function namesNoNode(certificate: Uint8Array | undefined): boolean {
  return readCertificate(certificate)?.commonName === LEGACY_USER;
}

function readCertificate(der: Uint8Array | undefined): ReturnType<typeof certificateInfo> | undefined {
  if (der === undefined) return undefined;
  try {
    return certificateInfo(der);
  } catch (error) {
    if (error instanceof KedgeError) return undefined;
    throw error;
  }
}

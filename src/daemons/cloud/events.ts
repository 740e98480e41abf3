import type { Message } from '../../protocol/message.ts';

/** The facts that the cloud's modules tell one another. */
export interface CloudEvents {
  /**
   * A node's session is open: `send` reaches it. `localAddress` is this machine's address that the edge has reached; `isLegacy` tells that
   * its certificate names no node, as up to KubeEdge 1.15.
   */
  nodeConnected: { nodeName: string; localAddress: string; isLegacy: boolean };
  /** The node's last session is gone. Not told when a newer session has replaced it. */
  nodeDisconnected: { nodeName: string };
  /** The edge has stored what this ack-mode message carried. */
  messageAcked: { nodeName: string; message: Message };
}

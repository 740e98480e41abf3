import type { Message } from '../../protocol/message.ts';

/** The facts that the cloud's modules tell one another. */
export interface CloudEvents {
  /** A node's session is open: `send` reaches it. `localAddress` is this machine's address that the edge has reached. */
  nodeConnected: { nodeName: string; localAddress: string };
  /** The node's last session is gone. Not told when a newer session has replaced it. */
  nodeDisconnected: { nodeName: string };
  /** The edge has stored what this ack-mode message carried. */
  messageAcked: { nodeName: string; message: Message };
}

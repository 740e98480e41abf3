import type { Message } from '../../../protocol/message.ts';

/** One message of a node, taken apart. */
export interface UpstreamRequest {
  readonly nodeName: string;
  readonly namespace: string;
  /** '' when the resource ends with its type. */
  readonly name: string;
  readonly message: Message;
}

import { messageOf } from '../../../kernel/errors.ts';
import type { Logger } from '../../../kernel/log.ts';
import { decodeMessage, replyTo } from '../../../protocol/message.ts';
import type { Message } from '../../../protocol/message.ts';
import type { Waiters } from './waiters.ts';

/** Who takes what the cloud sends. */
export interface Handlers {
  readonly metaManager: (message: Message) => Promise<void>;
  readonly deviceTwin: (message: Message) => Promise<void>;
}

/** Hands each message on by its group (KubeEdge wire format, edge receive dispatch). */
export class Dispatcher {
  readonly #handlers: Handlers;
  readonly #waiters: Waiters;
  readonly #send: (message: Message) => boolean;
  readonly #log: Logger;

  constructor(handlers: Handlers, waiters: Waiters, send: (message: Message) => boolean, log: Logger) {
    this.#handlers = handlers;
    this.#waiters = waiters;
    this.#send = send;
    this.#log = log;
  }

  /** Handles one frame. Never rejects: what cannot be read or handled is logged and left. */
  async handle(text: string): Promise<void> {
    let message: Message | undefined;
    try {
      message = decodeMessage(text);
      await this.#dispatch(message);
    } catch (error) {
      const fields = { err: error, route: message?.route, id: message?.header.msg_id };
      this.#log.error(fields, `failed to handle message: ${messageOf(error)}`);
    }
  }

  async #dispatch(message: Message): Promise<void> {
    const { group, operation } = message.route;
    // KubeEdge's control filter, on both sides.
    if (operation === 'config' || operation === 'ping' || operation === 'pong') {
      this.#send(replyTo(message, 'ack'));
      return;
    }
    switch (group) {
      case 'resource':
      case 'func':
        if (!this.#waiters.answer(message)) await this.#handlers.metaManager(message);
        return;
      case 'twin':
        await this.#handlers.deviceTwin(message);
        return;
      case 'user':
        if (this.#waiters.answer(message)) return;
        break;
      case undefined:
        // A Go peer sends one empty message when it is stopped.
        if (operation === undefined && message.header.msg_id === '') return;
        break;
    }
    throw new Error(`no handler found for group ${group ?? ''}`);
  }
}

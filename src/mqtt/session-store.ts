import type { MqttMessage } from './message.ts';

/** A message that waits for a client. */
export interface Outgoing {
  readonly seq: number;
  readonly topic: string;
  readonly payload: Buffer;
  readonly qos: 0 | 1 | 2;
  /** Null: it was never sent. */
  readonly messageId: number | null;
  /** Not 0: the client has it, and PUBREL was sent. */
  readonly released: number;
}

/** The will of a connected client. */
export interface StoredWill extends MqttMessage {
  readonly client: string;
  /** Empty: anonymous. */
  readonly username: string;
}

/** The tables of the broker; store/mqtt-sessions.ts says what each one does. */
export interface SessionStore {
  readonly lastSeq: number;
  sessions(): readonly { client: string; username: string; seen: number }[];
  putSession(client: string, username: string, seen: number): void;
  forget(client: string): void;
  subscriptions(): readonly { client: string; filter: string; qos: number }[];
  putSubscription(client: string, filter: string, qos: number): void;
  removeSubscription(client: string, filter: string): void;
  sizes(): readonly { client: string; messages: number; bytes: number }[];
  enqueue(seq: number, client: string, message: { topic: string; payload: Buffer; qos: number }): void;
  setMessageId(client: string, seq: number, messageId: number): void;
  release(client: string, messageId: number): void;
  dequeue(client: string, messageId: number): number | undefined;
  withdraw(seq: number): void;
  outgoing(client: string, seq: number, last: number): readonly Outgoing[];
  incoming(): readonly { client: string; messageId: number }[];
  putIncoming(client: string, messageId: number): void;
  removeIncoming(client: string, messageId: number): void;
  retainedSizes(): readonly { topic: string; bytes: number }[];
  retained(topic: string): { payload: Buffer; qos: 0 | 1 | 2 } | undefined;
  putRetained(message: { topic: string; payload: Buffer; qos: number }): void;
  wills(): readonly StoredWill[];
  putWill(will: StoredWill): void;
  removeWill(client: string): void;
}

/** Transactions that are shared with others; store/group-commit.ts. */
export interface Journal {
  /** Resolves once it is on disk. */
  run<T>(work: () => T): Promise<T>;
  /** Soon on disk, in the order of the calls. */
  later(work: () => void, failed: (error: unknown) => void): void;
  /** All of it, at once. */
  flush(): void;
}

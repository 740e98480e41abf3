/** Who a client is, for the rules. */
export interface Identity {
  /** Empty: anonymous. */
  readonly username: string;
  readonly clientId: string;
}

/** `busy`: too many logins at once, or too many wrong ones from this address; try later. */
export type LoginResult = 'ok' | 'wrong' | 'busy';

/** Who may connect, publish and read. */
export interface Access {
  login(username: string, password: Buffer, address: string): Promise<LoginResult>;
  mayPublish(identity: Identity, topic: string): boolean;
  mayRead(identity: Identity, topic: string): boolean;
  maySubscribe(identity: Identity, filter: string): boolean;
}

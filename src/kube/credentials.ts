/** What it takes to talk to one API server. PEM texts, not paths. */
export interface Credentials {
  /** `https://host:port`, possibly with a path. */
  readonly server: string;
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
  /** A bearer token; a function when it changes by itself (token files and login plugins). */
  readonly token?: string | (() => Promise<string | undefined>);
  /** Skips the check of the server's certificate. */
  readonly insecure?: boolean;
  readonly tlsServerName?: string;
}

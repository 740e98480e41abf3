/** Where an MQTT broker is, how it is known, and what this side shows to it. */
export interface BrokerEndpoint {
  /** `mqtt://host:port` or, with TLS, `mqtts://host:port`. */
  readonly url: string;
  /** PEM; absent: the public CAs. */
  readonly ca?: string;
  /** PEM of the client's own certificate. */
  readonly cert?: string;
  readonly key?: string;
  readonly username?: string;
  readonly password?: string;
}

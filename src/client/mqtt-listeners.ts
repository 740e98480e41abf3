import { resolve } from 'node:path';
import { listenerUrl } from '../config/broker-config.ts';
import { loadEdgeConfig } from '../config/edge-config.ts';
import { homePaths } from '../config/home.ts';
import { isLoopback } from '../mqtt/listeners.ts';
import type { Choices } from './choices.ts';

/** One address of the embedded broker, as the configuration says it. */
export interface MqttListenerRow {
  readonly url: string;
  /** Who is let in without more: `users` need a password; `certificates` have one of the client CA. */
  readonly clients: 'anybody' | 'users' | 'users and certificates';
  /** The file of the broker's certificate; absent without TLS. */
  readonly cert?: string;
  readonly clientCa?: string;
}

/** Where the broker of this home's edge listens; the edge need not run. @throws KedgeError NOT_INSTALLED, INVALID_CONFIG */
export function listMqttListeners(home: string): MqttListenerRow[] {
  const { dir, config } = homePaths(home).edge;
  return loadEdgeConfig(config).eventBus.listen.map((listener) => {
    const { address, tls, allowAnonymous = false } = listener;
    const isOpen = allowAnonymous || isLoopback(address);
    return {
      url: listenerUrl(listener),
      clients: isOpen ? 'anybody' : tls?.clientCa === undefined ? 'users' : 'users and certificates',
      ...(tls !== undefined && { cert: resolve(dir, tls.cert) }),
      ...(tls?.clientCa !== undefined && { clientCa: resolve(dir, tls.clientCa) }),
    };
  });
}

export function mqttListenerChoices(home: string): Choices {
  const names = (): Promise<string[]> => Promise.resolve(listMqttListeners(home).map(({ url }) => url));
  return { what: 'address', names, none: 'kedge mqtt listen add' };
}

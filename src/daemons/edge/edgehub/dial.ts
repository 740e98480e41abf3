import type { Clock } from '../../../kernel/clock.ts';
import { dialHub } from '../../../link/hub-client.ts';
import type { HubConnection } from '../../../link/hub-client.ts';
import type { Validity } from '../../../pki/lifetime.ts';
import { STORE_HEADER } from '../../../protocol/edge-store.ts';
import type { ProxySettings } from '../../../protocol/proxy.ts';
import { EDGE_WINDOW, WINDOW_HEADER } from '../../../protocol/window.ts';
import { readCredentials } from './credentials.ts';
import type { CredentialPaths } from './credentials.ts';

export interface DialTarget extends ProxySettings {
  readonly nodeName: string;
  /** `host:port` of CloudHub's websocket. */
  readonly websocketServer: string;
  readonly projectID: string;
  readonly maxMessageBytes: number;
  readonly credentials: CredentialPaths;
}

export interface DialRequest {
  /** Of the database in which what arrives is stored. */
  readonly storeId: string;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** How long the certificate that is shown is good. */
  readonly onCredentials: (validity: Validity) => void;
  /** Every message, in order. */
  readonly onText: (text: string) => void;
}

/** Opens a connection to the cloud. @throws KedgeError AUTH, CERTIFICATE, UNREACHABLE */
export type Dial = (request: DialRequest) => Promise<HubConnection>;

/** Dials CloudHub's websocket with the credentials that are on disk now. */
export function dialCloud(target: DialTarget): Dial {
  const { websocketServer, projectID, nodeName, maxMessageBytes, credentials } = target;
  return async ({ storeId, clock, signal, onCredentials, onText }) => {
    const { caPem, pair, validity } = await readCredentials(credentials);
    onCredentials(validity);
    return dialHub({
      url: `wss://${websocketServer}/${projectID}/${nodeName}/events`,
      headers: {
        node_id: nodeName,
        project_id: projectID,
        ConnectionUse: 'msg',
        [WINDOW_HEADER]: String(EDGE_WINDOW),
        [STORE_HEADER]: storeId,
      },
      via: target,
      tls: { ca: caPem, cert: pair.certPem, key: pair.keyPem },
      maxMessageBytes,
      clock,
      signal,
      onText,
    });
  };
}

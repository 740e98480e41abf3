/** The edge daemon's configuration (`home/edge/config.yaml`). Ports: 0 picks a free one. */
export interface EdgeConfig {
  readonly nodeName: string;
  readonly edgeHub: {
    /** `host:port` of CloudHub's websocket. */
    readonly websocketServer: string;
    /** `https://host:port` of CloudHub's HTTPS server. */
    readonly httpServer: string;
    /** KubeEdge's projectID, part of the websocket's URL. */
    readonly projectID: string;
    readonly heartbeatSeconds: number;
    readonly maxMessageBytes: number;
  };
  readonly edged: {
    /** `none`: no containers; the Node is tainted NoSchedule. */
    readonly runtime: 'none';
    /** The Node's InternalIP; absent: the address of the route to the cloud. */
    readonly nodeIP?: string;
    /** Node status is posted at least this often. */
    readonly nodeStatusUpdateSeconds: number;
    readonly leaseDurationSeconds: number;
  };
  readonly eventBus: {
    readonly mode: 'internal';
    /** Where the embedded broker listens. */
    readonly listen: readonly { readonly address: string; readonly port: number }[];
    /** Largest MQTT packet. */
    readonly maxPacketBytes: number;
  };
  readonly log: { readonly level: 'debug' | 'info' | 'warn' | 'error' };
}

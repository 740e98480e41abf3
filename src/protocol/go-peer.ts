/**
 * What a peer of KubeEdge, one that names no window (window.ts), can take. KubeEdge's edge sends 30 messages a second and 60 at once
 * (`messageQPS`, `messageBurst`); either side keeps what it received in a FIFO of 100 and drops the oldest of it (KubeEdge wire format,
 * edge reconnect loop and ordering).
 */
export const GO_PACE = { perSecond: 30, burst: 60, limit: 100 } as const;

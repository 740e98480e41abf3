/** What `ws` may keep of a message that is not whole yet. */
export interface FrameLimits {
  readonly maxPayload: number;
  readonly maxFragments: number;
  readonly maxBufferedChunks: number;
}

/**
 * The limits for messages of at most `maxMessageBytes`, fragments together. Each fragment and each piece of one costs memory of its own, so
 * fragments are of 1 KiB on average at least (KubeEdge's are of 4 KiB), and what the network brings of one is of 256 bytes.
 */
export function frameLimits(maxMessageBytes: number): FrameLimits {
  return {
    maxPayload: maxMessageBytes,
    maxFragments: 1_024 + Math.ceil(maxMessageBytes / 1_024),
    maxBufferedChunks: 4_096 + Math.ceil(maxMessageBytes / 256),
  };
}

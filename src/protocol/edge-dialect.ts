/** How an edge wants to be told of devices; it goes with the version of KubeEdge that it reports. */
export interface EdgeDialect {
  /** The IDs of devices: `name` up to 1.15, `namespace/name` from 1.16 on. */
  readonly deviceIds: 'plain' | 'namespaced';
  /**
   * Where desired values are: up to 1.14 in `membership` and `cloud_updated` messages, as the edge reads no objects of v1beta1; from 1.15 on
   * in the Device objects.
   */
  readonly twins: 'messages' | 'objects';
}

/** The newest minor version of KubeEdge 1 whose dialect was checked. */
export const NEWEST_KNOWN_MINOR = 23;

const FIRST_OBJECTS_MINOR = 15;
const FIRST_NAMESPACED_MINOR = 16;

/** The minor version of KubeEdge 1 in a Node's `kubeletVersion` (`v1.24.17-kubeedge-v1.14.4`); undefined if there is none. */
export function kubeEdgeMinor(kubeletVersion: string): number | undefined {
  const minor = /-kubeedge-v1\.(\d{1,4})(?!\d)/.exec(kubeletVersion)?.[1];
  return minor === undefined ? undefined : Number(minor);
}

/** The dialect of the edge that reports this `kubeletVersion`; the newest one if it says nothing, or what is not known. */
export function edgeDialect(kubeletVersion: string): EdgeDialect {
  const minor = kubeEdgeMinor(kubeletVersion) ?? NEWEST_KNOWN_MINOR;
  return {
    deviceIds: minor < FIRST_NAMESPACED_MINOR ? 'plain' : 'namespaced',
    twins: minor < FIRST_OBJECTS_MINOR ? 'messages' : 'objects',
  };
}

/** The dialect of an edge of which nothing is known but that it is older than 1.16. */
export const LEGACY_DIALECT: EdgeDialect = { deviceIds: 'plain', twins: 'objects' };

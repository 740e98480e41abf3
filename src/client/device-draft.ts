import type { Device, DeviceModel } from '../protocol/devices.ts';
import { apiVersionOf, RESOURCES } from '../protocol/kubernetes.ts';
import { mergeDesired } from './twin-rules.ts';

export interface DeviceDraft {
  readonly name: string;
  readonly namespace: string;
  readonly model: DeviceModel;
  readonly nodeName: string;
  /** Absent: the model's. */
  readonly protocolName?: string | undefined;
  readonly desired: ReadonlyMap<string, string>;
}

/** A Device with every property of its model: only what stands in its spec is reported to the cloud. */
export function draftDevice({ name, namespace, model, nodeName, protocolName = model.spec?.protocol, desired }: DeviceDraft): Device {
  const all = (model.spec?.properties ?? []).map((property) => ({ name: property.name }));
  return {
    apiVersion: apiVersionOf(RESOURCES.device),
    kind: RESOURCES.device.kind,
    metadata: { name, namespace },
    spec: {
      deviceModelRef: { name: model.metadata.name },
      nodeName,
      ...(protocolName && { protocol: { protocolName } }),
      properties: mergeDesired(all, desired),
    },
  };
}

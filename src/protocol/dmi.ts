/**
 * DMI v1beta1 as objects: what `templates/dmi/v1beta1.proto` says, in the form in which gRPC gives and takes it. Lists are never absent when they were
 * received; messages may be. 64-bit numbers are strings when received.
 */
export interface MapperInfo {
  name: string;
  version: string;
  api_version: string;
  /** The devices whose `spec.protocol.protocolName` this is are the mapper's. */
  protocol: string;
  /** The path of its socket, UTF-8. */
  address: Uint8Array;
  state: string;
}

export interface DmiAny {
  type_url: string;
  value: Uint8Array;
}

export interface DmiCustomizedValue {
  data: Record<string, DmiAny>;
}

export interface DmiConfig {
  protocolName: string;
  configData?: DmiCustomizedValue | null;
}

export interface DmiTwinProperty {
  value: string;
  metadata: Record<string, string>;
}

export interface DmiTwin {
  propertyName: string;
  observedDesired?: DmiTwinProperty | null;
  reported?: DmiTwinProperty | null;
}

export interface DmiDeviceProperty {
  name: string;
  desired?: DmiTwinProperty | null;
  visitors?: DmiConfig | null;
  /** Milliseconds. */
  reportCycle: number | string;
  collectCycle: number | string;
  reportToCloud: boolean;
  pushMethod?: Record<string, unknown> | null;
}

export interface DmiDevice {
  name: string;
  namespace: string;
  spec: {
    deviceModelReference: string;
    protocol?: DmiConfig | null;
    properties: DmiDeviceProperty[];
    methods: { name: string; description: string; propertyNames: string[] }[];
  };
  status: { twins: DmiTwin[]; reportToCloud: boolean; reportCycle: number | string };
}

export interface DmiModelProperty {
  name: string;
  description: string;
  type: string;
  accessMode: string;
  minimum: string;
  maximum: string;
  unit: string;
}

export interface DmiDeviceModel {
  name: string;
  namespace: string;
  spec: { properties: DmiModelProperty[]; commands: unknown[] };
}

export interface MapperRegisterRequest {
  withData: boolean;
  mapper?: MapperInfo | null;
}

export interface MapperRegisterResponse {
  modelList: DmiDeviceModel[];
  deviceList: DmiDevice[];
}

export interface ReportDeviceStatusRequest {
  deviceName: string;
  deviceNamespace: string;
  reportedDevice?: { twins: DmiTwin[] } | null;
}

export interface ReportDeviceStatesRequest {
  deviceName: string;
  deviceNamespace: string;
  state: string;
}

/** What a mapper is called for; each is answered with what nobody needs. */
export interface MapperCalls {
  RegisterDevice: { device: DmiDevice };
  UpdateDevice: { device: DmiDevice };
  RemoveDevice: { deviceName: string; deviceNamespace: string };
  CreateDeviceModel: { model: DmiDeviceModel };
  UpdateDeviceModel: { model: DmiDeviceModel };
  RemoveDeviceModel: { modelName: string; modelNamespace: string };
}

export interface GetDeviceRequest {
  deviceName: string;
  deviceNamespace: string;
}

export interface GetDeviceResponse {
  device: DmiDevice;
}

/** What an edge is called for; MapperRegister alone is answered with something. */
export interface EdgeCalls {
  MapperRegister: MapperRegisterRequest;
  ReportDeviceStatus: ReportDeviceStatusRequest;
  ReportDeviceStates: ReportDeviceStatesRequest;
}

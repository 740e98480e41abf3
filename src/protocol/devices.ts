import type { KubeObject } from './kubernetes.ts';

/** KubeEdge's `devices.kubeedge.io/v1beta1` (fields of 1.15 to 1.23). */
export type PropertyType = 'INT' | 'FLOAT' | 'DOUBLE' | 'STRING' | 'BOOLEAN' | 'BYTES' | 'STREAM';
export type CustomizedValue = Record<string, unknown>;

export interface VisitorConfig {
  protocolName?: string;
  configData?: CustomizedValue;
}

export interface ModelProperty {
  name: string;
  description?: string;
  /** The API takes a property without these two. */
  type?: PropertyType;
  accessMode?: 'ReadWrite' | 'ReadOnly';
  minimum?: string;
  maximum?: string;
  unit?: string;
  visitors?: VisitorConfig;
}

export interface DeviceModel extends KubeObject {
  /** The API takes a model without one. */
  spec?: { protocol?: string; protocolConfigData?: CustomizedValue; properties?: ModelProperty[] };
}

export interface TwinProperty {
  value: string;
  metadata?: Record<string, string>;
}

export interface DeviceProperty {
  name: string;
  desired?: TwinProperty;
  visitors?: VisitorConfig;
  reportCycle?: number;
  collectCycle?: number;
  reportToCloud?: boolean;
  pushMethod?: Record<string, unknown>;
}

/** One property's reported value beside the desired value that the edge last knew of. */
export interface Twin {
  propertyName: string;
  reported?: TwinProperty;
  observedDesired?: TwinProperty;
}

export interface TwinStatus {
  twins?: Twin[];
  state?: string;
  lastOnlineTime?: string;
}

export interface Device extends KubeObject {
  /** The API takes a device without one. */
  spec?: {
    deviceModelRef?: { name: string };
    nodeName?: string;
    protocol?: { protocolName?: string; configData?: CustomizedValue };
    properties?: DeviceProperty[];
    methods?: { name: string; description?: string; propertyNames?: string[] }[];
    stateReport?: { reportToCloud?: boolean; reportCycle?: number };
  };
  status?: TwinStatus & { reportToCloud?: boolean; reportCycle?: number };
}

/** Same name and namespace as the Device, which owns it. Holds the reports from 1.23 on. */
export interface DeviceStatus extends KubeObject {
  spec?: Record<string, never>;
  status?: TwinStatus & { extensions?: CustomizedValue };
}

const TWIN_TYPE: Record<PropertyType, 'int' | 'float' | 'string' | 'boolean'> = {
  INT: 'int',
  FLOAT: 'float',
  DOUBLE: 'float',
  STRING: 'string',
  BOOLEAN: 'boolean',
  BYTES: 'string',
  STREAM: 'string',
};

const TWIN_TYPES: ReadonlyMap<unknown, string> = new Map(Object.entries(TWIN_TYPE));

/** The twin engine's type for a type of a model's property; undefined for none, and for what is no such type. */
export function twinTypeOf(type: unknown): string | undefined {
  return TWIN_TYPES.get(type);
}

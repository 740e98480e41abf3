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
  type: PropertyType;
  accessMode: 'ReadWrite' | 'ReadOnly';
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

/** The twin engine's type for each type of a model's property. */
export const TWIN_TYPE: Record<PropertyType, 'int' | 'float' | 'string' | 'boolean'> = {
  INT: 'int',
  FLOAT: 'float',
  DOUBLE: 'float',
  STRING: 'string',
  BOOLEAN: 'boolean',
  BYTES: 'string',
  STREAM: 'string',
};

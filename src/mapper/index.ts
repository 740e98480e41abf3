/** Drivers of devices for KubeEdge's edges: `import { runMapper } from 'kedge/mapper'` (docs/mappers.md). */
export { DeviceLost } from './driver.ts';
export type {
  ConfigData,
  DeviceHandle,
  Driver,
  DriverContext,
  MappedDevice,
  MappedProperty,
  MapperLog,
  MapperOptions,
  PropertyType,
  PropertyValue,
} from './driver.ts';
export { runMapper } from './run-mapper.ts';

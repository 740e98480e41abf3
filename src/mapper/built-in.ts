import type { Driver } from './driver.ts';

/** The mappers that ship with kedge, by protocol. Each loads its library when it is asked for. */
export const BUILT_IN = {
  modbus: async (): Promise<Driver> => new (await import('./modbus/modbus-driver.ts')).ModbusDriver(),
  virtual: async (): Promise<Driver> => new (await import('./virtual/virtual-driver.ts')).VirtualDriver(),
};

import { join } from 'node:path';
import { loadPackageDefinition } from '@grpc/grpc-js';
import type { ServiceClientConstructor } from '@grpc/grpc-js';
import { loadSync } from '@grpc/proto-loader';
import { packageRoot } from '../kernel/package-root.ts';

/** DeviceManagerService is what the edge serves, DeviceMapperService what mappers serve. */
export type DmiService = 'DeviceManagerService' | 'DeviceMapperService';

/** The services of DMI v1beta1. Messages come as plain objects with every field; 64-bit numbers as strings. */
export function loadDmi(): Record<DmiService, ServiceClientConstructor> {
  const path = join(packageRoot(), 'templates', 'dmi', 'v1beta1.proto');
  const { v1beta1 } = loadPackageDefinition(
    loadSync(path, { keepCase: true, longs: String, enums: String, defaults: true }),
  ) as unknown as { v1beta1: Record<DmiService, ServiceClientConstructor> };
  return v1beta1;
}

import { join } from 'node:path';
import { loadPackageDefinition } from '@grpc/grpc-js';
import type { ServiceClientConstructor, ServiceDefinition } from '@grpc/grpc-js';
import { loadSync } from '@grpc/proto-loader';
import { packageRoot } from '../kernel/package-root.ts';

export interface DmiDefinition {
  /** What the edge serves. */
  readonly deviceManager: ServiceDefinition;
  /** What mappers serve. */
  readonly DeviceMapper: ServiceClientConstructor;
}

/** The services of DMI v1beta1. Messages come as plain objects with every field; 64-bit numbers as strings. */
export function loadDmi(): DmiDefinition {
  const path = join(packageRoot(), 'templates', 'dmi', 'v1beta1.proto');
  const { v1beta1 } = loadPackageDefinition(
    loadSync(path, { keepCase: true, longs: String, enums: String, defaults: true }),
  ) as unknown as {
    v1beta1: Record<'DeviceManagerService' | 'DeviceMapperService', ServiceClientConstructor>;
  };
  return { deviceManager: v1beta1.DeviceManagerService.service, DeviceMapper: v1beta1.DeviceMapperService };
}

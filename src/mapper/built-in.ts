import { KedgeError } from '../kernel/errors.ts';
import type { Driver } from './driver.ts';

/** The mappers that ship with kedge. @throws KedgeError NOT_FOUND */
export async function builtInDriver(name: string): Promise<{ protocol: string; driver: Driver }> {
  if (name !== 'virtual') throw new KedgeError('NOT_FOUND', `there is no mapper ${name} here`);
  const { VirtualDriver } = await import('./virtual/virtual-driver.ts');
  return { protocol: 'virtual', driver: new VirtualDriver() };
}

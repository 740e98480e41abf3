import { RESOURCES } from '../../../protocol/kubernetes.ts';
import { builtin } from './builtin-resources.ts';
import { eventResource } from './events.ts';
import { WORKLOAD_SCALE } from './schema/scale-paths.ts';
import type { ServedResource } from './served-resource.ts';
import type { ServiceNetwork } from './service-network.ts';
import { serviceStrategy } from './strategies/service-strategy.ts';
import {
  budgetStrategy,
  daemonSetStrategy,
  deploymentStrategy,
  endpointSliceStrategy,
  priorityClassStrategy,
  replicaSetStrategy,
} from './strategies/workload-strategies.ts';

const ALL = ['all'];

/** What runs pods, and what leads to them; addresses of Services are of `network`. */
export function workloadResources(network: ServiceNetwork): readonly ServedResource[] {
  return [
    builtin(RESOURCES.service, {
      shortNames: ['svc'],
      categories: ALL,
      subresources: ['status'],
      fields: ['spec.clusterIP', 'spec.type'],
      strategy: serviceStrategy(network),
    }),
    builtin(RESOURCES.endpoints, { shortNames: ['ep'] }),
    builtin(RESOURCES.controllerRevision),
    builtin(RESOURCES.daemonSet, { shortNames: ['ds'], categories: ALL, subresources: ['status'], strategy: daemonSetStrategy }),
    builtin(RESOURCES.deployment, {
      shortNames: ['deploy'],
      categories: ALL,
      subresources: ['scale', 'status'],
      scale: WORKLOAD_SCALE,
      strategy: deploymentStrategy,
    }),
    builtin(RESOURCES.replicaSet, {
      shortNames: ['rs'],
      categories: ALL,
      subresources: ['scale', 'status'],
      scale: WORKLOAD_SCALE,
      strategy: replicaSetStrategy,
    }),
    eventResource(),
    builtin(RESOURCES.endpointSlice, { strategy: endpointSliceStrategy }),
    builtin(RESOURCES.podDisruptionBudget, { shortNames: ['pdb'], subresources: ['status'], strategy: budgetStrategy }),
    builtin(RESOURCES.priorityClass, { shortNames: ['pc'], strategy: priorityClassStrategy }),
  ];
}

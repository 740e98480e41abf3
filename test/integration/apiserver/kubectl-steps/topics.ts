import { CONFIG } from './config.ts';
import { CUSTOM } from './custom.ts';
import { DISCOVERY } from './discovery.ts';
import type { KubectlTopic } from './kubectl-step.ts';
import { NODES } from './nodes.ts';
import { PRUNE } from './prune.ts';
import { RIGHTS } from './rights.ts';
import { SERVICES } from './services.ts';
import { STORAGE } from './storage.ts';
import { WORKLOADS } from './workloads.ts';

/** In this order. */
export const TOPICS: readonly KubectlTopic[] = [DISCOVERY, CONFIG, PRUNE, WORKLOADS, SERVICES, NODES, STORAGE, RIGHTS, CUSTOM];

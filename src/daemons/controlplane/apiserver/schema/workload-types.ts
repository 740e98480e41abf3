import type { KubeObject } from '../../../../protocol/kubernetes.ts';
import type { IntOrString } from './int-or-percent.ts';
import type { LabelSelector } from '../../../../protocol/label-selector.ts';
import type { PodSpec } from './pod-types.ts';

/** The parts of the kinds of apps/v1 that are checked or defaulted; the schema has the rest. */
export interface PodTemplate {
  metadata?: { labels?: Record<string, string>; annotations?: Record<string, string> };
  spec?: PodSpec;
}

export interface RollingUpdate {
  maxUnavailable?: IntOrString;
  maxSurge?: IntOrString;
}

export interface UpdateStrategy {
  type?: string;
  rollingUpdate?: RollingUpdate;
}

/** Deployment, ReplicaSet, DaemonSet. */
export interface Workload extends KubeObject {
  spec?: WorkloadSpec;
  status?: object;
}

export interface WorkloadSpec {
  replicas?: number;
  selector?: LabelSelector;
  template?: PodTemplate;
  strategy?: UpdateStrategy;
  updateStrategy?: UpdateStrategy;
  minReadySeconds?: number;
  revisionHistoryLimit?: number;
  progressDeadlineSeconds?: number;
}

export interface ControllerRevision extends KubeObject {
  data?: unknown;
  revision?: number;
}

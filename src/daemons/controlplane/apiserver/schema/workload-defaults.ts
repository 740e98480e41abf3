import type { KubeObject } from '../../../../protocol/kubernetes.ts';
import { podSpecDefaults } from './pod-defaults.ts';
import type { PodTemplate, UpdateStrategy, Workload, WorkloadSpec } from './workload-types.ts';

const REVISIONS = 10;
const PROGRESS_SECONDS = 600;
/** The generation of a DaemonSet's template, kept for what once was a field of its spec. */
export const TEMPLATE_GENERATION = 'deprecated.daemonset.template.generation';

const SHARE = '25%';
/** Numbers that a DaemonSet's status always has. */
const DAEMON_NUMBERS = { currentNumberScheduled: 0, numberMisscheduled: 0, desiredNumberScheduled: 0, numberReady: 0 };

export function deploymentDefaults(object: KubeObject): KubeObject {
  const { spec = {}, ...rest } = object as Workload;
  const { strategy = {} } = spec;
  return {
    ...rest,
    spec: {
      replicas: 1,
      revisionHistoryLimit: REVISIONS,
      progressDeadlineSeconds: PROGRESS_SECONDS,
      ...withTemplate(spec),
      strategy: rolling(strategy, { maxUnavailable: SHARE, maxSurge: SHARE }),
    },
  } as KubeObject;
}

export function replicaSetDefaults(object: KubeObject): KubeObject {
  const { spec = {}, status, ...rest } = object as Workload;
  return { ...rest, spec: { replicas: 1, ...withTemplate(spec) }, status: { replicas: 0, ...status } } as KubeObject;
}

export function daemonSetDefaults(object: KubeObject): KubeObject {
  const { spec = {}, status, ...rest } = object as Workload;
  return {
    ...rest,
    spec: {
      revisionHistoryLimit: REVISIONS,
      ...withTemplate(spec),
      updateStrategy: rolling(spec.updateStrategy ?? {}, { maxUnavailable: 1, maxSurge: 0 }),
    },
    status: { ...DAEMON_NUMBERS, ...status },
  } as KubeObject;
}

function withTemplate(spec: WorkloadSpec): WorkloadSpec {
  const { template = {} } = spec;
  const defaulted: PodTemplate = { ...template, spec: podSpecDefaults(template.spec ?? {}) };
  return { ...spec, template: defaulted };
}

function rolling(strategy: UpdateStrategy, defaults: NonNullable<UpdateStrategy['rollingUpdate']>): UpdateStrategy {
  const type = strategy.type === undefined || strategy.type === '' ? 'RollingUpdate' : strategy.type;
  return type === 'RollingUpdate'
    ? { ...strategy, type, rollingUpdate: { ...defaults, ...strategy.rollingUpdate } }
    : { ...strategy, type };
}

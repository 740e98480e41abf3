import type { KubeObject } from '../../../../protocol/kubernetes.ts';
import { invalid, type FieldError } from './field-error.ts';
import { nonNegative } from './int-or-percent.ts';

type Numbers = Readonly<Record<string, number>>;

const PARTS = {
  Deployment: ['updatedReplicas', 'readyReplicas', 'availableReplicas'],
  ReplicaSet: ['fullyLabeledReplicas', 'readyReplicas', 'availableReplicas'],
} as const;
const DAEMON_NUMBERS = [
  ...['currentNumberScheduled', 'numberMisscheduled', 'desiredNumberScheduled', 'numberReady', 'observedGeneration'],
  ...['updatedNumberScheduled', 'numberAvailable', 'numberUnavailable', 'collisionCount'],
];

/** Checks the numbers of a Deployment's or ReplicaSet's status: parts are not larger than the whole. */
export function validateReplicaStatus(object: KubeObject, kind: keyof typeof PARTS): FieldError[] {
  const status = statusOf(object);
  const { replicas = 0, readyReplicas = 0, availableReplicas = 0 } = status;
  const [first, ...others] = PARTS[kind];
  const rest = kind === 'Deployment' ? ['unavailableReplicas', 'collisionCount'] : [];
  return [
    ...(kind === 'Deployment' ? nonNegativeFields(status, ['observedGeneration']) : []),
    ...nonNegativeFields(status, ['replicas', first, ...others, ...rest]),
    ...(kind === 'ReplicaSet' ? nonNegativeFields(status, ['observedGeneration']) : []),
    ...PARTS[kind]
      .filter((part) => (status[part] ?? 0) > replicas)
      .map((part) => invalid(`status.${part}`, status[part] ?? 0, 'cannot be greater than status.replicas')),
    ...(availableReplicas > readyReplicas
      ? [invalid('status.availableReplicas', availableReplicas, 'cannot be greater than readyReplicas')]
      : []),
  ];
}

export function validateDaemonStatus(object: KubeObject): FieldError[] {
  return nonNegativeFields(statusOf(object), DAEMON_NUMBERS);
}

function statusOf(object: KubeObject): Numbers {
  return (object as KubeObject & { status?: Numbers }).status ?? {};
}

function nonNegativeFields(status: Numbers, fields: readonly string[]): FieldError[] {
  return fields.flatMap((field) => nonNegative(status[field], `status.${field}`));
}

import {
  count,
  flag,
  integer,
  intOrString,
  map,
  mark,
  METADATA,
  part,
  parts,
  text,
  texts,
  whole,
  type Message,
} from './protobuf-fields.ts';

// Numbers from Kubernetes' generated.proto files (api core/v1, apps/v1, autoscaling/v1, policy/v1, scheduling/v1).
const SELECTOR: Message = whole({
  1: map('matchLabels'),
  2: parts('matchExpressions', { 1: text('key'), 2: text('operator'), 3: texts('values') }),
});
/** What `kubectl create deployment` sets. */
const CONTAINER: Message = whole({
  1: text('name'),
  2: text('image'),
  3: texts('command'),
  4: texts('args'),
  5: text('workingDir'),
  6: parts('ports', whole({ 1: text('name'), 2: count('hostPort'), 3: integer('containerPort'), 4: text('protocol'), 5: text('hostIP') })),
  7: parts('env', whole({ 1: text('name'), 2: text('value') })),
  8: part('resources', whole({})),
  13: text('terminationMessagePath'),
  14: text('imagePullPolicy'),
  16: mark('stdin'),
  17: mark('stdinOnce'),
  18: mark('tty'),
  20: text('terminationMessagePolicy'),
});
const POD_SPEC: Message = whole({
  2: parts('containers', CONTAINER),
  3: text('restartPolicy'),
  4: integer('terminationGracePeriodSeconds'),
  5: integer('activeDeadlineSeconds'),
  6: text('dnsPolicy'),
  7: map('nodeSelector'),
  8: text('serviceAccountName'),
  9: text('serviceAccount'),
  10: text('nodeName'),
  11: mark('hostNetwork'),
  12: mark('hostPID'),
  13: mark('hostIPC'),
  16: text('hostname'),
  17: text('subdomain'),
  19: text('schedulerName'),
  20: parts('initContainers', CONTAINER),
  21: flag('automountServiceAccountToken'),
  24: text('priorityClassName'),
});
const DEPLOYMENT_SPEC: Message = whole({
  1: integer('replicas'),
  2: part('selector', SELECTOR),
  3: part('template', { 1: part('metadata', METADATA), 2: part('spec', POD_SPEC) }),
  4: part(
    'strategy',
    whole({ 1: text('type'), 2: part('rollingUpdate', { 1: intOrString('maxUnavailable'), 2: intOrString('maxSurge') }) }),
  ),
  5: count('minReadySeconds'),
  6: integer('revisionHistoryLimit'),
  7: mark('paused'),
  9: integer('progressDeadlineSeconds'),
});
const SERVICE_SPEC: Message = whole({
  1: parts('ports', {
    1: text('name'),
    2: text('protocol'),
    3: integer('port'),
    4: intOrString('targetPort'),
    5: count('nodePort'),
    6: text('appProtocol'),
  }),
  2: map('selector'),
  3: text('clusterIP'),
  4: text('type'),
  5: texts('externalIPs'),
  7: text('sessionAffinity'),
  8: text('loadBalancerIP'),
  9: texts('loadBalancerSourceRanges'),
  10: text('externalName'),
  11: text('externalTrafficPolicy'),
  12: count('healthCheckNodePort'),
  13: mark('publishNotReadyAddresses'),
  14: part('sessionAffinityConfig', { 1: part('clientIP', { 1: integer('timeoutSeconds') }) }),
  17: text('ipFamilyPolicy'),
  18: texts('clusterIPs'),
  19: texts('ipFamilies'),
  22: text('internalTrafficPolicy'),
});
const DELETE_OPTIONS: Message = {
  1: integer('gracePeriodSeconds'),
  2: part('preconditions', { 1: text('uid'), 2: text('resourceVersion') }),
  4: text('propagationPolicy'),
  5: texts('dryRun'),
};

/** What runs pods and leads to them, as `kubectl create KIND`, `kubectl drain` and Go programs send it. */
export const WORKLOAD_MESSAGES: Readonly<Record<string, Message>> = {
  'apps/v1/Deployment': { 1: part('metadata', METADATA), 2: part('spec', DEPLOYMENT_SPEC) },
  'v1/Service': { 1: part('metadata', METADATA), 2: part('spec', SERVICE_SPEC) },
  'v1/Binding': { 1: part('metadata', METADATA), 2: part('target', { 1: text('kind'), 2: text('namespace'), 3: text('name') }) },
  'policy/v1/Eviction': { 1: part('metadata', METADATA), 2: part('deleteOptions', DELETE_OPTIONS) },
  'policy/v1/PodDisruptionBudget': {
    1: part('metadata', METADATA),
    2: part('spec', {
      1: intOrString('minAvailable'),
      2: part('selector', SELECTOR),
      3: intOrString('maxUnavailable'),
      4: text('unhealthyPodEvictionPolicy'),
    }),
  },
  'autoscaling/v1/Scale': { 1: part('metadata', METADATA), 2: part('spec', { 1: integer('replicas') }) },
  'scheduling.k8s.io/v1/PriorityClass': {
    1: part('metadata', METADATA),
    2: integer('value'),
    3: mark('globalDefault'),
    4: text('description'),
    5: text('preemptionPolicy'),
  },
};

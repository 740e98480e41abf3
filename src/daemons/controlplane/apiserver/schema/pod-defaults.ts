import type { KubeObject } from '../../../../protocol/kubernetes.ts';
import type { Container, Handler, PodSpec, Probe, Toleration, Volume } from './pod-types.ts';
import { isObject } from './json.ts';

const FILE_MODE = 0o644;
const EVICTION_SECONDS = 300;

/** A copy of a pod with the API server's defaults. */
export function podDefaults(object: KubeObject): KubeObject {
  const pod = object as KubeObject & { spec?: PodSpec };
  const spec = pod.spec ?? {};
  const defaulted: PodSpec = {
    terminationGracePeriodSeconds: 30,
    securityContext: {},
    enableServiceLinks: true,
    priority: 0,
    preemptionPolicy: 'PreemptLowerPriority',
    ...spec,
    ...listDefaults(spec),
    restartPolicy: firstOf(spec.restartPolicy) ?? 'Always',
    dnsPolicy: firstOf(spec.dnsPolicy) ?? 'ClusterFirst',
    schedulerName: firstOf(spec.schedulerName) ?? 'default-scheduler',
    tolerations: withEvictionDefaults(spec.tolerations ?? []),
  };
  // The older name of the same field follows.
  const account = firstOf(spec.serviceAccountName, spec.serviceAccount, projectsToken(spec) ? 'default' : undefined);
  if (account !== undefined) Object.assign(defaulted, { serviceAccountName: account, serviceAccount: account });
  return { ...pod, spec: defaulted } as KubeObject;
}

/** Whose token would it be? Kubernetes' admission says `default`, of every pod. */
function projectsToken({ volumes = [] }: PodSpec): boolean {
  return volumes.some(({ projected }) => {
    const sources: unknown[] = isObject(projected) && Array.isArray(projected['sources']) ? projected['sources'] : [];
    return sources.some((source) => isObject(source) && isObject(source['serviceAccountToken']));
  });
}

function listDefaults({ containers, initContainers, volumes, hostNetwork = false }: PodSpec): Partial<PodSpec> {
  return {
    ...(containers === undefined ? {} : { containers: containers.map((container) => containerDefaults(container, hostNetwork)) }),
    ...(initContainers === undefined
      ? {}
      : { initContainers: initContainers.map((container) => containerDefaults(container, hostNetwork)) }),
    ...(volumes === undefined ? {} : { volumes: volumes.map(volumeDefaults) }),
  };
}

/** What is set and not empty. */
function firstOf(...values: (string | undefined)[]): string | undefined {
  return values.find((value) => value !== undefined && value !== '');
}

function containerDefaults(container: Container, hostNetwork: boolean): Container {
  const { resources = {}, ports, env, lifecycle } = container;
  const { limits, requests } = resources;
  return {
    ...container,
    imagePullPolicy: firstOf(container.imagePullPolicy) ?? pullPolicy(container.image ?? ''),
    terminationMessagePath: firstOf(container.terminationMessagePath) ?? '/dev/termination-log',
    terminationMessagePolicy: firstOf(container.terminationMessagePolicy) ?? 'File',
    resources: limits === undefined ? resources : { ...resources, requests: { ...limits, ...requests } },
    ...(ports === undefined ? {} : { ports: ports.map((port) => portDefaults(port, hostNetwork)) }),
    ...(env === undefined ? {} : { env: env.map(envDefaults) }),
    ...(lifecycle === undefined
      ? {}
      : { lifecycle: Object.fromEntries(Object.entries(lifecycle).map(([key, hook]) => [key, handlerDefaults(hook)])) }),
    ...probes(container),
  };
}

/** An image without tag, or with tag `latest`, is always pulled. */
function pullPolicy(image: string): string {
  const name = image.slice(image.lastIndexOf('/') + 1);
  if (name.includes('@')) return 'IfNotPresent';
  return !name.includes(':') || name.endsWith(':latest') ? 'Always' : 'IfNotPresent';
}

function portDefaults(port: NonNullable<Container['ports']>[number], hostNetwork: boolean): NonNullable<Container['ports']>[number] {
  const hostPort = hostNetwork && (port.hostPort ?? 0) === 0 ? { hostPort: port.containerPort ?? 0 } : {};
  return { ...port, protocol: firstOf(port.protocol) ?? 'TCP', ...hostPort };
}

function envDefaults(variable: NonNullable<Container['env']>[number]): NonNullable<Container['env']>[number] {
  const reference = variable.valueFrom?.fieldRef;
  if (reference === undefined) return variable;
  return {
    ...variable,
    valueFrom: { ...variable.valueFrom, fieldRef: { ...reference, apiVersion: firstOf(reference.apiVersion) ?? 'v1' } },
  };
}

function probes(container: Container): Partial<Container> {
  const keys = (['livenessProbe', 'readinessProbe', 'startupProbe'] as const).filter((key) => container[key] !== undefined);
  return Object.fromEntries(keys.map((key) => [key, probeDefaults(container[key] ?? {})]));
}

function probeDefaults(probe: Probe): Probe {
  const seconds = { timeoutSeconds: 1, periodSeconds: 10, successThreshold: 1, failureThreshold: 3 };
  const missing = Object.entries(seconds).filter(([key]) => (probe[key as keyof typeof seconds] ?? 0) === 0);
  return { ...handlerDefaults(probe), ...Object.fromEntries(missing) };
}

function handlerDefaults<T extends Handler>(handler: T): T {
  const { httpGet } = handler;
  if (httpGet === undefined) return handler;
  return { ...handler, httpGet: { ...httpGet, path: firstOf(httpGet.path) ?? '/', scheme: firstOf(httpGet.scheme) ?? 'HTTP' } };
}

/** A volume without a source is an emptyDir. */
function volumeDefaults(volume: Volume): Volume {
  const source = Object.entries(volume).find(([key, value]) => key !== 'name' && isObject(value));
  if (source === undefined) return { ...volume, emptyDir: {} };
  const [kind, settings] = source;
  const defaults = {
    secret: { defaultMode: FILE_MODE },
    configMap: { defaultMode: FILE_MODE },
    downwardAPI: { defaultMode: FILE_MODE },
    projected: { defaultMode: FILE_MODE },
    hostPath: { type: '' },
  }[kind];
  return defaults === undefined ? volume : { ...volume, [kind]: { ...defaults, ...(settings as object) } };
}

/** Admission DefaultTolerationSeconds: a pod stays five minutes on a node that is away, unless it says otherwise. */
function withEvictionDefaults(tolerations: readonly Toleration[]): Toleration[] {
  const added = ['node.kubernetes.io/not-ready', 'node.kubernetes.io/unreachable'].filter(
    (key) => !tolerations.some((toleration) => tolerates(toleration, key)),
  );
  return [...tolerations, ...added.map((key) => ({ key, operator: 'Exists', effect: 'NoExecute', tolerationSeconds: EVICTION_SECONDS }))];
}

function tolerates({ key = '', effect = '' }: Toleration, taint: string): boolean {
  return (key === '' || key === taint) && (effect === '' || effect === 'NoExecute');
}

import type { KubeObject } from '../../../../protocol/kubernetes.ts';
import type { Container, Handler, PodSpec, Probe, Toleration, Volume } from './pod-types.ts';
import { isObject, type JsonObject } from './json.ts';
import { claimSpecDefaults } from './claim-defaults.ts';

const FILE_MODE = 0o644;
const EVICTION_SECONDS = 300;
const TOKEN_SECONDS = 3600;

/** A copy of a pod with the API server's defaults. */
export function podDefaults(object: KubeObject): KubeObject {
  const pod = object as KubeObject & { spec?: PodSpec; status?: JsonObject };
  const spec = podSpecDefaults(pod.spec ?? {});
  const defaulted: PodSpec = {
    enableServiceLinks: true,
    ...spec,
    ...requestsOf(spec),
    tolerations: withEvictionDefaults(spec.tolerations ?? []),
  };
  return {
    ...pod,
    spec: defaulted,
    ...(pod.status && { status: withAddresses(pod.status) }),
  } as KubeObject;
}

/** `podIP` is the first of `podIPs`; where they differ, the older field counts. */
function withAddresses(status: JsonObject): JsonObject {
  const { podIP = '', podIPs } = status;
  const first: unknown = Array.isArray(podIPs) ? podIPs[0] : undefined;
  const address = isObject(first) ? first['ip'] : undefined;
  if (podIP === '') return address === undefined ? status : { ...status, podIP: address };
  return address === podIP ? status : { ...status, podIPs: [{ ip: podIP }] };
}

/** A copy of the spec of a pod, or of a template of pods, with what both have in common. */
export function podSpecDefaults(spec: PodSpec): PodSpec {
  return {
    terminationGracePeriodSeconds: 30,
    securityContext: {},
    ...spec,
    ...listDefaults(spec),
    restartPolicy: firstOf(spec.restartPolicy) ?? 'Always',
    dnsPolicy: firstOf(spec.dnsPolicy) ?? 'ClusterFirst',
    schedulerName: firstOf(spec.schedulerName) ?? 'default-scheduler',
    ...accountNames(firstOf(spec.serviceAccountName, spec.serviceAccount)),
  };
}

/** The older name of the same field follows. */
function accountNames(account: string | undefined): Pick<PodSpec, 'serviceAccountName' | 'serviceAccount'> {
  return account === undefined ? {} : { serviceAccountName: account, serviceAccount: account };
}

/** Who names limits alone asks for as much. */
function requestsOf({ containers, initContainers }: PodSpec): Partial<PodSpec> {
  const withRequests = (container: Container): Container => {
    const { limits, requests } = container.resources ?? {};
    return limits === undefined ? container : { ...container, resources: { ...container.resources, requests: { ...limits, ...requests } } };
  };
  return {
    ...(containers === undefined ? {} : { containers: containers.map(withRequests) }),
    ...(initContainers === undefined ? {} : { initContainers: initContainers.map(withRequests) }),
  };
}

function listDefaults({ containers, initContainers, ephemeralContainers, volumes, hostNetwork = false }: PodSpec): Partial<PodSpec> {
  return {
    ...(containers === undefined ? {} : { containers: containers.map((container) => containerDefaults(container, hostNetwork)) }),
    ...(initContainers === undefined
      ? {}
      : { initContainers: initContainers.map((container) => containerDefaults(container, hostNetwork)) }),
    ...(ephemeralContainers === undefined
      ? {}
      : { ephemeralContainers: ephemeralContainers.map((each) => containerDefaults(each, false)) }),
    ...(volumes === undefined ? {} : { volumes: volumes.map(volumeDefaults) }),
  };
}

/** What is set and not empty. */
function firstOf(...values: (string | undefined)[]): string | undefined {
  return values.find((value) => value !== undefined && value !== '');
}

function containerDefaults(container: Container, hostNetwork: boolean): Container {
  const { resources = {}, ports, env, lifecycle } = container;
  return {
    ...container,
    imagePullPolicy: firstOf(container.imagePullPolicy) ?? pullPolicy(container.image ?? ''),
    terminationMessagePath: firstOf(container.terminationMessagePath) ?? '/dev/termination-log',
    terminationMessagePolicy: firstOf(container.terminationMessagePolicy) ?? 'File',
    resources,
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
  const { fieldRef: reference, resourceFieldRef: resource } = variable.valueFrom ?? {};
  if (resource !== undefined) return { ...variable, valueFrom: { ...variable.valueFrom, resourceFieldRef: { divisor: '0', ...resource } } };
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
  const { httpGet, grpc } = handler;
  if (grpc !== undefined) return { ...handler, grpc: { service: '', ...grpc } };
  if (httpGet === undefined) return handler;
  return { ...handler, httpGet: { ...httpGet, path: firstOf(httpGet.path) ?? '/', scheme: firstOf(httpGet.scheme) ?? 'HTTP' } };
}

/** A volume without a source is an emptyDir. */
function volumeDefaults(volume: Volume): Volume {
  const source = Object.entries(volume).find(([key, value]) => key !== 'name' && isObject(value));
  if (source === undefined) return { ...volume, emptyDir: {} };
  const [kind, settings] = source;
  if (kind === 'projected') return { ...volume, projected: { defaultMode: FILE_MODE, ...projectedDefaults(settings as JsonObject) } };
  if (kind === 'downwardAPI') return { ...volume, downwardAPI: { defaultMode: FILE_MODE, ...downwardDefaults(settings as JsonObject) } };
  if (kind === 'ephemeral') return { ...volume, ephemeral: ephemeralDefaults(settings as JsonObject) };
  if (kind === 'image') return { ...volume, image: imageDefaults(settings as JsonObject) };
  const defaults = {
    secret: { defaultMode: FILE_MODE },
    configMap: { defaultMode: FILE_MODE },
    hostPath: { type: '' },
    iscsi: { iscsiInterface: 'default' },
  }[kind];
  return defaults === undefined ? volume : { ...volume, [kind]: { ...defaults, ...(settings as object) } };
}

/** An image is pulled as a container's is. */
function imageDefaults(source: JsonObject): JsonObject {
  const { reference } = source;
  return { pullPolicy: pullPolicy(typeof reference === 'string' ? reference : ''), ...source };
}

/** The claim that is to be made for the volume. */
function ephemeralDefaults(source: JsonObject): JsonObject {
  const { volumeClaimTemplate: template } = source;
  if (!isObject(template)) return source;
  return { ...source, volumeClaimTemplate: { ...template, spec: claimSpecDefaults(isObject(template['spec']) ? template['spec'] : {}) } };
}

/** Where each source of a projected volume comes from. */
function projectedDefaults(projected: JsonObject): JsonObject {
  const { sources } = projected;
  if (!Array.isArray(sources)) return projected;
  return {
    ...projected,
    sources: sources.map((source: unknown) => {
      if (!isObject(source)) return source;
      const { serviceAccountToken: token, downwardAPI: downward } = source;
      return {
        ...source,
        ...(isObject(token) ? { serviceAccountToken: { expirationSeconds: TOKEN_SECONDS, ...token } } : {}),
        ...(isObject(downward) ? { downwardAPI: downwardDefaults(downward) } : {}),
      };
    }),
  };
}

function downwardDefaults(volume: JsonObject): JsonObject {
  const { items } = volume;
  if (!Array.isArray(items)) return volume;
  return {
    ...volume,
    items: items.map((item: unknown) =>
      isObject(item) && isObject(item['fieldRef']) ? { ...item, fieldRef: { apiVersion: 'v1', ...item['fieldRef'] } } : item,
    ),
  };
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

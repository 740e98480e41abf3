import { ageOf } from './human-duration.ts';

interface ContainerState {
  waiting?: { reason?: string };
  running?: object;
  terminated?: { reason?: string; exitCode?: number; signal?: number; finishedAt?: string };
}

interface ContainerStatus {
  name?: string;
  /** Of a sidecar: its startup probe has succeeded. */
  started?: boolean;
  ready?: boolean;
  restartCount?: number;
  state?: ContainerState;
  lastState?: ContainerState;
}

interface PodLike {
  metadata: { deletionTimestamp?: string };
  spec?: {
    containers?: unknown[];
    initContainers?: { name?: string; restartPolicy?: string }[];
    readinessGates?: { conditionType?: string }[];
  };
  status?: {
    phase?: string;
    reason?: string;
    conditions?: { type?: string; status?: string; reason?: string }[];
    containerStatuses?: ContainerStatus[];
    initContainerStatuses?: ContainerStatus[];
  };
}

/** Why a pod with scheduling gates is not scheduled. */
const GATED = 'SchedulingGated';

/** What the columns Ready, Status and Restarts of `kubectl get pods` say. */
export interface PodSummary {
  readonly ready: string;
  readonly status: string;
  readonly restarts: string;
}

/**
 * Sums up the containers of a pod the way kubectl's users know it: `0/1 CrashLoopBackOff 3 (20s ago)`. Sidecars, which are init containers that
 * go on running, count as containers (Kubernetes' printer of pods, 1.32).
 */
export function podSummary(object: unknown, now: Date): PodSummary {
  const pod = object as PodLike;
  const { containers = [], initContainers = [] } = pod.spec ?? {};
  const { containerStatuses = [], conditions } = pod.status ?? {};
  const sidecars = new Set(initContainers.filter(({ restartPolicy }) => restartPolicy === 'Always').map(({ name }) => name));
  const init = initialization(pod, sidecars);
  const isRunning = init.status === undefined || isTrue(conditions, 'Initialized');
  const ready = init.readySidecars + (isRunning ? containerStatuses.filter(isReady).length : 0);
  const status = isRunning ? runningStatus(pod, containerStatuses, init.status) : init.status;
  const counted = isRunning ? [...init.seen.filter(({ name }) => sidecars.has(name)), ...containerStatuses] : init.seen;
  return {
    ready: `${ready}/${containers.length + sidecars.size}`,
    status: withDeletion(pod, status),
    restarts: restartsOf(counted, now),
  };
}

/** How many of a pod's readiness gates are true: `1/2`; `<none>` without gates. */
export function readinessGates(object: unknown): string {
  const { spec, status } = object as PodLike;
  const gates = spec?.readinessGates ?? [];
  if (gates.length === 0) return '<none>';
  const met = gates.filter(({ conditionType }) => isTrue(status?.conditions, conditionType));
  return `${met.length}/${gates.length}`;
}

interface Initialization {
  /** Undefined once all init containers have ended well, or run as sidecars. */
  readonly status: string | undefined;
  readonly readySidecars: number;
  /** Up to the one that the pod waits for. */
  readonly seen: readonly ContainerStatus[];
}

function initialization({ spec, status }: PodLike, sidecars: ReadonlySet<string | undefined>): Initialization {
  const statuses = status?.initContainerStatuses ?? [];
  const isUp = ({ name, started }: ContainerStatus): boolean => sidecars.has(name) && started === true;
  const isDone = (container: ContainerStatus): boolean => container.state?.terminated?.exitCode === 0 || isUp(container);
  const index = statuses.findIndex((container) => !isDone(container));
  const seen = index === -1 ? statuses : statuses.slice(0, index + 1);
  const readySidecars = seen.filter((each) => each.state?.terminated?.exitCode !== 0 && isUp(each) && each.ready === true).length;
  const waitsFor = statuses[index];
  if (waitsFor === undefined) return { status: undefined, readySidecars, seen };
  return { status: `Init:${initReason(waitsFor, index, spec?.initContainers?.length ?? 0)}`, readySidecars, seen };
}

function initReason({ state }: ContainerStatus, index: number, count: number): string {
  if (state?.terminated !== undefined) return endOf(state.terminated);
  const reason = state?.waiting?.reason ?? '';
  return reason !== '' && reason !== 'PodInitializing' ? reason : `${index}/${count}`;
}

/** `before` is what the init containers told. */
function runningStatus(pod: PodLike, statuses: readonly ContainerStatus[], before: string | undefined): string {
  // The first container with something to tell tells it.
  const [told] = statuses.flatMap(({ state }) => {
    const waiting = state?.waiting?.reason ?? '';
    if (waiting !== '') return [waiting];
    return state?.terminated === undefined ? [] : [endOf(state.terminated)];
  });
  const reason = told ?? before ?? gatedStatus(pod) ?? nonEmpty(pod.status?.reason) ?? pod.status?.phase ?? 'Unknown';
  if (reason !== 'Completed' || !statuses.some(isReady)) return reason;
  return isTrue(pod.status?.conditions, 'Ready') ? 'Running' : 'NotReady';
}

function gatedStatus({ status }: PodLike): string | undefined {
  return status?.conditions?.find(({ type, reason }) => type === 'PodScheduled' && reason === GATED)?.reason;
}

function withDeletion(pod: PodLike, status: string): string {
  if (pod.metadata.deletionTimestamp === undefined) return status;
  return pod.status?.reason === 'NodeLost' ? 'Unknown' : 'Terminating';
}

function endOf({ reason, signal = 0, exitCode = 0 }: NonNullable<ContainerState['terminated']>): string {
  return nonEmpty(reason) ?? (signal === 0 ? `ExitCode:${exitCode}` : `Signal:${signal}`);
}

function restartsOf(statuses: readonly ContainerStatus[], now: Date): string {
  const count = statuses.reduce((sum, { restartCount = 0 }) => sum + restartCount, 0);
  const ends = statuses.flatMap(({ lastState }) => lastState?.terminated?.finishedAt ?? []).sort();
  const last = ends.at(-1);
  return count === 0 || last === undefined ? String(count) : `${count} (${ageOf(last, now)} ago)`;
}

function isReady({ ready, state }: ContainerStatus): boolean {
  return ready === true && state?.running !== undefined;
}

function isTrue(conditions: readonly { type?: string; status?: string }[] | undefined, type: string | undefined): boolean {
  return conditions?.some((condition) => condition.type === type && condition.status === 'True') === true;
}

function nonEmpty(text: string | undefined): string | undefined {
  return text === '' ? undefined : text;
}

import { ageOf } from './human-duration.ts';

interface ContainerState {
  waiting?: { reason?: string };
  running?: object;
  terminated?: { reason?: string; exitCode?: number; signal?: number; finishedAt?: string };
}

interface ContainerStatus {
  ready?: boolean;
  restartCount?: number;
  state?: ContainerState;
  lastState?: ContainerState;
}

interface PodLike {
  metadata: { deletionTimestamp?: string };
  spec?: { containers?: unknown[]; initContainers?: unknown[]; readinessGates?: { conditionType?: string }[] };
  status?: {
    phase?: string;
    reason?: string;
    conditions?: { type?: string; status?: string }[];
    containerStatuses?: ContainerStatus[];
    initContainerStatuses?: ContainerStatus[];
  };
}

/** What the columns Ready, Status and Restarts of `kubectl get pods` say. */
export interface PodSummary {
  readonly ready: string;
  readonly status: string;
  readonly restarts: string;
}

/** Sums up the containers of a pod the way kubectl's users know it: `0/1 CrashLoopBackOff 3 (20s ago)`. */
export function podSummary(object: unknown, now: Date): PodSummary {
  const pod = object as PodLike;
  const { containerStatuses = [], initContainerStatuses = [] } = pod.status ?? {};
  const initializing = initStatus(initContainerStatuses, pod.spec?.initContainers?.length ?? 0);
  const statuses = initializing === undefined ? containerStatuses : initContainerStatuses;
  const ready = initializing === undefined ? containerStatuses.filter(isReady).length : 0;
  return {
    ready: `${ready}/${pod.spec?.containers?.length ?? 0}`,
    status: withDeletion(pod, initializing ?? runningStatus(pod, containerStatuses)),
    restarts: restartsOf(statuses, now),
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

/** Undefined once all init containers have ended well. */
function initStatus(statuses: readonly ContainerStatus[], count: number): string | undefined {
  const index = statuses.findIndex(({ state }) => state?.terminated?.exitCode !== 0);
  if (index === -1) return undefined;
  const { terminated, waiting } = statuses[index]?.state ?? {};
  if (terminated !== undefined) return `Init:${endOf(terminated)}`;
  const reason = waiting?.reason ?? '';
  return reason !== '' && reason !== 'PodInitializing' ? `Init:${reason}` : `Init:${index}/${count}`;
}

function runningStatus(pod: PodLike, statuses: readonly ContainerStatus[]): string {
  // The first container with something to tell tells it.
  const [told] = statuses.flatMap(({ state }) => {
    const waiting = state?.waiting?.reason ?? '';
    if (waiting !== '') return [waiting];
    return state?.terminated === undefined ? [] : [endOf(state.terminated)];
  });
  const reason = told ?? nonEmpty(pod.status?.reason) ?? pod.status?.phase ?? 'Unknown';
  if (reason !== 'Completed' || !statuses.some(isReady)) return reason;
  return isTrue(pod.status?.conditions, 'Ready') ? 'Running' : 'NotReady';
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

import type { Node, NodeCondition, Taint } from '../../../protocol/kubernetes.ts';
import type { Machine } from './machine.ts';

export interface NodeIdentity {
  readonly nodeName: string;
  /** kedge's own version. */
  readonly version: string;
}

export type NodeStatus = NonNullable<Node['status']>;

/** The Kubernetes and KubeEdge whose edge kedge's is a counterpart of. */
const KUBELET_VERSION = 'v1.29.5-kubeedge-v1.19.2';
const VERSION_ANNOTATION = 'kedge.io/version';
/** Without a container runtime nothing may be scheduled here. */
const NO_RUNTIME_TAINT: Taint = { key: 'kedge.io/runtime', value: 'none', effect: 'NoSchedule' };

const MIB = 1024 * 1024;
/** The kubelet's default thresholds for hard eviction. */
const MEMORY_LEFT_BYTES = 100 * MIB;
const DISK_LEFT_SHARE = 0.1;

/** The Node as a KubeEdge edge registers it: labels of the role, the host and the platform (KubeEdge wire format, messages of edgecontroller). */
export function nodeObject({ nodeName, version }: NodeIdentity, machine: Machine, status: NodeStatus): Node {
  return {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: {
      name: nodeName,
      labels: {
        'beta.kubernetes.io/arch': machine.architecture,
        'beta.kubernetes.io/os': 'linux',
        'kubernetes.io/arch': machine.architecture,
        'kubernetes.io/hostname': nodeName,
        'kubernetes.io/os': 'linux',
        'node-role.kubernetes.io/agent': '',
        'node-role.kubernetes.io/edge': '',
      },
      annotations: { [VERSION_ANNOTATION]: version },
    },
    spec: { taints: [NO_RUNTIME_TAINT] },
    status,
  };
}

/** The machine as a Node's status, without the times of the conditions. */
export function nodeStatus(nodeName: string, machine: Machine, internalIP: string | undefined): NodeStatus {
  return {
    capacity: resources(machine.cpus, machine.memoryBytes, machine.diskBytes),
    allocatable: resources(machine.cpus, machine.memoryBytes - MEMORY_LEFT_BYTES, machine.diskBytes * (1 - DISK_LEFT_SHARE)),
    conditions: conditions(machine),
    addresses: [
      ...(internalIP === undefined ? [] : [{ type: 'InternalIP', address: internalIP }]),
      { type: 'Hostname', address: nodeName },
    ],
    daemonEndpoints: { kubeletEndpoint: { Port: 10350 } },
    nodeInfo: {
      machineID: machine.machineID,
      systemUUID: machine.systemUUID,
      bootID: machine.bootID,
      kernelVersion: machine.kernelVersion,
      osImage: machine.osImage,
      containerRuntimeVersion: 'none',
      kubeletVersion: KUBELET_VERSION,
      kubeProxyVersion: '',
      operatingSystem: 'linux',
      architecture: machine.architecture,
    },
  };
}

function resources(cpu: number, memoryBytes: number, diskBytes: number): Record<string, string> {
  return {
    cpu: String(cpu),
    memory: `${Math.floor(memoryBytes / 1024)}Ki`,
    'ephemeral-storage': `${Math.floor(diskBytes / 1024)}Ki`,
    pods: '110',
  };
}

/** The kubelet's conditions in its words; `EdgeReady` is KubeEdge's reason. */
function conditions(machine: Machine): NodeCondition[] {
  const memory = machine.memoryAvailableBytes < MEMORY_LEFT_BYTES;
  const disk = machine.diskAvailableBytes < machine.diskBytes * DISK_LEFT_SHARE;
  return [
    pressure(
      'MemoryPressure',
      memory,
      'Memory',
      memory ? 'kubelet has insufficient memory available' : 'kubelet has sufficient memory available',
    ),
    pressure('DiskPressure', disk, 'Disk', disk ? 'kubelet has disk pressure' : 'kubelet has no disk pressure'),
    { type: 'PIDPressure', status: 'False', reason: 'KubeletHasSufficientPID', message: 'kubelet has sufficient PID available' },
    { type: 'Ready', status: 'True', reason: 'EdgeReady', message: 'edge is posting ready status' },
  ];
}

const CALM = { Memory: 'KubeletHasSufficientMemory', Disk: 'KubeletHasNoDiskPressure' } as const;
const PRESSED = { Memory: 'KubeletHasInsufficientMemory', Disk: 'KubeletHasDiskPressure' } as const;

function pressure(type: string, pressed: boolean, what: 'Memory' | 'Disk', message: string): NodeCondition {
  return { type, status: pressed ? 'True' : 'False', reason: (pressed ? PRESSED : CALM)[what], message };
}

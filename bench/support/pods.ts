import { RESOURCES } from '../../src/protocol/kubernetes.ts';
import type { KubeObject } from '../../src/protocol/kubernetes.ts';
import { ratePerSecond } from './beside-real.ts';
import type { Target } from './beside-real.ts';

/** Callers at the same time: as many as a few controllers and kubelets are. */
export const CALLERS = 16;
/** What the goals speak of. */
export const OBJECTS = 1_000;

/** A pod as users write it, for a scheduler that is not there: what is bound to a missing node would be collected. */
export function pod(name: string): KubeObject & Record<string, unknown> {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace: 'default', labels: { app: 'shop', tier: 'web' }, annotations: { 'example.org/owner': 'team-a' } },
    spec: {
      containers: [
        {
          name: 'web',
          image: 'registry.example.org/shop/web:1.4.2',
          ports: [{ containerPort: 8080 }],
          env: [{ name: 'LEVEL', value: 'info' }],
          resources: { requests: { cpu: '100m', memory: '64Mi' }, limits: { memory: '128Mi' } },
          livenessProbe: { httpGet: { path: '/healthz', port: 8080 } },
        },
      ],
    },
  };
}

/** What a kubelet patches into `status`; each `turn` is another change. */
export function podStatus(turn: number): unknown {
  const conditions = ['Initialized', 'Ready', 'ContainersReady', 'PodScheduled'].map((type) => ({ type, status: 'True' }));
  return { status: { phase: 'Running', hostIP: '192.0.2.1', podIP: `10.0.${turn % 256}.${(turn >> 8) % 256}`, conditions } };
}

/** Creates pods `prefix-0` and on, and gives their rate per second. */
export function createPods({ kube }: Target, prefix: string, count: number): Promise<number> {
  return ratePerSecond(count, CALLERS, (index) => kube.create(RESOURCES.pod, pod(`${prefix}-${index}`)));
}

import { RESOURCES, type ApiResource, type KubeObject } from '../../../../protocol/kubernetes.ts';
import { AGE_COLUMN, column, NAME_COLUMN, orText, valueAt, wide, type Column } from './column.ts';
import type { LabelSelector } from '../../../../protocol/label-selector.ts';
import type { Container } from './pod-types.ts';
import type { Workload } from './workload-types.ts';

const count = (name: string, description: string, ...path: string[]): Column => ({
  ...column(name, description, numberAt(...path)),
  type: 'integer',
});

/** Of the pods that a workload makes. */
const OF_PODS = [
  wide('Containers', 'The names of the containers.', (object) => listOf(object, ({ name = '' }) => name)),
  wide('Images', 'The images of the containers.', (object) => listOf(object, ({ image = '' }) => image)),
  wide('Selector', 'Which pods are meant.', (object) => selectorText((object as Workload).spec?.selector)),
];
const DESIRED = 'How many pods there should be.';
const CURRENT = 'How many pods there are.';
const READY = 'How many of them are ready.';
const UPDATED = 'How many of them are as the template says now.';
const AVAILABLE = 'How many of them have been ready for long enough.';

/** The columns of the kinds of apps/v1. */
export const WORKLOAD_COLUMNS: readonly (readonly [ApiResource, readonly Column[]])[] = [
  [
    RESOURCES.deployment,
    [
      NAME_COLUMN,
      column('Ready', READY, (object) => `${numberAt('status', 'readyReplicas')(object)}/${numberAt('spec', 'replicas')(object)}`),
      count('Up-to-date', UPDATED, 'status', 'updatedReplicas'),
      count('Available', AVAILABLE, 'status', 'availableReplicas'),
      AGE_COLUMN,
      ...OF_PODS,
    ],
  ],
  [
    RESOURCES.replicaSet,
    [
      NAME_COLUMN,
      count('Desired', DESIRED, 'spec', 'replicas'),
      count('Current', CURRENT, 'status', 'replicas'),
      count('Ready', READY, 'status', 'readyReplicas'),
      AGE_COLUMN,
      ...OF_PODS,
    ],
  ],
  [
    RESOURCES.daemonSet,
    [
      NAME_COLUMN,
      count('Desired', DESIRED, 'status', 'desiredNumberScheduled'),
      count('Current', CURRENT, 'status', 'currentNumberScheduled'),
      count('Ready', READY, 'status', 'numberReady'),
      count('Up-to-date', UPDATED, 'status', 'updatedNumberScheduled'),
      count('Available', AVAILABLE, 'status', 'numberAvailable'),
      column('Node Selector', 'Which nodes are meant.', (object) => labelsText((object as Workload).spec?.template?.spec?.nodeSelector)),
      AGE_COLUMN,
      ...OF_PODS,
    ],
  ],
  [
    RESOURCES.controllerRevision,
    [
      NAME_COLUMN,
      column('Controller', 'The controller that the revision is of.', controllerOf),
      count('Revision', 'The number of the revision.', 'revision'),
      AGE_COLUMN,
    ],
  ],
];

function numberAt(...path: string[]): (object: KubeObject) => number {
  return (object) => Number(valueAt(object, ...path) ?? 0);
}

function listOf(object: KubeObject, text: (container: Container) => string): string {
  return ((object as Workload).spec?.template?.spec?.containers ?? []).map(text).join(',');
}

/** `a=b,c=d` in order; `<none>` */
export function labelsText(labels: Readonly<Record<string, string>> = {}): string {
  return orText(
    Object.entries(labels)
      .map(([key, value]) => `${key}=${value}`)
      .sort()
      .join(','),
  );
}

/** A selector as kubectl takes it; `<none>` */
export function selectorText(selector: LabelSelector = {}): string {
  const { matchLabels = {}, matchExpressions = [] } = selector;
  const terms = matchExpressions.map(({ key = '', operator, values = [] }): [string, string] => {
    if (operator === 'Exists') return [key, key];
    if (operator === 'DoesNotExist') return [key, `!${key}`];
    return [key, `${key} ${operator === 'In' ? 'in' : 'notin'} (${[...values].sort().join(',')})`];
  });
  const labels = Object.entries(matchLabels).map(([key, value]): [string, string] => [key, `${key}=${value}`]);
  const inOrder = [...labels, ...terms].sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
  return orText(inOrder.map(([, text]) => text).join(','));
}

/** `daemonset.apps/name` */
function controllerOf({ metadata }: KubeObject): string {
  const owner = metadata.ownerReferences?.find(({ controller }) => controller === true);
  if (owner === undefined) return '<none>';
  const [group = ''] = owner.apiVersion.includes('/') ? owner.apiVersion.split('/') : [];
  return `${owner.kind.toLowerCase()}${group === '' ? '' : `.${group}`}/${owner.name}`;
}

import type { KubeObject } from '../../../../protocol/kubernetes.ts';
import { SYSTEM_PRIORITY_CLASSES } from '../schema/policy-validation.ts';
import { semanticEqual } from '../schema/semantic-equal.ts';
import { TEMPLATE_GENERATION } from '../schema/workload-defaults.ts';
import type { Workload } from '../schema/workload-types.ts';
import type { Strategy } from '../served-resource.ts';
import { open, restore } from './meta-strategy.ts';
import { admitPriorityClass } from './priority-admission.ts';

/** A kind with a status of its own and a generation that counts the changes of its spec, and of `alsoCounted`. */
function statusStrategy(emptyStatus: object, alsoCounted: (object: KubeObject) => unknown = () => undefined): Strategy {
  return {
    prepareForCreate: (object) => {
      open(object)['status'] = { ...emptyStatus };
      object.metadata.generation = 1;
    },
    prepareForUpdate: (object, old) => {
      restore(object, old, 'status');
      const counted = (each: KubeObject): unknown => [open(each)['spec'], alsoCounted(each)];
      const changed = !semanticEqual(counted(object), counted(old));
      object.metadata.generation = (old.metadata.generation ?? 0) + (changed ? 1 : 0);
    },
    prepareForStatusUpdate: (object, old) => restore(object, old, 'spec'),
  };
}

/** Annotations of a Deployment are copied to its ReplicaSets, so they count. */
export const deploymentStrategy: Strategy = {
  ...statusStrategy({}, ({ metadata }) => metadata.annotations),
  prepareForStatusUpdate: (object, old) => {
    restore(object, old, 'spec');
    const { labels } = old.metadata;
    if (labels === undefined) delete object.metadata.labels;
    else object.metadata.labels = labels;
  },
};

export const replicaSetStrategy: Strategy = statusStrategy({ replicas: 0 });

const daemonSets = statusStrategy({ currentNumberScheduled: 0, numberMisscheduled: 0, desiredNumberScheduled: 0, numberReady: 0 });

/** A DaemonSet counts the changes of its template, too. */
export const daemonSetStrategy: Strategy = {
  ...daemonSets,
  prepareForCreate: (object, context) => {
    daemonSets.prepareForCreate?.(object, context);
    setTemplateGeneration(object, 1);
  },
  prepareForUpdate: (object, old, context) => {
    daemonSets.prepareForUpdate?.(object, old, context);
    const changed = !semanticEqual((object as Workload).spec?.template, (old as Workload).spec?.template);
    setTemplateGeneration(object, generationOf(old) + (changed ? 1 : 0));
  },
  prepareForStatusUpdate: (object, old, context) => {
    daemonSets.prepareForStatusUpdate?.(object, old, context);
    setTemplateGeneration(object, generationOf(old));
  },
};

function generationOf({ metadata }: KubeObject): number {
  return Number(metadata.annotations?.[TEMPLATE_GENERATION] ?? 0);
}

function setTemplateGeneration({ metadata }: KubeObject, generation: number): void {
  metadata.annotations = { ...metadata.annotations, [TEMPLATE_GENERATION]: String(generation) };
}

export const budgetStrategy: Strategy = {
  ...statusStrategy({ disruptionsAllowed: 0, currentHealthy: 0, desiredHealthy: 0, expectedPods: 0 }),
  needsResourceVersion: true,
};

/** Nothing that counts can be changed in a class. */
export const priorityClassStrategy: Strategy = {
  admit: admitPriorityClass,
  immortal: (name) =>
    SYSTEM_PRIORITY_CLASSES.some((each) => each.name === name) ? 'this is a system priority class and cannot be deleted' : undefined,
  prepareForCreate: (object) => {
    object.metadata.generation = 1;
  },
};

/** Slices count the changes of all that they say. */
export const endpointSliceStrategy: Strategy = {
  prepareForCreate: (object) => {
    object.metadata.generation = 1;
  },
  prepareForUpdate: (object, old) => {
    const counted = (each: KubeObject): unknown => ({
      ...each,
      metadata: { labels: each.metadata.labels, annotations: each.metadata.annotations },
    });
    const changed = !semanticEqual(counted(object), counted(old));
    object.metadata.generation = (old.metadata.generation ?? 0) + (changed ? 1 : 0);
  },
};

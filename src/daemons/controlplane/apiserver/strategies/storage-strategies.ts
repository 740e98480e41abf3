import type { Strategy } from '../served-resource.ts';
import { open, restore } from './meta-strategy.ts';

/** A resource whose status comes through /status alone, and starts as `initial`. */
function withStatus(initial: object): Strategy {
  return {
    prepareForCreate: (object) => {
      open(object)['status'] = { ...initial };
    },
    prepareForUpdate: (object, old) => restore(object, old, 'status'),
    prepareForStatusUpdate: (object, old) => restore(object, old, 'spec'),
    returnsDeleted: true,
  };
}

/** PersistentVolumes and their claims; Kubernetes' controller binds them, here whoever makes them does. */
export const volumeStrategy: Strategy = withStatus({ phase: 'Pending' });

export const attachmentStrategy: Strategy = withStatus({ attached: false });

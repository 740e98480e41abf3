import { RESOURCES } from '../../../protocol/kubernetes.ts';
import { builtin } from './builtin-resources.ts';
import { fieldAt } from './field-selector.ts';
import { toCoreEvent, toNewEvent } from './schema/event-form.ts';
import { NEW_EVENT } from './schema/event-validation.ts';
import type { ServedResource } from './served-resource.ts';
import { eventStrategy } from './strategies/core-strategies.ts';

const REGARDING = ['kind', 'namespace', 'name', 'uid', 'apiVersion', 'resourceVersion', 'fieldPath'];

/** events.k8s.io/v1: the stored objects of core/v1 Event in their newer form. */
export function eventResource(): ServedResource {
  const entry = builtin(NEW_EVENT, { shortNames: ['ev'], fields: ['reason', 'type'], strategy: eventStrategy });
  const regarding = REGARDING.map((field) => [`regarding.${field}`, fieldAt(`involvedObject.${field}`)] as const);
  return {
    ...entry,
    fields: { ...entry.fields, ...Object.fromEntries(regarding), reportingController: fieldAt('reportingComponent') },
    form: { stored: RESOURCES.event, toStored: toCoreEvent, fromStored: toNewEvent },
  };
}

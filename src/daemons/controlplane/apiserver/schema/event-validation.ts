import type { ApiResource, KubeObject } from '../../../../protocol/kubernetes.ts';
import { eachInvalid, invalid, required, type FieldError } from './field-error.ts';
import { qualifiedName } from './name-rules.ts';

/** The stored objects of core/v1 Event, in the form of their newer API. */
export const NEW_EVENT: ApiResource = { group: 'events.k8s.io', version: 'v1', plural: 'events', kind: 'Event', namespaced: true };

/** core/v1, which is the form that is stored. */
interface Event extends KubeObject {
  involvedObject?: { namespace?: string };
  eventTime?: string;
  reportingComponent?: string;
  reportingInstance?: string;
  action?: string;
  reason?: string;
  message?: string;
  type?: string;
  series?: { count?: number; lastObservedTime?: string };
  firstTimestamp?: string;
  lastTimestamp?: string;
  count?: number;
  source?: { component?: string; host?: string };
}

const MAX_TEXT = 128;
const MAX_MESSAGE = 1024;

export function validateEvent(object: KubeObject): FieldError[] {
  const event = object as Event;
  const namespace = event.involvedObject?.namespace ?? '';
  const fits = event.eventTime === undefined ? isOwn(event, namespace) : namespace !== '' || isSystems(event);
  const errors = fits ? [] : [invalid('involvedObject.namespace', namespace, 'does not match event.namespace')];
  return event.eventTime === undefined ? errors : [...errors, ...validateReport(event)];
}

/** Events about what has no namespace are in `default`. */
function isOwn({ metadata }: Event, namespace: string): boolean {
  return namespace === metadata.namespace || (namespace === '' && metadata.namespace === 'default');
}

function isSystems({ metadata }: Event): boolean {
  return metadata.namespace === 'default' || metadata.namespace === 'kube-system';
}

/** Who reports, and what, since events have an eventTime. */
function validateReport(event: Event): FieldError[] {
  const { reportingComponent: controller = '', reportingInstance: instance = '', action = '', reason = '', message = '' } = event;
  const errors = controller === '' ? [required('reportingController')] : [];
  errors.push(...eachInvalid('reportingController', controller, qualifiedName(controller)));
  if (instance === '') errors.push(required('reportingInstance'));
  errors.push(...notLonger('reportingInstance', instance, MAX_TEXT));
  if (action === '') errors.push(required('action'));
  errors.push(...notLonger('action', action, MAX_TEXT));
  if (reason === '') errors.push(required('reason'));
  errors.push(...notLonger('reason', reason, MAX_TEXT), ...notLonger('message', message, MAX_MESSAGE));
  return errors;
}

function notLonger(field: string, text: string, length: number): FieldError[] {
  return text.length > length ? [invalid(field, '', `can have at most ${length} characters`)] : [];
}

/** The same for what comes through events.k8s.io/v1, where no event of the older kind is made. */
export function validateNewEvent(object: KubeObject, old?: KubeObject): FieldError[] {
  const event = object as Event;
  const errors = validateEvent(object);
  if (old !== undefined) return errors;
  const { type = '', eventTime, firstTimestamp, lastTimestamp, count = 0, source = {} } = event;
  const unset = {
    firstTimestamp: firstTimestamp !== undefined,
    lastTimestamp: lastTimestamp !== undefined,
    count: count !== 0,
    source: (source.component ?? '') !== '' || (source.host ?? '') !== '',
  };
  return [
    ...errors,
    ...validateSeries(event),
    ...(eventTime === undefined ? [required('eventTime')] : []),
    ...(type === 'Normal' || type === 'Warning' ? [] : [invalid('type', '', `has invalid value: ${type}`)]),
    ...Object.entries(unset).flatMap(([field, isSet]) => (isSet ? [invalid(field, '', 'needs to be unset')] : [])),
  ];
}

function validateSeries({ series }: Event): FieldError[] {
  if (series === undefined) return [];
  return [
    ...((series.count ?? 0) < 2 ? [invalid('series.count', '', 'should be at least 2')] : []),
    ...(series.lastObservedTime === undefined ? [required('series.lastObservedTime')] : []),
  ];
}

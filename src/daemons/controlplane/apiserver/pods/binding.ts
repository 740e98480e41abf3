import { RESOURCES, type KubeObject, type Pod, type Status } from '../../../../protocol/kubernetes.ts';
import { keyOf, timestamp, type ApiContext, type Target, type WriteOptions } from '../api-context.ts';
import { notSupported, required, type FieldError } from '../schema/field-error.ts';
import { badRequest, conflict, invalid, notFound, success } from '../status-error.ts';

/** core/v1: says on which node a pod runs. */
interface Binding extends KubeObject {
  target?: { kind?: string; name?: string };
}

interface Condition {
  type: string;
  status: string;
  lastProbeTime: null;
  lastTransitionTime: string;
}

const PRECONDITIONS = [
  ['uid', 'UID'],
  ['resourceVersion', 'ResourceVersion'],
] as const;

/** POST to `pods/NAME/binding`, or to `bindings`: puts a pod on a node, once (Kubernetes' registry of pods). @throws StatusError */
export async function bindPod(context: ApiContext, target: Target, body: KubeObject, options: WriteOptions): Promise<Status> {
  const binding = body as Binding;
  const { metadata, target: to = {} } = binding;
  if (target.name !== '' && metadata.name !== '' && metadata.name !== target.name)
    throw badRequest('name in URL does not match name in Binding object');
  const errors = validateBinding(binding);
  if (errors.length > 0) throw invalid({ group: '', kind: 'Binding' }, metadata.name, errors);
  const pod: Target = { ...target, name: target.name || metadata.name, entry: entryOfPods(context), subresource: '' };
  const now = timestamp(context.clock.now());
  return context.store.write((writer) => {
    const current = writer.get(keyOf(pod)) as Pod | undefined;
    if (current === undefined) throw notFound(RESOURCES.pod, pod.name);
    refuse(current, metadata);
    writer.put(keyOf(pod), bound(current, to.name ?? '', metadata.annotations, now));
    return success();
  }, options);
}

function entryOfPods({ registry }: ApiContext): Target['entry'] {
  const { group, version, plural } = RESOURCES.pod;
  const entry = registry.find(group, version, plural);
  if (entry === undefined) throw notFound(RESOURCES.pod, '');
  return entry;
}

function validateBinding({ target = {} }: Binding): FieldError[] {
  const { kind = '', name = '' } = target;
  return [
    ...(kind === '' || kind === 'Node' ? [] : [notSupported('target.kind', kind, ['Node', '<empty>'])]),
    ...(name === '' ? [required('target.name')] : []),
  ];
}

/** `asked` may say which pod is meant: it may have gone, and another one have its name. */
function refuse({ metadata, spec }: Pod, asked: KubeObject['metadata']): void {
  const refused = (why: string) => conflict({ group: '', plural: 'pods/binding' }, metadata.name, why);
  for (const [field, name] of PRECONDITIONS) {
    const [wanted = '', actual = ''] = [asked[field], metadata[field]];
    if (wanted !== '' && wanted !== actual)
      throw refused(`Precondition failed: ${name} in precondition: ${wanted}, ${name} in object meta: ${actual}`);
  }
  if (metadata.deletionTimestamp !== undefined) throw refused(`pod ${metadata.name} is being deleted, cannot be assigned to a host`);
  const gates = spec?.['schedulingGates'];
  if (Array.isArray(gates) && gates.length > 0) throw refused(`pod ${metadata.name} has non-empty .spec.schedulingGates`);
  if ((spec?.nodeName ?? '') !== '') throw refused(`pod ${metadata.name} is already assigned to node "${spec?.nodeName ?? ''}"`);
}

/** The pod on its node, which is what scheduled means. */
function bound(pod: Pod, nodeName: string, annotations: Record<string, string> | undefined, now: string): Pod {
  const conditions = (pod.status?.conditions ?? []) as Condition[];
  const scheduled: Condition = { type: 'PodScheduled', status: 'True', lastProbeTime: null, lastTransitionTime: now };
  return {
    ...pod,
    metadata: { ...pod.metadata, ...(annotations === undefined ? {} : { annotations: { ...pod.metadata.annotations, ...annotations } }) },
    spec: { ...pod.spec, nodeName },
    status: { ...pod.status, conditions: [...conditions.filter(({ type }) => type !== 'PodScheduled'), scheduled] },
  };
}
